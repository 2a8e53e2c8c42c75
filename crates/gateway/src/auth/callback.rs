//! Twitch sends the browser back.

use axum::{extract::State, response::Response};
use common::{clients::ClientError, db, problem::Problem};
use tower_sessions::Session;

use super::{failed, found, pending};
use crate::{
    extract::Parameters,
    gateway::App,
    visitor::{CurrentUser, Login},
    web_session,
};

/// Why a login failed, as the page is told.
struct Failure(String);

impl From<&str> for Failure {
    fn from(code: &str) -> Self {
        // It goes into an address: whatever it is, it is a word there.
        let is_word =
            (1..=40).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        Self(if is_word { code } else { "login_failed" }.to_owned())
    }
}

impl From<tower_sessions::session::Error> for Failure {
    fn from(error: tower_sessions::session::Error) -> Self {
        tracing::warn!(%error, "web_session.unavailable");
        "sessions_unavailable".into()
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        tracing::warn!(%error, "auth.exchange_failed");
        match &error {
            ClientError::Unreachable { .. } | ClientError::Protocol { .. } => "twitch_unavailable".into(),
            ClientError::Refused { problem, .. } => problem.code.as_str().into(),
        }
    }
}

impl From<db::DbError> for Failure {
    fn from(error: db::DbError) -> Self {
        tracing::error!(%error, "auth.not_stored");
        Problem::from(error).code().into()
    }
}

/// End a login
///
/// Twitch sends the browser here with a code, or with the reason why there is none.
#[utoipa::path(
    get,
    path = "/auth/callback",
    tag = "auth",
    params(
        ("state" = Option<String>, Query, description = "As Twitch was given it."),
        ("code" = Option<String>, Query, description = "What `twitch-api` exchanges for tokens."),
        ("error" = Option<String>, Query, description = "Why there is no code.")
    ),
    responses((status = 302, description = "To where the visitor wanted to be, or to `/?error=<code>&return_to=<path>`."))
)]
pub(crate) async fn callback(
    State(app): State<App>,
    session: Session,
    already: Option<CurrentUser>,
    parameters: Parameters,
) -> Response {
    if already.is_none() {
        // Until it is somebody's, the session need not live long.
        session.set_expiry(Some(web_session::inactivity(pending::patience())));
    }
    let state = parameters.one("state").unwrap_or_default();
    let begun = match pending::take(&app.redis, &session, state, app.clock.now()).await {
        Ok(begun) => begun.ok_or_else(|| Failure::from("state_mismatch")),
        Err(error) => Err(error.into()),
    };
    let return_to = match begun {
        Ok(begun) => begun.return_to,
        Err(Failure(code)) => return failed(&code, None),
    };
    match finish(&app, &session, &parameters).await {
        Ok(()) => found(&return_to),
        Err(Failure(code)) => failed(&code, Some(&return_to)),
    }
}

async fn finish(app: &App, session: &Session, parameters: &Parameters) -> Result<(), Failure> {
    let now = app.clock.now();
    if let Some(error) = parameters.one("error") {
        return Err(error.into());
    }
    let answer = app.twitch.exchange(parameters.one("code").ok_or("login_failed")?).await?;
    // Twitch takes a code once: who would have to begin anew is not sent back for a moment of MariaDB's.
    let user = db::retrying(|| db::users::logged_in(&app.pool, &answer.user, now)).await?;
    // A new id: whoever knew the old one (from before the login) knows nothing now.
    session.cycle_id().await?;
    session.set_expiry(Some(web_session::inactivity(app.web_sessions.ttl)));
    pending::forget(session).await?;
    Login { user, scopes: answer.scopes, seen_at: now }.store(session).await?;
    session.save().await?;
    if let Some(id) = session.id() {
        web_session::of_user::remember(&app.redis, user, id, now, app.web_sessions.ttl).await;
    }
    tracing::info!(user_id = %user, "auth.logged_in");
    Ok(())
}
