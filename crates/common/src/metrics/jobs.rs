//! The job queue.

use std::sync::LazyLock;

use prometheus::{HistogramVec, IntCounterVec, IntGauge, IntGaugeVec};

use super::{SECONDS, counters, gauge, gauges, histograms};

pub static DEPTH: LazyLock<IntGaugeVec> =
    LazyLock::new(|| gauges("tca_jobs", "Jobs in the queue.", &["kind", "state"]));
pub static OLDEST_READY: LazyLock<IntGauge> = LazyLock::new(|| {
    gauge("tca_job_oldest_ready_age_seconds", "How long the oldest due job has been waiting.")
});
pub static ANNOUNCED: LazyLock<IntGaugeVec> =
    LazyLock::new(|| gauges("tca_jobs_announced", "Jobs announced in Redis and not taken.", &["kind"]));
pub static RUNS: LazyLock<IntCounterVec> = LazyLock::new(|| {
    counters("tca_job_runs_total", "Runs of jobs, by how they ended.", &["kind", "outcome"])
});
pub static RUN_DURATION: LazyLock<HistogramVec> =
    LazyLock::new(|| histograms("tca_job_run_duration_seconds", "Time a run took.", &["kind"], SECONDS));
pub static START_LATENCY: LazyLock<HistogramVec> =
    LazyLock::new(|| histograms("tca_job_start_latency_seconds", "From due to started.", &["kind"], SECONDS));
pub static RETRIES: LazyLock<IntCounterVec> =
    LazyLock::new(|| counters("tca_job_retries_total", "Jobs put back to run again.", &["kind"]));
pub static FENCED: LazyLock<IntCounterVec> = LazyLock::new(|| {
    counters("tca_job_fenced_total", "Effects rolled back because the lease had been lost.", &["kind"])
});
pub static REDUNDANT: LazyLock<IntCounterVec> = LazyLock::new(|| {
    counters(
        "tca_job_redundant_runs_total",
        "Runs of a job that an earlier run had been cut off in.",
        &["kind"],
    )
});
pub static RECONCILED: LazyLock<IntCounterVec> =
    LazyLock::new(|| counters("tca_reconciler_actions_total", "What the reconciler put right.", &["action"]));
