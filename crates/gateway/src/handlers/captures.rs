//! Captures: asking for them, and what became of them.

use axum::{Json, extract::State, http::StatusCode};
use chrono::{DateTime, Utc};
use common::{
    db::{
        self,
        captures::view::{CaptureStatus, CaptureView, Filter, Position},
        jobs::JobState,
    },
    ids::{CaptureId, ChannelId, JobId, SessionUuid, StreamId},
    problem::Problem,
    request_id,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::cursor;
use crate::{
    access,
    extract::{JsonBody, Parameters, PathId, id},
    gateway::App,
    openapi::{BadRequest, CaptureNotFound, ChannelForbidden, SessionNotFound, TwitchUnusable},
    visitor::CurrentUser,
};

/// How many channels one request may ask for.
const MAX_CHANNELS: usize = 100;

#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct CaptureRequest {
    /// Twitch user ids of the broadcasters.
    #[schema(min_items = 1, max_items = 100)]
    channel_ids: Vec<String>,
}

/// The captures are asked for.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CapturesAccepted {
    /// The user's active session, which they are in.
    session: SessionUuid,
    /// One for each channel, in the order of their ids.
    jobs: Vec<EnqueuedJob>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EnqueuedJob {
    id: JobId,
    channel_id: ChannelId,
    capture_id: CaptureId,
    /// `done` when somebody else asked for the same capture a moment ago.
    state: JobState,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Captures {
    captures: Vec<Capture>,
    /// Asks for the next page; none on the last one.
    #[schema(required)]
    next_cursor: Option<String>,
}

/// A capture of a channel's chatters.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Capture {
    id: CaptureId,
    channel_id: ChannelId,
    status: CaptureStatus,
    /// Why it has no roster: a stable code.
    #[schema(required)]
    reason: Option<String>,
    /// The ten seconds that it was asked for in begin here.
    slot: DateTime<Utc>,
    #[schema(required)]
    captured_at: Option<DateTime<Utc>>,
    chatters_count: u32,
    /// How many people the list may lack, or name although they had left: a large room changes while it is read. 0: as
    /// many as Twitch counted.
    uncertain: u32,
    /// Never seen on this channel before.
    new_count: u32,
    /// Absent from the capture before.
    arrived_count: u32,
    /// Present in the capture before, and no longer.
    left_count: u32,
    /// Of the stream, as Twitch counted.
    #[schema(required)]
    viewer_count: Option<u32>,
    #[schema(required)]
    stream_id: Option<StreamId>,
}

/// Capture channels
///
/// Asks for a capture of each channel. Nothing is asked for unless the user may look into all of them. Asking again
/// within the same ten seconds gives the same captures.
#[utoipa::path(
    post,
    path = "/captures",
    tag = "captures",
    request_body = CaptureRequest,
    responses((status = 202, body = CapturesAccepted), BadRequest, ChannelForbidden, TwitchUnusable)
)]
pub(crate) async fn create_captures(
    State(app): State<App>,
    user: CurrentUser,
    JsonBody(request): JsonBody<CaptureRequest>,
) -> Result<(StatusCode, Json<CapturesAccepted>), Problem> {
    if !(1..=MAX_CHANNELS).contains(&request.channel_ids.len()) {
        let detail = format!("`channel_ids` names 1 to {MAX_CHANNELS} channels.");
        return Err(Problem::bad_request("channel_ids_invalid", detail));
    }
    let channels = request.channel_ids.iter().map(|text| id(text)).collect::<Result<Vec<ChannelId>, _>>()?;
    access::require(&app, user.id(), &channels).await?;
    let (now, ttl) = (app.clock.now(), app.analysis_sessions.ttl);
    let requested =
        db::captures::request::request(&app.pool, user.id(), &channels, now, ttl, &request_id::current())
            .await?;
    let ready = requested.captures.iter().filter(|capture| capture.state == JobState::Ready);
    app.queue.announce(&ready.map(|capture| capture.job).collect::<Vec<_>>()).await;
    tracing::info!(user_id = %user.id(), captures = requested.captures.len(), "captures.requested");
    let jobs = requested.captures.iter().map(|capture| EnqueuedJob {
        id: capture.job,
        channel_id: capture.channel,
        capture_id: capture.id,
        state: capture.state,
    });
    let accepted = CapturesAccepted { session: requested.session, jobs: jobs.collect() };
    Ok((StatusCode::ACCEPTED, Json(accepted)))
}

/// My captures
///
/// The captures in the user's sessions, the latest first; also those that wait, failed or were missed.
#[utoipa::path(
    get,
    path = "/captures",
    tag = "captures",
    params(
        ("session" = Option<SessionUuid>, Query, description = "Only those of this session."),
        ("channel" = Option<ChannelId>, Query, description = "Only those of this channel."),
        ("stream" = Option<StreamId>, Query, description = "Only those of this broadcast."),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before."),
        ("limit" = Option<u32>, Query, description = "How many on a page.", minimum = 1, maximum = 200)
    ),
    responses((status = 200, body = Captures), BadRequest, SessionNotFound)
)]
pub(crate) async fn list_captures(
    State(app): State<App>,
    user: CurrentUser,
    parameters: Parameters,
) -> Result<Json<Captures>, Problem> {
    let filter = Filter {
        session: parameters.id("session")?,
        channel: parameters.id("channel")?,
        stream: parameters.id("stream")?,
    };
    let before = parameters.one("cursor").map(cursor::decode).transpose()?;
    let limit = parameters.number_in("limit", 50, 1..=200)?;
    if let Some(session) = filter.session
        && !db::sessions::is_owned(&app.pool, user.id(), session).await?
    {
        return Err(Problem::not_found("session"));
    }
    // One more than fits says whether there is a next page.
    let mut views = db::captures::view::of_user(&app.pool, user.id(), filter, before, limit + 1).await?;
    let has_more = views.len() > limit as usize;
    views.truncate(limit as usize);
    let last = views.last().filter(|_| has_more);
    let next_cursor = last.map(|view| cursor::encode(Position { slot: view.slot, id: view.id }));
    Ok(Json(Captures { captures: views.into_iter().map(Into::into).collect(), next_cursor }))
}

/// One capture
#[utoipa::path(
    get,
    path = "/captures/{id}",
    tag = "captures",
    params(("id" = CaptureId, Path)),
    responses((status = 200, body = Capture), BadRequest, CaptureNotFound)
)]
pub(crate) async fn get_capture(
    State(app): State<App>,
    user: CurrentUser,
    PathId(capture): PathId<CaptureId>,
) -> Result<Json<Capture>, Problem> {
    let view = db::captures::view::find(&app.pool, user.id(), capture).await?;
    Ok(Json(view.ok_or_else(|| Problem::not_found("capture"))?.into()))
}

impl From<CaptureView> for Capture {
    fn from(view: CaptureView) -> Self {
        Self {
            id: view.id,
            channel_id: view.channel,
            status: view.status,
            reason: view.reason,
            slot: view.slot,
            captured_at: view.captured_at,
            chatters_count: view.chatters_count,
            uncertain: view.uncertain,
            new_count: view.new_count,
            arrived_count: view.arrived_count,
            left_count: view.left_count,
            viewer_count: view.viewer_count,
            stream_id: view.stream,
        }
    }
}
