//! Analysis sessions: listing and deleting them.

use axum::{Json, extract::State, http::StatusCode};
use chrono::{DateTime, Utc};
use common::{
    db::{self, sessions::SessionStatus},
    events::{self, Event},
    ids::{ChannelId, SessionUuid},
    problem::Problem,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    extract::PathId,
    gateway::App,
    openapi::{BadRequest, CsrfRefused, SessionNotFound},
    visitor::CurrentUser,
};

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Sessions {
    /// The latest used first.
    sessions: Vec<Session>,
}

/// A selection of captures.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Session {
    uuid: SessionUuid,
    status: SessionStatus,
    /// Empty until it is given one.
    name: String,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    /// None when saved.
    #[schema(required)]
    expires_at: Option<DateTime<Utc>>,
    /// Complete captures.
    captures: u32,
    /// Channels with a capture, whatever became of it, in the order of their logins.
    channels: Vec<ChannelName>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChannelName {
    id: ChannelId,
    login: String,
    display_name: String,
}

/// My sessions
#[utoipa::path(get, path = "/sessions", tag = "sessions", responses((status = 200, body = Sessions)))]
pub(crate) async fn list_sessions(
    State(app): State<App>,
    user: CurrentUser,
) -> Result<Json<Sessions>, Problem> {
    let sessions = db::sessions::of_user(&app.pool, user.id(), app.clock.now()).await?;
    Ok(Json(Sessions { sessions: sessions.into_iter().map(Into::into).collect() }))
}

/// One session
#[utoipa::path(
    get,
    path = "/sessions/{uuid}",
    tag = "sessions",
    params(("uuid" = SessionUuid, Path)),
    responses((status = 200, body = Session), BadRequest, SessionNotFound)
)]
pub(crate) async fn get_session(
    State(app): State<App>,
    user: CurrentUser,
    PathId(uuid): PathId<SessionUuid>,
) -> Result<Json<Session>, Problem> {
    find(&app, &user, uuid).await.map(Json)
}

/// The user's session `uuid`, or 404: for one that does not exist as for one that is somebody else's.
pub(super) async fn find(app: &App, user: &CurrentUser, uuid: SessionUuid) -> Result<Session, Problem> {
    let session = db::sessions::find(&app.pool, user.id(), uuid, app.clock.now()).await?;
    session.map(Into::into).ok_or_else(|| Problem::not_found("session"))
}

/// Delete a session
///
/// Its captures stay where other sessions hold them. It can be restored for 24 hours.
#[utoipa::path(
    delete,
    path = "/sessions/{uuid}",
    tag = "sessions",
    params(("uuid" = SessionUuid, Path)),
    responses((status = 204, description = "Deleted."), BadRequest, CsrfRefused, SessionNotFound)
)]
pub(crate) async fn delete_session(
    State(app): State<App>,
    user: CurrentUser,
    PathId(uuid): PathId<SessionUuid>,
) -> Result<StatusCode, Problem> {
    if db::sessions::delete(&app.pool, user.id(), uuid, app.clock.now()).await? {
        tell(&app, &user).await;
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::not_found("session"))
    }
}

/// The other pages of the same person show their sessions, too.
pub(super) async fn tell(app: &App, user: &CurrentUser) {
    events::publish(&app.redis, &[user.id()], &Event::SessionsChanged).await;
}

impl From<db::sessions::Session> for Session {
    fn from(session: db::sessions::Session) -> Self {
        let channels = session.channels.into_iter().map(|channel| ChannelName {
            id: channel.id,
            login: channel.login,
            display_name: channel.display_name,
        });
        Self {
            uuid: session.uuid,
            status: session.status,
            name: session.name,
            created_at: session.created_at,
            updated_at: session.updated_at,
            expires_at: session.expires_at,
            captures: session.captures,
            channels: channels.collect(),
        }
    }
}
