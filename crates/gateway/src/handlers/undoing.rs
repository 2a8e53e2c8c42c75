//! A session's name, its captures for good, and the way back from deleting it.

use axum::{Json, extract::State};
use common::{
    db::{self, sessions::Restored},
    ids::SessionUuid,
    problem::Problem,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    saving::{checked_name, too_many_saved},
    sessions::{self, Session},
};
use crate::{
    extract::{JsonBody, PathId},
    gateway::App,
    openapi::{BadRequest, CsrfRefused, NotSaved, SessionNotFound},
    visitor::CurrentUser,
};

/// What to call a session.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct RenameRequest {
    #[schema(max_length = 120)]
    name: String,
}

/// What purging a session removed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Purged {
    /// Captures that no other session held.
    captures: u64,
}

/// Rename a session
#[utoipa::path(
    patch,
    path = "/sessions/{uuid}",
    tag = "sessions",
    params(("uuid" = SessionUuid, Path)),
    request_body = RenameRequest,
    responses((status = 200, body = Session), BadRequest, CsrfRefused, SessionNotFound)
)]
pub(crate) async fn rename_session(
    State(app): State<App>,
    user: CurrentUser,
    PathId(uuid): PathId<SessionUuid>,
    JsonBody(request): JsonBody<RenameRequest>,
) -> Result<Json<Session>, Problem> {
    if !db::sessions::rename(&app.pool, user.id(), uuid, checked_name(&request.name)?).await? {
        return Err(Problem::not_found("session"));
    }
    sessions::tell(&app, &user).await;
    sessions::find(&app, &user, uuid).await.map(Json)
}

/// Purge a session
///
/// Its captures are removed for good, but for those that another session holds. The session itself stays, empty.
#[utoipa::path(
    post,
    path = "/sessions/{uuid}/purge",
    tag = "sessions",
    params(("uuid" = SessionUuid, Path)),
    responses((status = 200, body = Purged), BadRequest, CsrfRefused, SessionNotFound)
)]
pub(crate) async fn purge_session(
    State(app): State<App>,
    user: CurrentUser,
    PathId(uuid): PathId<SessionUuid>,
) -> Result<Json<Purged>, Problem> {
    let removed = db::sessions::purge(&app.pool, user.id(), uuid, app.clock.now()).await?;
    let captures = removed.ok_or_else(|| Problem::not_found("session"))?;
    sessions::tell(&app, &user).await;
    Ok(Json(Purged { captures }))
}

/// Restore a session
///
/// Undoes a deletion of the last 24 hours. A session that was active is saved when another one is active by now.
#[utoipa::path(
    post,
    path = "/sessions/{uuid}/restore",
    tag = "sessions",
    params(("uuid" = SessionUuid, Path)),
    responses((status = 200, body = Session), BadRequest, CsrfRefused, SessionNotFound, NotSaved)
)]
pub(crate) async fn restore_session(
    State(app): State<App>,
    user: CurrentUser,
    PathId(uuid): PathId<SessionUuid>,
) -> Result<Json<Session>, Problem> {
    let settings = &app.analysis_sessions;
    let now = app.clock.now();
    let restored =
        db::sessions::restore(&app.pool, user.id(), uuid, now, settings.ttl, settings.max_saved).await?;
    match restored {
        Restored::Done => {
            sessions::tell(&app, &user).await;
            sessions::find(&app, &user, uuid).await.map(Json)
        }
        Restored::NotFound => Err(Problem::not_found("session")),
        Restored::TooMany { oldest, name } => Err(too_many_saved(settings.max_saved, oldest, &name)),
    }
}
