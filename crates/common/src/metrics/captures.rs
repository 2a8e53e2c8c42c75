//! Captures, enrichment and schedules.

use std::sync::LazyLock;

use prometheus::{Histogram, IntCounter, IntCounterVec, IntGauge};

use super::{SECONDS, counter, counters, gauge, histogram};

pub static CAPTURES: LazyLock<IntCounterVec> = LazyLock::new(|| {
    counters("tca_captures_total", "Captures, by how they ended and why.", &["outcome", "reason"])
});
pub static CHATTERS: LazyLock<Histogram> = LazyLock::new(|| {
    histogram(
        "tca_capture_chatters",
        "Chatters of a complete capture.",
        &[10.0, 30.0, 100.0, 300.0, 1e3, 3e3, 1e4, 3e4, 1e5, 3e5],
    )
});
pub static DURATION: LazyLock<Histogram> = LazyLock::new(|| {
    histogram("tca_capture_duration_seconds", "From the job's claim to the stored roster.", SECONDS)
});
pub static PAGES: LazyLock<Histogram> = LazyLock::new(|| {
    histogram("tca_capture_pages", "Pages of a capture.", &[1.0, 2.0, 5.0, 10.0, 30.0, 100.0, 300.0])
});
pub static ENRICHED: LazyLock<IntCounter> =
    LazyLock::new(|| counter("tca_accounts_enriched_total", "Accounts that Twitch described to us."));
pub static PENDING: LazyLock<IntGauge> =
    LazyLock::new(|| gauge("tca_accounts_pending", "Accounts waiting to be enriched."));
pub static LATENESS: LazyLock<Histogram> = LazyLock::new(|| {
    histogram("tca_schedule_lateness_seconds", "From a slot's time to its job being enqueued.", SECONDS)
});
pub static MISSED: LazyLock<IntCounterVec> =
    LazyLock::new(|| counters("tca_schedule_missed_total", "Slots that were not captured.", &["reason"]));
