//! Who is asking: read once for each request from its web session, then passed on as a request extension.

use std::sync::Arc;

use axum::{
    extract::{FromRequestParts, Request, State},
    http::request::Parts,
    middleware::Next,
    response::Response,
};
use chrono::{DateTime, Utc};
use common::{ids::UserId, problem::Problem};
use serde::{Deserialize, Serialize};
use tower_sessions::{Session, session};

use crate::{gateway::App, web_session};

/// The web session's member that says who logged in.
const KEY: &str = "login";

/// A visit moves the session's end when this part of its life has passed since the last that did.
const RENEWALS_PER_LIFE: i32 = 24;

/// Who logged in with this browser.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Login {
    pub user: UserId,
    /// What the user allowed us at Twitch when logging in.
    pub scopes: Vec<String>,
    /// When the session's end was last moved.
    pub seen_at: DateTime<Utc>,
}

impl Login {
    /// Makes `session` this person's.
    pub(crate) async fn store(&self, session: &Session) -> Result<(), session::Error> {
        session.insert(KEY, self).await
    }
}

/// Who is asking.
#[derive(Clone, Debug)]
pub(crate) enum Visitor {
    Anonymous,
    User(Arc<Login>),
    /// The session store does not answer.
    Unknown,
}

/// Reads the visitor from the web session. The layer below the session layer.
pub(crate) async fn identify(
    State(app): State<App>,
    session: Session,
    mut request: Request,
    next: Next,
) -> Response {
    let visitor = match session.get::<Login>(KEY).await {
        Ok(Some(login)) => {
            renew(&app, &session, &login).await;
            Visitor::User(Arc::new(login))
        }
        Ok(None) | Err(session::Error::SerdeJson(_)) => Visitor::Anonymous,
        Err(error) => {
            tracing::warn!(%error, "web_session.unavailable");
            Visitor::Unknown
        }
    };
    request.extensions_mut().insert(visitor);
    next.run(request).await
}

async fn renew(app: &App, session: &Session, login: &Login) {
    let now = app.clock.now();
    let life = chrono::Duration::from_std(app.web_sessions.ttl).unwrap_or(chrono::Duration::MAX);
    if now - login.seen_at < life / RENEWALS_PER_LIFE {
        return;
    }
    let renewed = Login { seen_at: now, ..login.clone() };
    if let Err(error) = renewed.store(session).await {
        tracing::warn!(%error, "web_session.not_renewed");
    }
    web_session::of_user::extend(&app.redis, login.user, app.web_sessions.ttl).await;
}

/// The visitor, who must have logged in.
#[derive(Clone, Debug)]
pub(crate) struct CurrentUser(pub Arc<Login>);

impl CurrentUser {
    pub(crate) fn id(&self) -> UserId {
        self.0.user
    }
}

impl<S: Sync> FromRequestParts<S> for CurrentUser {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        match parts.extensions.get::<Visitor>() {
            Some(Visitor::User(login)) => Ok(Self(login.clone())),
            Some(Visitor::Anonymous) => Err(Problem::not_authenticated()),
            Some(Visitor::Unknown) => Err(web_session::unavailable_because(
                "The session store does not answer; try again in a moment.",
            )),
            None => {
                Err(Problem::internal("a route that needs a visitor is outside of the layer that finds one"))
            }
        }
    }
}

impl<S: Sync> axum::extract::OptionalFromRequestParts<S> for CurrentUser {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Problem> {
        match parts.extensions.get::<Visitor>() {
            Some(Visitor::User(login)) => Ok(Some(Self(login.clone()))),
            _ => Ok(None),
        }
    }
}
