//! What is kept about the user: having it, and having it removed.

use axum::{
    Json,
    extract::State,
    http::{HeaderName, StatusCode, header},
};
use common::{
    db::{self, personal::Export},
    ids::TwitchUserId,
    problem::Problem,
    redis_keys,
};
use redis::{AsyncTypedCommands as _, ExistenceCheck, SetExpiry, SetOptions};
use tower_sessions::Session;

use crate::{
    gateway::App,
    openapi::{CsrfRefused, TooSoon},
    refusals::explain,
    visitor::CurrentUser,
    web_session::{self, of_user},
};

/// Between two exports of one person: they read every roster of the channels in which the person was seen.
const EXPORT_EVERY_SECONDS: u64 = 60;

/// Everything about me
///
/// All that is kept about the user, as a moderator and as a viewer, but for tokens and secrets. Once a minute.
#[utoipa::path(
    get,
    path = "/me/export",
    tag = "people",
    responses((status = 200, body = Export, headers(("Content-Disposition" = String))), TooSoon)
)]
pub(crate) async fn export_me(
    State(app): State<App>,
    user: CurrentUser,
) -> Result<([(HeaderName, &'static str); 1], Json<Export>), Problem> {
    take_turn(&app, &user).await?;
    let export = db::personal::export(&app.pool, user.id(), app.clock.now()).await?;
    let export = export.ok_or_else(Problem::not_authenticated)?;
    let name = "attachment; filename=\"my-data.json\"";
    Ok(([(header::CONTENT_DISPOSITION, name)], Json(export)))
}

async fn take_turn(app: &App, user: &CurrentUser) -> Result<(), Problem> {
    let options = SetOptions::default()
        .conditional_set(ExistenceCheck::NX)
        .with_expiration(SetExpiry::EX(EXPORT_EVERY_SECONDS));
    let key = redis_keys::export_made(user.id());
    match app.redis.shared().set_options(key, "1", options).await {
        Ok(Some(_)) => Ok(()),
        Ok(None) => {
            let wait = std::time::Duration::from_secs(EXPORT_EVERY_SECONDS);
            let detail = "An export was made less than a minute ago.";
            Err(Problem::new(StatusCode::TOO_MANY_REQUESTS, "export_too_soon", detail).retry_after(wait))
        }
        Err(error) => {
            Err(Problem::unavailable("redis_unavailable", "Try again in a moment.").caused_by(error))
        }
    }
}

/// Remove me
///
/// Logs out everywhere, gives the permission back to Twitch, and removes all that is kept about the user: sessions,
/// schedules, keys, webhooks, verdicts, roles. The user's account is also left out of captures from now on, and taken out
/// of stored ones within minutes. This cannot be undone.
#[utoipa::path(
    delete,
    path = "/me",
    tag = "people",
    responses((status = 204, description = "Removed, and logged out."), CsrfRefused)
)]
pub(crate) async fn delete_me(
    State(app): State<App>,
    session: Session,
    user: CurrentUser,
) -> Result<StatusCode, Problem> {
    let id = user.id();
    db::personal::remove_schedules(&app.pool, id).await?;
    // Before the token's row goes: only twitch-api can give it back to Twitch.
    app.twitch.logout(id).await.map_err(explain)?;
    let hash = app.opt_out_key.hash(TwitchUserId(id.0));
    db::personal::remove(&app.pool, id, &hash, app.clock.now()).await?;
    session.flush().await.map_err(web_session::unavailable)?;
    of_user::end_all(&app.redis, id).await.map_err(|error| {
        web_session::unavailable_because("Other browsers may still be logged in; try again.").caused_by(error)
    })?;
    app.hub.close(id);
    tracing::info!("person.removed");
    Ok(StatusCode::NO_CONTENT)
}
