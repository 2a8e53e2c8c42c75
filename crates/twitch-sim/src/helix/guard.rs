//! What every Helix request passes: token, client, bucket; then it is counted.

use std::sync::Arc;

use axum::extract::{FromRequestParts, MatchedPath, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::error::ApiError;
use crate::faults::{Asked, Kind, apply};
use crate::oauth::grant::Access;
use crate::params::Params;
use crate::sim::Sim;
use crate::world::accounts::TwitchId;
use crate::world::channel::Channel;

/// Who makes a request.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) token: Arc<str>,
    pub(crate) access: Access,
}

impl Caller {
    /// The user of a user token.
    pub(crate) fn user(&self) -> Result<TwitchId, ApiError> {
        self.access.user.ok_or_else(|| ApiError::unauthorized("Missing User OAUTH Token"))
    }

    pub(crate) fn app(&self) -> Result<(), ApiError> {
        match self.access.user {
            None => Ok(()),
            Some(_) => Err(ApiError::unauthorized("Must provide a valid app access token")),
        }
    }

    pub(crate) fn has_scope(&self, any_of: &[&str]) -> bool {
        self.access.scopes.iter().any(|scope| any_of.contains(&scope.as_str()))
    }

    /// Demands one of several scopes.
    pub(crate) fn scope(&self, any_of: &[&str]) -> Result<(), ApiError> {
        if self.has_scope(any_of) {
            return Ok(());
        }
        Err(ApiError::unauthorized(format!("Missing scope: {}", any_of.join(" or "))))
    }

    /// The checks of endpoints where somebody acts as moderator of a channel: parameters, then
    /// identity, scope and role.
    pub(crate) fn moderator(
        &self,
        sim: &Sim,
        params: &Params,
        any_of: &[&str],
    ) -> Result<Moderated, ApiError> {
        let broadcaster = params.id("broadcaster_id")?;
        let moderator = params.id("moderator_id")?;
        if self.user()? != moderator {
            return Err(ApiError::unauthorized(
                "The ID in moderator_id must match the user ID found in the request's OAuth token.",
            ));
        }
        self.scope(any_of)?;
        if sim.world.accounts.find(broadcaster, sim.clock.now_ms()).is_none() {
            return Err(ApiError::bad_request("The ID in broadcaster_id is not valid."));
        }
        let channel = sim.world.channel(broadcaster);
        let allowed = channel.as_ref().map_or(broadcaster == moderator, |one| one.is_moderated_by(moderator));
        if !allowed {
            return Err(ApiError::not_a_moderator());
        }
        Ok(Moderated { broadcaster, moderator, channel })
    }

    /// The checks of endpoints that only the broadcaster may use.
    pub(crate) fn broadcaster(
        &self,
        sim: &Sim,
        params: &Params,
        any_of: &[&str],
    ) -> Result<Moderated, ApiError> {
        let broadcaster = params.id("broadcaster_id")?;
        if self.user()? != broadcaster {
            return Err(ApiError::unauthorized(
                "The ID in broadcaster_id must match the user ID found in the request's OAuth token.",
            ));
        }
        self.scope(any_of)?;
        let channel = sim.world.channel(broadcaster);
        Ok(Moderated { broadcaster, moderator: broadcaster, channel })
    }
}

/// A channel and who acts as its moderator.
#[derive(Debug)]
pub(crate) struct Moderated {
    pub(crate) broadcaster: TwitchId,
    pub(crate) moderator: TwitchId,
    /// Absent for accounts whose room is always empty.
    pub(crate) channel: Option<Arc<Channel>>,
}

impl Moderated {
    /// The channel, for what needs a room.
    pub(crate) fn room(&self) -> Result<&Arc<Channel>, ApiError> {
        self.channel.as_ref().ok_or_else(|| ApiError::bad_request("The ID in broadcaster_id is not valid."))
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        parts
            .extensions
            .get::<Self>()
            .cloned()
            .ok_or_else(|| ApiError::unauthorized("OAuth token is missing"))
    }
}

/// The layer around all Helix endpoints.
pub(crate) async fn guard(
    State(sim): State<Arc<Sim>>,
    path: MatchedPath,
    mut request: Request,
    next: Next,
) -> Response {
    let endpoint = endpoint(&request, &path);
    let response = match authenticate(&sim, request.headers()) {
        // Requests without a valid token have no bucket, hence no headers.
        Err(error) => error.into_response(),
        Ok(caller) => {
            let params = Params::parse(request.uri().query().unwrap_or_default());
            let hits = sim.faults.roll(Asked {
                endpoint: &endpoint,
                user: caller.access.user.map(|user| user.0),
                channel: params.get("broadcaster_id").and_then(TwitchId::parse).map(|id| id.0),
                paging: params.get("after").is_some(),
            });
            apply::wait(&hits).await;
            let holder = (caller.access.client.to_string(), caller.access.user);
            let standing = sim.limits.take(&holder, sim.settings().rate_limit);
            let mut response = if !standing.admitted {
                ApiError::new(StatusCode::TOO_MANY_REQUESTS, "Request limit exceeded").into_response()
            } else if let Some(error) = apply::error(&hits) {
                if hits.has(Kind::TokenExpired) {
                    sim.vault.kill_access(&caller.token);
                }
                sim.requests.point(caller.access.user);
                error.into_response()
            } else {
                sim.requests.point(caller.access.user);
                request.extensions_mut().insert(caller);
                request.extensions_mut().insert(hits.clone());
                next.run(request).await
            };
            apply::standing(&hits, standing).write(response.headers_mut());
            apply::spoil(&hits, response).await
        }
    };
    sim.requests.record(&endpoint, response.status().as_u16());
    response
}

/// The layer around what is asked without a token, OAuth and the socket: faults and counts.
pub(crate) async fn without_token(
    State(sim): State<Arc<Sim>>,
    path: MatchedPath,
    request: Request,
    next: Next,
) -> Response {
    let endpoint = endpoint(&request, &path);
    let hits = sim.faults.roll(Asked { endpoint: &endpoint, user: None, channel: None, paging: false });
    apply::wait(&hits).await;
    let response = match apply::error(&hits) {
        Some(error) => error.into_response(),
        None => next.run(request).await,
    };
    let response = apply::spoil(&hits, response).await;
    sim.requests.record(&endpoint, response.status().as_u16());
    response
}

/// Name of an endpoint, the same under every prefix: `GET /chat/chatters`, `POST /token`.
fn endpoint(request: &Request, path: &MatchedPath) -> String {
    let path = path.as_str();
    let prefixes = ["/helix", "/mock", "/oauth2", "/auth"];
    let path = prefixes
        .iter()
        .find_map(|prefix| path.strip_prefix(prefix)?.starts_with('/').then(|| &path[prefix.len()..]))
        .unwrap_or(path);
    format!("{} {path}", request.method())
}

fn authenticate(sim: &Sim, headers: &HeaderMap) -> Result<Caller, ApiError> {
    let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let token = text(header::AUTHORIZATION)
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim())
        .filter(|token| !token.is_empty())
        .ok_or_else(|| ApiError::unauthorized("OAuth token is missing"))?;
    let client = headers
        .get("client-id")
        .and_then(|value| value.to_str().ok())
        .ok_or_else(|| ApiError::unauthorized("Client ID is missing"))?;
    let access = sim
        .vault
        .find(token, sim.clock.now_ms())
        .ok_or_else(|| ApiError::unauthorized("Invalid OAuth token"))?;
    if &*access.client != client {
        return Err(ApiError::unauthorized("Client ID and OAuth token do not match"));
    }
    Ok(Caller { token: token.into(), access })
}
