//! Detection of coordinated groups.

use std::sync::LazyLock;

use prometheus::IntCounterVec;

use super::counters;

pub static RUNS: LazyLock<IntCounterVec> = LazyLock::new(|| {
    counters("tca_detection_runs_total", "Runs of the detection, by how they ended.", &["outcome"])
});
