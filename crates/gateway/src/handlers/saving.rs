//! Keeping an analysis session beyond its time.

use axum::{Json, extract::State, http::StatusCode};
use common::{
    db::{
        self,
        sessions::{Saved, Saving},
    },
    ids::SessionUuid,
    problem::Problem,
};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::sessions::{self, Session};
use crate::{
    extract::{JsonBody, PathId, id},
    gateway::App,
    openapi::{BadRequest, CsrfRefused, NotSaved, SessionNotFound},
    visitor::CurrentUser,
};

/// As many as the column holds.
const MAX_NAME_CHARS: usize = 120;

/// How to save a session.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct SaveRequest {
    /// What to call it; as before when absent.
    #[schema(max_length = 120)]
    name: Option<String>,
    /// A saved session to delete in its place, when there are too many.
    #[schema(value_type = Option<SessionUuid>)]
    replace: Option<String>,
}

/// Save a session
///
/// The next capture opens a new one. Saving a saved session renames it.
#[utoipa::path(
    post,
    path = "/sessions/{uuid}/save",
    tag = "sessions",
    params(("uuid" = SessionUuid, Path)),
    request_body = SaveRequest,
    responses((status = 200, body = Session), BadRequest, CsrfRefused, SessionNotFound, NotSaved)
)]
pub(crate) async fn save_session(
    State(app): State<App>,
    user: CurrentUser,
    PathId(uuid): PathId<SessionUuid>,
    JsonBody(request): JsonBody<SaveRequest>,
) -> Result<Json<Session>, Problem> {
    let name = request.name.as_deref().map(checked_name).transpose()?;
    let replace = request.replace.as_deref().map(id).transpose()?;
    let limit = app.analysis_sessions.max_saved;
    let how = Saving { name, replace, limit };
    match db::sessions::save(&app.pool, user.id(), uuid, &how, app.clock.now()).await? {
        Saved::Done => {
            sessions::tell(&app, &user).await;
            sessions::find(&app, &user, uuid).await.map(Json)
        }
        Saved::NotFound => Err(Problem::not_found("session")),
        Saved::Expired => {
            let detail = "The session's time is over; part of what it held may be gone.";
            Err(Problem::new(StatusCode::CONFLICT, "session_expired", detail))
        }
        Saved::TooMany { oldest, name } => Err(too_many_saved(limit, oldest, &name)),
    }
}

/// A session's name as it is stored.
pub(super) fn checked_name(name: &str) -> Result<&str, Problem> {
    let name = name.trim();
    if name.chars().count() > MAX_NAME_CHARS || name.chars().any(char::is_control) {
        let detail =
            format!("A name has at most {MAX_NAME_CHARS} characters, none of them a control character.");
        return Err(Problem::bad_request("name_invalid", detail));
    }
    Ok(name)
}

/// Why a further session cannot be saved, and which one would go.
pub(super) fn too_many_saved(limit: u32, oldest: SessionUuid, name: &str) -> Problem {
    let detail =
        format!("{limit} sessions are saved, which is the most. Delete one, or name one in `replace`.");
    Problem::new(StatusCode::CONFLICT, "too_many_saved_sessions", detail)
        .with("oldest", json!({ "uuid": oldest, "name": name }))
        .with("limit", limit)
}
