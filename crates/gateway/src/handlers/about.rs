//! What a visitor may know before logging in.

use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use crate::gateway::App;

/// How this site is set up.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct About {
    /// Days after its last capture that a session which is not saved is kept.
    session_ttl_days: i64,
    /// How many sessions one person may save.
    max_saved_sessions: u32,
}

/// How this site is set up
///
/// Needs no login.
#[utoipa::path(get, path = "/about", tag = "people", responses((status = 200, body = About)))]
pub(crate) async fn about(State(app): State<App>) -> Json<About> {
    Json(About {
        session_ttl_days: app.analysis_sessions.ttl.num_days(),
        max_saved_sessions: app.analysis_sessions.max_saved,
    })
}
