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
}

impl Default for Settings {
    fn default() -> Self {
        Self { rate_limit: true, pin_pages: true, chatters_lag_seconds: 0 }
    }
}
