//! Live events: what a user's open pages are told while it happens.
//!
//! An event goes to Redis pub/sub, for pages that are open, and to a short stream per user, for pages that reconnect
//! with the id of the last event they saw. How many watch is another number a minute later, so that goes to open pages
//! only: the stream is for what would be missed. Events carry no truth of their own: a page that missed some asks the API.

use redis::{AsyncTypedCommands as _, Script};
use serde::{Deserialize, Serialize};

use crate::{
    ids::{CaptureId, ChannelId, JobId, UserId},
    redis_keys,
    redis_store::{Redis, tolerated},
};

/// How many recent events a user's stream keeps.
const KEPT: usize = 256;
/// For how many seconds.
const KEPT_SECONDS: usize = 3600;

/// Stands for the id of an event that is not kept. No position in a stream: older gateways leave such an event out.
const NOT_KEPT: &str = "-";

/// Something that a page shows without being asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// A job moved on.
    Job(JobEvent),
    /// A capture is stored.
    Capture(CaptureEvent),
    /// On a channel that the user may look into, a raid came, or a broadcast began or ended.
    ChannelChanged { channel_id: ChannelId },
    /// On such a channel, accounts were marked, or marks taken back.
    VerdictsChanged { channel_id: ChannelId },
    /// How many watch channels that the user may look into.
    Viewers { channels: Vec<ChannelViewers> },
    /// Accounts were enriched: summaries have changed.
    Enriched {
        /// How many accounts are still waiting.
        remaining: u64,
    },
    /// Twitch no longer honours what the user allowed us: log in again.
    GrantLost {
        /// A stable code.
        reason: String,
    },
    /// A session of the user's was named, saved, emptied, deleted or restored.
    SessionsChanged,
    /// The user's schedule of a channel was set or ended.
    ScheduleChanged { channel_id: ChannelId },
    /// A schedule of the user's no longer runs.
    SchedulePaused {
        /// None: all of them.
        channel_id: Option<ChannelId>,
        /// A stable code.
        reason: String,
    },
}

impl Event {
    /// Whether it is told to pages that reconnect.
    fn is_kept(&self) -> bool {
        !matches!(self, Self::Viewers { .. })
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct JobEvent {
    pub id: JobId,
    pub kind: String,
    pub state: crate::db::jobs::JobState,
    pub channel_id: Option<ChannelId>,
    pub capture_id: Option<CaptureId>,
    pub attempt: u16,
    pub max_attempt: u16,
    /// `code: detail`, as in the job itself.
    pub last_error: Option<String>,
    pub progress: Option<Progress>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ChannelViewers {
    pub channel_id: ChannelId,
    pub viewers: u32,
}

/// How far a capture has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Progress {
    pub pages: u32,
    pub pages_total: u32,
    pub chatters: u32,
    pub total: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CaptureEvent {
    pub capture_id: CaptureId,
    pub channel_id: ChannelId,
    pub captured_at: chrono::DateTime<chrono::Utc>,
    pub chatters_count: u32,
    pub new_count: u32,
}

/// Tells `users`; whether all of them were told. Without Redis nobody hears it, and pages catch up by asking.
pub async fn publish(redis: &Redis, users: &[UserId], event: &Event) -> bool {
    let json = match serde_json::to_string(event) {
        Ok(json) => json,
        Err(error) => {
            tracing::error!(%error, "events.not_serialised");
            return false;
        }
    };
    let script = Script::new(include_str!("lua/publish_event.lua"));
    for user in users {
        let outcome = if event.is_kept() {
            let mut call = script.key(redis_keys::recent_events(*user));
            call.arg(redis_keys::EVENTS).arg(user.0).arg(&json).arg(KEPT).arg(KEPT_SECONDS);
            call.invoke_async::<String>(&mut redis.shared()).await.map(drop)
        } else {
            let message = format!("{user} {NOT_KEPT} {json}");
            redis.shared().publish(redis_keys::EVENTS, message).await.map(drop)
        };
        if let Err(error) = outcome {
            tolerated("events.publish", &error);
            return false;
        }
    }
    true
}

/// A published event as subscribers receive it.
#[derive(Clone, Debug)]
pub struct Published {
    pub user: UserId,
    /// The id in the user's stream: what a page sends back as `Last-Event-ID`; none of an event that is not kept.
    pub id: Option<String>,
    pub event: Event,
}

impl Published {
    /// Reads a pub/sub message; what is not one is `None`.
    #[must_use]
    pub fn parse(message: &str) -> Option<Self> {
        let (user, rest) = message.split_once(' ')?;
        let (id, json) = rest.split_once(' ')?;
        let id = (id != NOT_KEPT).then(|| id.to_owned());
        Some(Self { user: user.parse().ok()?, id, event: serde_json::from_str(json).ok()? })
    }
}

/// The user's recent events after the one with id `after`, oldest first.
///
/// # Errors
/// When Redis fails.
pub async fn since(redis: &Redis, user: UserId, after: &str) -> redis::RedisResult<Vec<Published>> {
    let start = format!("({after}");
    let reply = redis.shared().xrange(redis_keys::recent_events(user), start, "+").await?;
    let read = |entry: redis::streams::StreamId| {
        let event = serde_json::from_str(&entry.get::<String>("event")?).ok()?;
        Some(Published { user, id: Some(entry.id), event })
    };
    Ok(reply.ids.into_iter().filter_map(read).collect())
}
