//! MariaDB, Redis, caches and live connections.

use std::sync::LazyLock;

use prometheus::{IntCounter, IntCounterVec, IntGauge, IntGaugeVec};

use super::{counter, counters, gauge, gauges};

pub static POOL: LazyLock<IntGaugeVec> =
    LazyLock::new(|| gauges("tca_db_pool_connections", "Connections of the pool.", &["state"]));
pub static DB_ERRORS: LazyLock<IntCounterVec> =
    LazyLock::new(|| counters("tca_db_query_errors_total", "Failed statements.", &["kind"]));
pub static REDIS_ERRORS: LazyLock<IntCounter> =
    LazyLock::new(|| counter("tca_redis_errors_total", "Failed Redis commands."));
pub static CACHE: LazyLock<IntCounterVec> =
    LazyLock::new(|| counters("tca_cache_requests_total", "Questions to caches.", &["cache", "outcome"]));
pub static ANSWERS_NOT_STORED: LazyLock<IntCounterVec> = LazyLock::new(|| {
    counters("tca_answers_not_stored_total", "Answers that Redis was not given, by why.", &["reason"])
});
pub static CACHE_BYTES: LazyLock<IntGaugeVec> =
    LazyLock::new(|| gauges("tca_cache_bytes", "What caches in memory hold.", &["cache"]));
pub static SSE_CLIENTS: LazyLock<IntGauge> =
    LazyLock::new(|| gauge("tca_sse_clients", "Open pages that receive live events."));
