//! Answers about rooms: how they fill and empty, what they share, who was sent to them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Coverage, people::Person};
use crate::ids::{CaptureId, ChannelId, StreamId};

/// Captures one by one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Evolution {
    pub coverage: Coverage,
    /// Real captures with their own figures, by channel and time: all of them, or, when there are more than asked
    /// for, those that keep every peak and valley in sight.
    pub points: Vec<EvolutionPoint>,
    /// Streams and raids of the time, in its order.
    pub markers: Vec<Marker>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct EvolutionPoint {
    pub capture_id: CaptureId,
    pub channel_id: ChannelId,
    pub stream_id: Option<StreamId>,
    pub captured_at: DateTime<Utc>,
    pub chatters: u32,
    /// How many people the list may lack, or name although they had left: a large room changes while it is read. 0: as
    /// many as Twitch counted.
    pub uncertain: u32,
    /// As Twitch counted them at that moment.
    pub viewers: Option<u32>,
    /// Never seen on this channel before, in any capture that we have of it.
    pub new: u32,
    /// The others.
    pub returning: u32,
    /// Absent from the capture before; none for a channel's first.
    pub arrived: Option<u32>,
    /// Present in the capture before only; none for a channel's first.
    pub left: Option<u32>,
    /// Whether something is missing between the capture before and this one: no line is to be drawn.
    pub gap_before: bool,
}

/// What happened at a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Marker {
    pub at: DateTime<Utc>,
    pub channel_id: ChannelId,
    #[serde(flatten)]
    pub what: MarkerKind,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum MarkerKind {
    StreamStart { stream_id: StreamId, title: String },
    StreamEnd { stream_id: StreamId },
    Raid { raid_id: String, from_channel_id: ChannelId, from_login: String, viewers: u32 },
}

/// Two sets of accounts, compared.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Comparison {
    pub a: Side,
    pub b: Side,
    /// In `b` only.
    pub arrived: u32,
    /// In `a` only.
    pub left: u32,
    /// In both.
    pub stayed: u32,
    /// `stayed / (arrived + left + stayed)`; 0 when both are empty.
    pub jaccard: f64,
    /// Of the list asked for, in the order in which we first saw them.
    pub people: Vec<Person>,
    pub next_cursor: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Side {
    /// As asked for: `capture:…`, `stream:…`, `session:…` or `channel:…`.
    pub subject: String,
    pub coverage: Coverage,
    pub accounts: u32,
}

/// How many accounts each two channels share.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Overlap {
    pub coverage: Coverage,
    pub channels: Vec<super::ChannelSummary>,
    /// Each two channels once, in the order of `channels`.
    pub pairs: Vec<OverlapPair>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct OverlapPair {
    pub a: ChannelId,
    pub b: ChannelId,
    pub common: u32,
    pub jaccard: f64,
}

/// Raids on the channels, in the order of time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Raids {
    pub coverage: Coverage,
    pub raids: Vec<RaidSeen>,
}

/// A raid as announced, and as seen. What no capture tells is absent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RaidSeen {
    pub id: String,
    pub channel_id: ChannelId,
    pub from_channel_id: ChannelId,
    pub from_login: String,
    pub raided_at: DateTime<Utc>,
    /// How many viewers, as Twitch announced.
    pub announced: u32,
    /// The last capture before it.
    pub before: Option<CaptureId>,
    /// The first capture after it, within 15 minutes.
    pub after: Option<CaptureId>,
    /// In the capture after, or in another one up to 5 minutes after the raid, and not in the one before. Whoever comes
    /// after another raid came with that one; none when both came between the same two captures.
    pub arrived: Option<u32>,
    /// Of those who arrived, seen on the channel that sent them, in our last capture of it, up to 30 minutes before.
    pub seen_at_source: Option<u32>,
    /// Of those who arrived, still there in the first capture 30 minutes later, in the same broadcast.
    pub stayed: Option<u32>,
    /// Of those who arrived, seen in a later broadcast, among the captures asked about and 2,000 that follow (of a session:
    /// until its last capture); none when there was none.
    pub came_back: Option<u32>,
}

/// When the accounts were created.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Creations {
    pub coverage: Coverage,
    pub unit: CreationUnit,
    pub accounts: u32,
    /// Those with a creation date.
    pub enriched: u32,
    /// What `usual` rests on: other broadcasts of the same channels, the latest 20 of each; absent when there are none.
    pub baseline: Option<Baseline>,
    /// Bars with at least one account, or with an account usually, in the order of time.
    pub bars: Vec<CreationBar>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Baseline {
    pub broadcasts: u32,
    pub captures: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CreationUnit {
    Hour,
    Day,
    /// From Monday.
    Week,
    Month,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CreationBar {
    /// UTC.
    pub start: DateTime<Utc>,
    pub accounts: u32,
    /// How many a broadcast of this channel usually has, scaled to this room's size.
    pub usual: Option<f64>,
}

/// Accounts as the rows of a table: all of the selection, or those behind a range of bars.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Accounts {
    pub coverage: Coverage,
    /// How many other broadcasts of the same channels were looked through: the latest 20 of each.
    pub other_broadcasts: u32,
    /// In all, on every page.
    pub accounts: u32,
    /// By creation, those whose creation is not known at the end.
    pub people: Vec<AccountSeen>,
    pub next_cursor: Option<String>,
}

/// An account of a selection, and how often it was there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AccountSeen {
    #[serde(flatten)]
    pub person: Person,
    /// Captures of the selection with them.
    pub captures: u32,
    pub first_seen_at: DateTime<Utc>,
    pub last_seen_at: DateTime<Utc>,
    /// Of the other broadcasts, those with them.
    pub other_broadcasts: u32,
    /// Usually there on one of the channels at least: in three of its other broadcasts, and in 60 % of those since the first
    /// that they attended.
    pub regular: bool,
}
