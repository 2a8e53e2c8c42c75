//! What moderators did in a channel: bans, suspicions, shield mode, chat settings.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::accounts::TwitchId;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ban {
    pub(crate) moderator: TwitchId,
    pub(crate) created_ms: i64,
    /// Absent for a permanent ban.
    pub(crate) ends_ms: Option<i64>,
    pub(crate) reason: String,
}

impl Ban {
    pub(crate) fn is_in_force(&self, at: i64) -> bool {
        self.ends_ms.is_none_or(|end| at < end)
    }
}

/// How a chatter is treated without being banned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Treatment {
    ActiveMonitoring,
    Restricted,
}

impl Treatment {
    /// As EventSub calls it.
    pub(crate) fn low_trust_status(self) -> &'static str {
        match self {
            Self::ActiveMonitoring => "active_monitoring",
            Self::Restricted => "restricted",
        }
    }
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Shield {
    pub(crate) is_active: bool,
    pub(crate) moderator: Option<TwitchId>,
    pub(crate) last_activated_ms: Option<i64>,
}

/// Chat settings as Helix has them; `null` durations belong to modes that are off.
#[derive(Debug, Clone, Default)]
pub(crate) struct ChatSettings {
    pub(crate) slow_wait: Option<u32>,
    pub(crate) follower_minutes: Option<u32>,
    pub(crate) subscriber_mode: bool,
    pub(crate) emote_mode: bool,
    pub(crate) unique_chat_mode: bool,
    pub(crate) delay_seconds: Option<u32>,
}

impl ChatSettings {
    /// The answer of Get Chat Settings; the delay is only for moderators who may read it.
    pub(crate) fn to_json(&self, broadcaster: TwitchId, moderator: Option<TwitchId>) -> Value {
        let mut row = json!({
            "broadcaster_id": broadcaster.to_string(),
            "slow_mode": self.slow_wait.is_some(),
            "slow_mode_wait_time": self.slow_wait,
            "follower_mode": self.follower_minutes.is_some(),
            "follower_mode_duration": self.follower_minutes,
            "subscriber_mode": self.subscriber_mode,
            "emote_mode": self.emote_mode,
            "unique_chat_mode": self.unique_chat_mode,
        });
        if let Some(moderator) = moderator {
            row["moderator_id"] = json!(moderator.to_string());
            row["non_moderator_chat_delay"] = json!(self.delay_seconds.is_some());
            row["non_moderator_chat_delay_duration"] = json!(self.delay_seconds);
        }
        row
    }
}

/// Everything moderators did in one channel.
#[derive(Debug, Default)]
pub(crate) struct Moderation {
    pub(crate) bans: BTreeMap<TwitchId, Ban>,
    pub(crate) suspicions: BTreeMap<TwitchId, Treatment>,
    pub(crate) shield: Shield,
    pub(crate) chat: ChatSettings,
    /// Instants of recent bans and announcements, for the limits of those endpoints (machine
    /// time).
    pub(crate) recent_bans: Vec<i64>,
    pub(crate) last_announcement: Option<i64>,
}
