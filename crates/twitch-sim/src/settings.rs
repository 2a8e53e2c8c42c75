//! Switches that change how the simulator answers, as long as they are on.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    /// Enforce 800 points a minute.
    pub(crate) rate_limit: bool,
    /// All pages of one walk show the instant of its first page. Off, every page shows its own
    /// instant, and rows move between pages as they may on Twitch.
    pub(crate) pin_pages: bool,
    /// The chatters list runs behind the truth by so many seconds.
    pub(crate) chatters_lag_seconds: u32,
    /// A socket without a subscription is closed (4003) after so long.
    pub(crate) eventsub_unused_ms: u64,
    /// Time between `session_reconnect` and the end of the old socket (4004).
    pub(crate) eventsub_reconnect_ms: u64,
    /// Overrides the keepalive asked for; 0 leaves it.
    pub(crate) eventsub_keepalive_seconds: u32,
    /// Every notification is sent twice, with the same message id.
    pub(crate) eventsub_duplicates: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            rate_limit: true,
            pin_pages: true,
            chatters_lag_seconds: 0,
            eventsub_unused_ms: 10_000,
            eventsub_reconnect_ms: 30_000,
            eventsub_keepalive_seconds: 0,
            eventsub_duplicates: false,
        }
    }
}
