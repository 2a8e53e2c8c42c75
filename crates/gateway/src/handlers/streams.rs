//! A channel's broadcasts.

use axum::{Json, extract::State};
use chrono::{DateTime, Utc};
use common::{
    db::{self, streams::Overview},
    ids::{ChannelId, StreamId},
    problem::Problem,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    access,
    extract::{Parameters, PathId},
    gateway::App,
    openapi::{BadRequest, ChannelForbidden},
    visitor::CurrentUser,
};

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Streams {
    /// The latest first.
    streams: Vec<Stream>,
    /// Asks for the next page; none on the last one.
    #[schema(required)]
    next_cursor: Option<String>,
}

/// A broadcast, and what we captured of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Stream {
    id: StreamId,
    title: String,
    started_at: DateTime<Utc>,
    /// None while it runs.
    #[schema(required)]
    ended_at: Option<DateTime<Utc>>,
    /// Complete ones.
    captures: u32,
    /// The most chatters in one capture.
    #[schema(required)]
    chatters_peak: Option<u32>,
}

impl From<Overview> for Stream {
    fn from(overview: Overview) -> Self {
        Self {
            id: overview.stream.id,
            title: overview.stream.title,
            started_at: overview.stream.started_at,
            ended_at: overview.stream.ended_at,
            captures: overview.captures,
            chatters_peak: overview.chatters_peak,
        }
    }
}

/// A channel's broadcasts
#[utoipa::path(
    get,
    path = "/channels/{id}/streams",
    tag = "channels",
    params(
        ("id" = ChannelId, Path),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before."),
        ("limit" = Option<u32>, Query, description = "How many on a page.", minimum = 1, maximum = 100)
    ),
    responses((status = 200, body = Streams), BadRequest, ChannelForbidden)
)]
pub(crate) async fn list_streams(
    State(app): State<App>,
    user: CurrentUser,
    PathId(channel): PathId<ChannelId>,
    parameters: Parameters,
) -> Result<Json<Streams>, Problem> {
    access::may_read(&app, user.id(), &[channel]).await?;
    let limit = parameters.number_in("limit", 20, 1..=100)?;
    let invalid = |_| Problem::bad_request("cursor_invalid", "This cursor was not given out by this API.");
    let before =
        parameters.one("cursor").map(|text| text.parse::<StreamId>().map_err(invalid)).transpose()?;
    // One more than fits says whether there is a next page.
    let mut overviews = db::streams::overviews(&app.pool, channel, before, limit + 1).await?;
    let has_more = overviews.len() > limit as usize;
    overviews.truncate(limit as usize);
    let next_cursor = overviews.last().filter(|_| has_more).map(|last| last.stream.id.to_string());
    Ok(Json(Streams { streams: overviews.into_iter().map(Into::into).collect(), next_cursor }))
}
