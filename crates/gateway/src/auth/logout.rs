//! Logging out.

use axum::{extract::State, http::StatusCode};
use common::problem::Problem;
use tower_sessions::Session;

use crate::{gateway::App, visitor::CurrentUser, web_session};

/// Log out
///
/// This browser's session is gone, and its open event streams end. Logging out twice is no mistake.
#[utoipa::path(post, path = "/auth/logout", tag = "auth", responses((status = 204, description = "Logged out.")))]
pub(crate) async fn logout(
    State(app): State<App>,
    session: Session,
    user: Option<CurrentUser>,
) -> Result<StatusCode, Problem> {
    session.flush().await.map_err(web_session::unavailable)?;
    if let Some(user) = user {
        // Streams of the user's other browsers end too, and come back with their own cookies.
        app.hub.close(user.id());
        if let Err(error) = app.twitch.logout(user.id()).await {
            tracing::warn!(%error, "auth.logout_not_passed_on");
        }
        tracing::info!(user_id = %user.id(), "auth.logged_out");
    }
    Ok(StatusCode::NO_CONTENT)
}
