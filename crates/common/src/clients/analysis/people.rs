//! Answers about people: who is new, who stays, who is missing.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::Coverage;
use crate::ids::{CaptureId, ChannelId, StreamId, TwitchUserId};

/// An account by its names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Person {
    pub twitch_id: TwitchUserId,
    pub login: String,
    pub display_name: String,
    /// When the account was created; none until Twitch has told.
    pub created_at: Option<DateTime<Utc>>,
}

/// Accounts never seen on the channel before, in any capture that we have of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Newcomers {
    pub coverage: Coverage,
    /// An account counts once on each channel.
    pub newcomers: u32,
    pub by_raid: u32,
    pub by_wave: u32,
    /// Seen again in a later broadcast, among 2,000 captures that follow (of a session: until its last capture).
    pub came_back: u32,
    /// By channel and first sight.
    pub people: Vec<Newcomer>,
    pub next_cursor: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Newcomer {
    #[serde(flatten)]
    pub person: Person,
    pub channel_id: ChannelId,
    /// The first capture with them.
    pub capture_id: CaptureId,
    pub first_seen_at: DateTime<Utc>,
    /// The account's age at that moment, in whole days.
    pub age_days: Option<u32>,
    pub origin: Origin,
    /// Which raid, when it was one, and the only one since the capture before.
    pub raid_id: Option<String>,
    pub came_back: bool,
}

/// How a newcomer came.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// First seen in the first capture after a raid, within 15 minutes of it.
    Raid,
    /// First seen in a capture with far more newcomers than usual: at least 10, and over five times the median of the
    /// channel's captures from up to 500 before those asked about to up to 2,000 after them (of a session: to its last
    /// one). First captures of broadcasts are compared with each other; there must be at least three others.
    Wave,
    Organic,
}

/// How often and how long people are there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Participation {
    pub coverage: Coverage,
    pub accounts: u32,
    /// How many accounts attended how many captures.
    pub captures_attended: Vec<Bucket>,
    /// How many accounts were there for how many minutes, estimated: a capture stands for the time until the next
    /// one of the broadcast, 15 minutes at most; the last one for the usual interval.
    pub minutes: Vec<Bucket>,
    /// Of the list asked for: `regulars` (most broadcasts, then captures, first) or `missing` (regulars absent from
    /// the last broadcasts).
    pub people: Vec<Participant>,
    pub next_cursor: Option<String>,
}

/// `from..=to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Bucket {
    pub from: u32,
    /// None is without end.
    pub to: Option<u32>,
    pub accounts: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Participant {
    #[serde(flatten)]
    pub person: Person,
    pub channel_id: ChannelId,
    pub captures: u32,
    /// Estimated.
    pub minutes: u32,
    /// Broadcasts with at least one capture with them.
    pub broadcasts: u32,
    /// Broadcasts of the channel since they were first seen.
    pub broadcasts_since_first: u32,
    /// Broadcasts attended without a break, up to the channel's last; 0 when absent from it.
    pub streak: u32,
    /// Broadcasts since the last attended one.
    pub absent_for: u32,
}

/// Who of a broadcast's newcomers came back, broadcast by broadcast.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Retention {
    pub coverage: Coverage,
    /// By channel and time.
    pub cohorts: Vec<Cohort>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Cohort {
    pub channel_id: ChannelId,
    pub stream_id: Option<StreamId>,
    /// The broadcast's first capture.
    pub first_captured_at: DateTime<Utc>,
    pub newcomers: u32,
    /// How many were back in the next broadcast, the one after it, and so on, as far as there are any among the captures
    /// asked about and 2,000 that follow (of a session: until its last capture).
    pub back: Vec<u32>,
    pub by_origin: Vec<OriginCohort>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct OriginCohort {
    pub origin: Origin,
    pub newcomers: u32,
    pub back: Vec<u32>,
}

/// Accounts of a session that changed their names often.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Renames {
    pub coverage: Coverage,
    pub accounts: u32,
    pub people: Vec<Renamed>,
    pub next_cursor: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Renamed {
    #[serde(flatten)]
    pub person: Person,
    /// Earlier names as we saw them, oldest first.
    pub names: Vec<FormerName>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct FormerName {
    pub login: String,
    pub display_name: String,
    /// When we first saw another one.
    pub replaced_at: DateTime<Utc>,
}

/// One viewer, in the channels asked about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Account {
    #[serde(flatten)]
    pub person: Person,
    /// Twitch no longer knows the account.
    pub gone: bool,
    /// Its profile picture is one of Twitch's own; none until Twitch has told.
    pub default_picture: Option<bool>,
    pub has_description: Option<bool>,
    /// `""`, `affiliate` or `partner`.
    pub broadcaster_type: String,
    /// Earlier names as we saw them, oldest first.
    pub names: Vec<FormerName>,
    pub coverage: Coverage,
    /// Channels with at least one capture in the time asked about.
    pub channels: Vec<Presence>,
}

/// A viewer on a channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Presence {
    pub channel_id: ChannelId,
    /// Captures of the channel, and those with them.
    pub captures: u32,
    pub attended: u32,
    pub first_seen_at: Option<DateTime<Utc>>,
    pub last_seen_at: Option<DateTime<Utc>>,
    /// None when they were not seen, were there in the channel's first capture, or may have been seen before in captures
    /// that are not looked at or no longer there.
    pub arrival: Option<Arrival>,
    /// In the order of time.
    pub broadcasts: Vec<BroadcastPresence>,
}

/// The first sight of a viewer on a channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Arrival {
    pub capture_id: CaptureId,
    /// As where the broadcast is asked about.
    pub origin: Origin,
    /// The login of the channel whose raid they came with.
    pub raid_from: Option<String>,
    /// How many were seen for the first time in the same capture, they included.
    pub newcomers: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct BroadcastPresence {
    pub stream_id: Option<StreamId>,
    pub first_captured_at: DateTime<Utc>,
    pub last_captured_at: DateTime<Utc>,
    pub captures: u32,
    pub attended: u32,
}
