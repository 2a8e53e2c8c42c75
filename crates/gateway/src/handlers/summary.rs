//! What the analysis service says about a session, handed on to its owner.

use axum::{
    extract::State,
    http::{HeaderName, header},
    response::{IntoResponse as _, Response},
};
use common::{
    clients::analysis::{Answer, CACHE_HEADER, MAX_FILTER_CHANNELS, SessionSummary},
    db,
    ids::{ChannelId, SessionUuid},
    problem::Problem,
};

use crate::{
    extract::{Parameters, PathId, id},
    gateway::App,
    openapi::{BadRequest, SessionNotFound},
    refusals::explain,
    visitor::CurrentUser,
};

/// A session's totals
///
/// `X-Cache` says whether the answer was computed just now.
#[utoipa::path(
    get,
    path = "/sessions/{uuid}/summary",
    tag = "sessions",
    params(
        ("uuid" = SessionUuid, Path),
        ("channel" = Option<Vec<ChannelId>>, Query, description = "Only these channels; may stand several times.")
    ),
    responses(
        (status = 200, body = SessionSummary, headers(("X-Cache" = String, description = "`HIT` or `MISS`"))),
        BadRequest,
        SessionNotFound
    )
)]
pub(crate) async fn get_session_summary(
    State(app): State<App>,
    user: CurrentUser,
    PathId(uuid): PathId<SessionUuid>,
    parameters: Parameters,
) -> Result<Response, Problem> {
    let channels = filter(&parameters)?;
    if !db::sessions::is_owned(&app.pool, user.id(), uuid).await? {
        return Err(Problem::not_found("session"));
    }
    Ok(hand_on(app.analysis.summary(uuid, &channels).await.map_err(explain)?))
}

fn filter(parameters: &Parameters) -> Result<Vec<ChannelId>, Problem> {
    let channels = parameters.all("channel").map(id).collect::<Result<Vec<_>, _>>()?;
    if channels.len() > MAX_FILTER_CHANNELS {
        let detail = format!("A filter names at most {MAX_FILTER_CHANNELS} channels.");
        return Err(Problem::bad_request("too_many_channels", detail));
    }
    Ok(channels)
}

fn hand_on(answer: Answer) -> Response {
    let cache = (HeaderName::from_static(CACHE_HEADER), if answer.hit { "HIT" } else { "MISS" });
    ([(header::CONTENT_TYPE, "application/json")], [cache], answer.body).into_response()
}
