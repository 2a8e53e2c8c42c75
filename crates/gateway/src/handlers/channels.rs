//! The user's channels.

use std::collections::HashMap;

use axum::{Json, extract::State};
use chrono::{DateTime, Utc};
use common::{
    clients::twitch_api::{LiveStream, Role},
    db::{self, channels::UserChannel},
    ids::{CaptureId, ChannelId},
    problem::Problem,
};
use futures_util::future::try_join_all;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{access, gateway::App, openapi::TwitchUnusable, visitor::CurrentUser};

/// How many channels twitch-api describes in one call.
const STREAMS_PER_CALL: usize = 100;

/// The user's channels, the own one first, then by login.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Channels {
    channels: Vec<Channel>,
    /// Twitch does not answer: the channels are those it listed last, and whether they are live is not known.
    stale: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Channel {
    /// The broadcaster's Twitch user id.
    id: ChannelId,
    login: String,
    display_name: String,
    #[schema(required)]
    profile_image_url: Option<String>,
    role: ChannelRole,
    /// None when it is not live.
    #[schema(required)]
    live: Option<Live>,
    /// The latest complete one.
    #[schema(required)]
    last_capture: Option<LastCapture>,
}

#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ChannelRole {
    Broadcaster,
    Moderator,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Live {
    started_at: DateTime<Utc>,
    viewer_count: u32,
    title: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LastCapture {
    id: CaptureId,
    captured_at: DateTime<Utc>,
    chatters_count: u32,
}

/// My channels
///
/// The user's own channel and those moderated, with what is live. Asks Twitch, and falls back to what it said last.
#[utoipa::path(
    get,
    path = "/channels",
    tag = "channels",
    responses((status = 200, body = Channels), TwitchUnusable)
)]
pub(crate) async fn list_channels(
    State(app): State<App>,
    user: CurrentUser,
) -> Result<Json<Channels>, Problem> {
    let mut stale = false;
    if let Err(problem) = access::ask(&app, user.id()).await {
        if !is_passing(&problem) {
            return Err(problem);
        }
        tracing::warn!(%problem, "channels.stale");
        stale = true;
    }
    let known = db::channels::of_user(&app.pool, user.id()).await?;
    let mut live = HashMap::new();
    if !stale {
        match streams(&app, &known).await {
            Ok(streams) => live = streams,
            Err(error) => {
                tracing::warn!(%error, "channels.live_unknown");
                stale = true;
            }
        }
    }
    let channels = known.into_iter().map(|channel| Channel::of(&mut live, channel)).collect();
    Ok(Json(Channels { channels, stale }))
}

/// Whether what Twitch said last will do: it does not answer, or not now.
fn is_passing(problem: &Problem) -> bool {
    let database = problem.code() == "database_unavailable" || problem.code() == "internal";
    (problem.status().is_server_error() && !database) || problem.code() == "budget_exhausted"
}

async fn streams(
    app: &App,
    channels: &[UserChannel],
) -> Result<HashMap<ChannelId, LiveStream>, common::clients::ClientError> {
    let ids: Vec<ChannelId> = channels.iter().map(|channel| channel.id).collect();
    let answers = try_join_all(ids.chunks(STREAMS_PER_CALL).map(|ids| app.twitch.streams(ids))).await?;
    let streams = answers.into_iter().flat_map(|answer| answer.streams);
    Ok(streams.map(|stream| (stream.broadcaster_id, stream)).collect())
}

impl Channel {
    fn of(live: &mut HashMap<ChannelId, LiveStream>, channel: UserChannel) -> Self {
        Self {
            live: live.remove(&channel.id).map(|stream| Live {
                started_at: stream.started_at,
                viewer_count: stream.viewer_count,
                title: stream.title,
            }),
            id: channel.id,
            login: channel.login,
            display_name: channel.display_name,
            profile_image_url: channel.profile_image_url,
            role: match channel.role {
                Role::Broadcaster => ChannelRole::Broadcaster,
                Role::Moderator => ChannelRole::Moderator,
            },
            last_capture: channel.last_capture.map(|capture| LastCapture {
                id: capture.id,
                captured_at: capture.captured_at,
                chatters_count: capture.chatters_count,
            }),
        }
    }
}
