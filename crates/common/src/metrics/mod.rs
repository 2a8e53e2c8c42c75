//! Every metric of every service, by its name; `docs/MONITORING.md` lists them for operators.
//!
//! They live in the process's default registry and appear when first touched. Labels are of low cardinality: matched
//! routes, job kinds, outcomes; never an id.

pub mod captures;
pub mod detection;
pub mod http;
pub mod jobs;
pub mod storage;
pub mod twitch;

use axum::{Router, http::header, response::IntoResponse, routing::get};
use prometheus::{
    Encoder as _, Histogram, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, TextEncoder,
};
use tokio::net::TcpListener;

use crate::{lifecycle::Shutdown, problem::Problem};

/// Seconds, from half a millisecond to a minute.
const SECONDS: &[f64] =
    &[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0];

// A metric that cannot be registered is a mistake in this module (a name given twice), seen by the first test.
#[expect(clippy::expect_used, reason = "names are constants of this module")]
fn registered<M>(metric: prometheus::Result<M>) -> M {
    metric.expect("a metric name that is valid and given once")
}

fn counter(name: &str, help: &str) -> IntCounter {
    registered(prometheus::register_int_counter!(name, help))
}

fn counters(name: &str, help: &str, labels: &[&str]) -> IntCounterVec {
    registered(prometheus::register_int_counter_vec!(name, help, labels))
}

fn gauge(name: &str, help: &str) -> IntGauge {
    registered(prometheus::register_int_gauge!(name, help))
}

fn gauges(name: &str, help: &str, labels: &[&str]) -> IntGaugeVec {
    registered(prometheus::register_int_gauge_vec!(name, help, labels))
}

fn histogram(name: &str, help: &str, buckets: &[f64]) -> Histogram {
    registered(prometheus::register_histogram!(name, help, buckets.to_vec()))
}

fn histograms(name: &str, help: &str, labels: &[&str], buckets: &[f64]) -> HistogramVec {
    registered(prometheus::register_histogram_vec!(name, help, labels, buckets.to_vec()))
}

/// `tca_build_info`: which version runs.
pub fn build_info(service: &str) {
    gauges("tca_build_info", "The running version; the value is always 1.", &["service", "version"])
        .with_label_values(&[service, env!("CARGO_PKG_VERSION")])
        .set(1);
}

/// Serves `/metrics` until the shutdown.
///
/// # Errors
/// When the listener fails.
pub async fn serve(listener: TcpListener, shutdown: Shutdown) -> std::io::Result<()> {
    let app = Router::new().route("/metrics", get(render));
    axum::serve(listener, app).with_graceful_shutdown(async move { shutdown.forced().await }).await
}

async fn render() -> Result<impl IntoResponse, Problem> {
    let mut text = Vec::new();
    TextEncoder::new().encode(&prometheus::gather(), &mut text).map_err(Problem::internal)?;
    Ok(([(header::CONTENT_TYPE, prometheus::TEXT_FORMAT)], text))
}
