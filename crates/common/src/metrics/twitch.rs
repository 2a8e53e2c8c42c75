//! Calls to Twitch, the budgets they spend, and the grants they rest on.

use std::sync::LazyLock;

use prometheus::{HistogramVec, IntCounterVec, IntGaugeVec};

use super::{SECONDS, counters, gauges, histograms};

pub static REQUESTS: LazyLock<IntCounterVec> = LazyLock::new(|| {
    counters("tca_helix_requests_total", "Calls to Twitch; status 0 is no answer.", &["endpoint", "status"])
});
pub static DURATION: LazyLock<HistogramVec> = LazyLock::new(|| {
    histograms("tca_helix_request_duration_seconds", "Time of a call to Twitch.", &["endpoint"], SECONDS)
});
pub static POINTS_LEFT: LazyLock<IntGaugeVec> = LazyLock::new(|| {
    gauges(
        "tca_helix_points_left",
        "Points left as Twitch last said: the app's, and the scarcest user's.",
        &["bucket"],
    )
});
pub static WAIT: LazyLock<HistogramVec> =
    LazyLock::new(|| histograms("tca_helix_wait_seconds", "Time waited for budget.", &["priority"], SECONDS));
pub static REFRESHES: LazyLock<IntCounterVec> =
    LazyLock::new(|| counters("tca_token_refreshes_total", "Token refreshes.", &["outcome"]));
pub static VALIDATIONS: LazyLock<IntCounterVec> = LazyLock::new(|| {
    counters("tca_token_validations_total", "Hourly validations of stored tokens.", &["outcome"])
});
pub static GRANTS_LOST: LazyLock<IntCounterVec> =
    LazyLock::new(|| counters("tca_grants_lost_total", "Grants that Twitch no longer honours.", &["reason"]));
pub static CIRCUIT_OPEN: LazyLock<IntGaugeVec> = LazyLock::new(|| {
    gauges("tca_circuit_open", "1 while calls are refused because the upstream is down.", &["upstream"])
});
