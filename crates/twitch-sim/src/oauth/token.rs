//! `/token`, `/validate` and `/revoke`.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Map, Value, json};

use super::error::OauthError;
use crate::config::Client;
use crate::params::Params;
use crate::sim::Sim;
use crate::world::accounts::TwitchId;

/// `POST /token`: code, refresh, app token, and the official mock's user token.
pub(crate) async fn issue(
    State(sim): State<Arc<Sim>>,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Result<Response, OauthError> {
    let params = Params::merged(query.as_deref().unwrap_or_default(), &body);
    let now_ms = sim.clock.now_ms();
    let grant = params.get("grant_type").ok_or(OauthError::MISSING_GRANT)?;
    let client = confidential_client(&sim, &params)?;
    let issued = match grant {
        "authorization_code" => {
            let code = params.get("code").ok_or(OauthError::MISSING_CODE)?;
            let redirect_uri = params.get("redirect_uri").unwrap_or_default();
            sim.vault.exchange(&client.id, code, redirect_uri, now_ms)?
        }
        "refresh_token" => {
            let refresh = params.get("refresh_token").ok_or(OauthError::MISSING_REFRESH)?;
            sim.vault.refresh(&client.id, refresh, now_ms)?
        }
        "client_credentials" => sim.vault.app_token(&client.id, now_ms),
        "user_token" => return user_token(&sim, &params),
        _ => return Err(OauthError::INVALID_GRANT),
    };
    Ok(Json(issued).into_response())
}

/// The official mock's grant: `grant_type=user_token&user_id=…&scope=a+b`.
pub(crate) fn user_token(sim: &Sim, params: &Params) -> Result<Response, OauthError> {
    let now_ms = sim.clock.now_ms();
    let client = confidential_client(sim, params)?;
    let user = params.get("user_id").and_then(TwitchId::parse).ok_or(OauthError::UNKNOWN_USER)?;
    sim.world.accounts.find(user, now_ms).ok_or(OauthError::UNKNOWN_USER)?;
    let issued = sim.vault.mock_token(&client.id, user, scopes(params), now_ms);
    Ok(Json(issued).into_response())
}

/// Scopes asked for, each once.
pub(crate) fn scopes(params: &Params) -> Vec<String> {
    let mut scopes: Vec<String> = Vec::new();
    for scope in params.get("scope").unwrap_or_default().split_whitespace() {
        if !scopes.iter().any(|known| known == scope) {
            scopes.push(scope.to_owned());
        }
    }
    scopes
}

fn confidential_client(sim: &Sim, params: &Params) -> Result<Client, OauthError> {
    let id = params.get("client_id").ok_or(OauthError::MISSING_CLIENT)?;
    let client = sim.client(id).ok_or(OauthError::INVALID_CLIENT)?;
    match params.get("client_secret") {
        None => Err(OauthError::MISSING_SECRET),
        Some(secret) if secret == client.secret => Ok(client),
        Some(_) => Err(OauthError::INVALID_SECRET),
    }
}

/// `GET /validate`.
pub(crate) async fn validate(
    State(sim): State<Arc<Sim>>,
    headers: HeaderMap,
) -> Result<Json<Value>, OauthError> {
    let header = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let (scheme, token) = header.and_then(|value| value.split_once(' ')).ok_or(OauthError::MISSING_TOKEN)?;
    if !scheme.eq_ignore_ascii_case("oauth") && !scheme.eq_ignore_ascii_case("bearer") {
        return Err(OauthError::MISSING_TOKEN);
    }
    let now_ms = sim.clock.now_ms();
    let access = sim.vault.find(token.trim(), now_ms).ok_or(OauthError::INVALID_TOKEN)?;
    let mut answer = Map::new();
    answer.insert("client_id".to_owned(), json!(&*access.client));
    answer.insert("expires_in".to_owned(), json!((access.expires_ms - now_ms) / 1_000));
    // A grant without scopes says null, not an empty list.
    let scopes = if access.scopes.is_empty() { Value::Null } else { json!(&*access.scopes) };
    answer.insert("scopes".to_owned(), scopes);
    if let Some(ix) = access.user.and_then(|user| sim.world.accounts.find(user, now_ms)) {
        let account = sim.world.accounts.get(ix);
        answer.insert("login".to_owned(), json!(account.login));
        answer.insert("user_id".to_owned(), json!(account.id.to_string()));
    }
    Ok(Json(Value::Object(answer)))
}

/// `POST /revoke`.
pub(crate) async fn revoke(
    State(sim): State<Arc<Sim>>,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Result<StatusCode, OauthError> {
    let params = Params::merged(query.as_deref().unwrap_or_default(), &body);
    let id = params.get("client_id").ok_or(OauthError::MISSING_CLIENT)?;
    let client = sim.client(id).ok_or(OauthError::REVOKE_CLIENT)?;
    let token = params.get("token").ok_or(OauthError::REVOKE_MISSING)?;
    if sim.vault.revoke(&client.id, token, sim.clock.now_ms()) {
        Ok(StatusCode::OK)
    } else {
        Err(OauthError::REVOKE_INVALID)
    }
}
