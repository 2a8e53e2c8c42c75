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
    /// The captures of the latest broadcast, in the order of time: at most 60, evenly chosen, and the gaps between them.
    recent: Vec<Recent>,
    /// The user's own.
    #[schema(required)]
    schedule: Option<Schedule>,
}

/// A capture, or a gap where one failed or was missed.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(crate) struct Recent {
    at: DateTime<Utc>,
    /// None for a gap.
    #[schema(required)]
    chatters: Option<u32>,
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

/// At most [`MOST_RECENT`] captures of `points`, evenly chosen, the last one always, with the gaps between them.
fn thinned(points: Vec<(DateTime<Utc>, Option<u32>)>) -> Vec<Recent> {
    let complete = points.iter().filter(|(_, chatters)| chatters.is_some()).count();
    let step = complete.div_ceil(MOST_RECENT).max(1);
    // Of each step the last one, so that the latest capture is there; one gap stands for all since the one before.
    let mut left = complete;
    let (mut thin, mut gap) = (Vec::new(), None);
    for (at, chatters) in points {
        let point = Recent { at, chatters };
        if chatters.is_none() {
            gap = Some(point);
            continue;
        }
        left -= 1;
        if left.is_multiple_of(step) {
            thin.extend(gap.take());
            thin.push(point);
        }
    }
    thin.extend(gap);
    thin
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

    /// Points a second apart; a gap where there is no count.
    fn thin(counts: &[Option<u32>]) -> Vec<Option<u32>> {
        let points = counts
            .iter()
            .zip(0..)
            .map(|(chatters, second)| (DateTime::from_timestamp(second, 0).unwrap(), *chatters));
        thinned(points.collect()).into_iter().map(|point| point.chatters).collect()
    }

    #[test]
    fn a_line_is_thinned_evenly_and_ends_with_the_latest() {
        assert_eq!(thin(&[]), []);
        assert_eq!(thin(&[Some(3), Some(1)]), [Some(3), Some(1)]);
        for length in 1..200 {
            let counts: Vec<Option<u32>> = (1..=length).map(Some).collect();
            let thin = thin(&counts);
            assert!(thin.len() <= MOST_RECENT && thin.len() >= counts.len().min(MOST_RECENT / 2));
            assert_eq!(thin.last(), Some(&Some(length)));
            assert!(thin.windows(3).all(|three| {
                let [a, b, c] = [0, 1, 2].map(|place| three[place].unwrap());
                b - a == c - b
            }));
        }
    }

    #[test]
    fn a_gap_stays_a_gap() {
        assert_eq!(thin(&[None, Some(1), None, None, Some(2), None]), [None, Some(1), None, Some(2), None]);
        let mut counts: Vec<Option<u32>> = (1..=120).map(Some).collect();
        counts[50] = None;
        let thin = thin(&counts);
        assert_eq!(thin.iter().filter(|chatters| chatters.is_none()).count(), 1);
        assert!(thin.len() <= MOST_RECENT + 1);
    }
}
