//! Beginning a login.

use axum::{extract::State, response::Response};
use tower_sessions::Session;

use super::{failed, found, pending, return_to};
use crate::{extract::Parameters, gateway::App, visitor::CurrentUser, web_session};

/// Begin to log in
///
/// Sends the browser to Twitch, which asks its owner what to allow and sends it back to `/auth/callback`.
#[utoipa::path(
    get,
    path = "/auth/login",
    tag = "auth",
    params(("return_to" = Option<String>, Query, description = "Where to go afterwards: a path of this site.")),
    responses((status = 302, description = "To Twitch, or to `/?error=<code>`."))
)]
pub(crate) async fn login(
    State(app): State<App>,
    session: Session,
    already: Option<CurrentUser>,
    parameters: Parameters,
) -> Response {
    let return_to = return_to::local_path(&app.web.public_url, parameters.one("return_to"));
    let state = match pending::fresh_state() {
        Ok(state) => state,
        Err(problem) => return failed(problem.code(), Some(&return_to)),
    };
    let url = match app.twitch.authorize(&state).await {
        Ok(answer) => answer.url,
        Err(error) => {
            tracing::warn!(%error, "auth.authorize_failed");
            return failed("twitch_unavailable", Some(&return_to));
        }
    };
    if already.is_none() {
        session.set_expiry(Some(web_session::inactivity(pending::patience())));
    }
    let remembered = pending::remember(&session, state, return_to.clone(), app.clock.now()).await;
    let saved = match remembered {
        Ok(()) => session.save().await,
        Err(error) => Err(error),
    };
    if let Err(error) = saved {
        tracing::warn!(%error, "web_session.unavailable");
        return failed("sessions_unavailable", Some(&return_to));
    }
    found(url.as_str())
}
