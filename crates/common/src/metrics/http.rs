//! Rate, errors and duration of every route.

use std::{sync::LazyLock, time::Instant};

use axum::{
    extract::{MatchedPath, Request, State},
    middleware::Next,
    response::Response,
};
use prometheus::{HistogramVec, IntCounterVec, IntGaugeVec};

use super::{SECONDS, counters, gauges, histograms};

static REQUESTS: LazyLock<IntCounterVec> = LazyLock::new(|| {
    counters("tca_http_requests_total", "Requests answered.", &["service", "route", "method", "status"])
});
static DURATION: LazyLock<HistogramVec> = LazyLock::new(|| {
    histograms(
        "tca_http_request_duration_seconds",
        "Time to the head of the answer.",
        &["service", "route", "method"],
        SECONDS,
    )
});
static IN_FLIGHT: LazyLock<IntGaugeVec> =
    LazyLock::new(|| gauges("tca_http_requests_in_flight", "Requests being answered.", &["service"]));

/// Measures a request; `service` labels it. Logs each answer at debug.
pub async fn measure(
    State(service): State<&'static str>,
    route: Option<MatchedPath>,
    request: Request,
    next: Next,
) -> Response {
    let route = route.as_ref().map_or("unmatched", MatchedPath::as_str);
    let method = request.method().clone();
    let in_flight = IN_FLIGHT.with_label_values(&[service]);
    in_flight.inc();
    let started = Instant::now();
    let response = next.run(request).await;
    let took = started.elapsed();
    in_flight.dec();
    let status = response.status();
    REQUESTS.with_label_values(&[service, route, method.as_str(), status.as_str()]).inc();
    DURATION.with_label_values(&[service, route, method.as_str()]).observe(took.as_secs_f64());
    tracing::debug!(%method, route, status = status.as_u16(), micros = took.as_micros(), "http.answered");
    response
}
