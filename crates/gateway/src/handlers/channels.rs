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

use super::schedules::Schedule;
use crate::{access, gateway::App, openapi::TwitchUnusable, visitor::CurrentUser};

/// How many points the line of recent captures has at most.
const MOST_RECENT: usize = 60;

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
    /// Chatters in the captures of the latest broadcast, in the order of time; at most 60, evenly chosen.
    recent: Vec<u32>,
    /// The user's own.
    #[schema(required)]
    schedule: Option<Schedule>,
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
        if !access::is_passing(&problem) {
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
    let mut recent = db::channels::latest_counts(&app.pool, user.id()).await?;
    let schedules = db::schedules::of_user(&app.pool, user.id()).await?;
    let mut schedules: HashMap<_, _> =
        schedules.into_iter().map(|schedule| (schedule.channel, schedule)).collect();
    let channels = known.into_iter().map(|channel| Channel {
        recent: thinned(recent.remove(&channel.id).unwrap_or_default()),
        schedule: schedules.remove(&channel.id).map(Into::into),
        ..Channel::of(&mut live, channel)
    });
    Ok(Json(Channels { channels: channels.collect(), stale }))
}

/// At most [`MOST_RECENT`] of `counts`, evenly chosen, the last one always.
fn thinned(counts: Vec<u32>) -> Vec<u32> {
    let step = counts.len().div_ceil(MOST_RECENT).max(1);
    let skipped = counts.len().saturating_sub(1) % step;
    counts.into_iter().skip(skipped).step_by(step).collect()
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
            recent: Vec::new(),
            schedule: None,
            last_capture: channel.last_capture.map(|capture| LastCapture {
                id: capture.id,
                captured_at: capture.captured_at,
                chatters_count: capture.chatters_count,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_line_is_thinned_and_keeps_its_end() {
        assert_eq!(thinned(vec![]), Vec::<u32>::new());
        assert_eq!(thinned(vec![3, 1]), [3, 1]);
        for length in [60, 61, 120, 1_000] {
            let thin = thinned((1..=length).collect());
            assert!(thin.len() <= MOST_RECENT && thin.len() > MOST_RECENT / 2, "{length}: {}", thin.len());
            assert_eq!(thin.last(), Some(&length));
        }
    }
}
