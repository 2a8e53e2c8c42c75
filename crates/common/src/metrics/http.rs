//! Rate, errors and duration of every route.

use std::{sync::LazyLock, time::Instant};

use axum::{
    extract::{MatchedPath, Request, State},
    middleware::Next,
    response::Response,
};
use prometheus::{HistogramVec, IntCounterVec, IntGauge, IntGaugeVec};

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

/// Counts a request until it is answered, or until its client hangs up, which drops all of it.
struct InFlight(IntGauge);

impl InFlight {
    fn new(service: &str) -> Self {
        let gauge = IN_FLIGHT.with_label_values(&[service]);
        gauge.inc();
        Self(gauge)
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// Measures a request; `service` labels it. Logs each answer at debug.
pub async fn measure(
    State(service): State<&'static str>,
    route: Option<MatchedPath>,
    request: Request,
    next: Next,
) -> Response {
    let route = route.as_ref().map_or("unmatched", MatchedPath::as_str);
    let method = request.method().clone();
    let in_flight = InFlight::new(service);
    let started = Instant::now();
    let response = next.run(request).await;
    let took = started.elapsed();
    drop(in_flight);
    let status = response.status();
    REQUESTS.with_label_values(&[service, route, method.as_str(), status.as_str()]).inc();
    DURATION.with_label_values(&[service, route, method.as_str()]).observe(took.as_secs_f64());
    tracing::debug!(%method, route, status = status.as_u16(), micros = took.as_micros(), "http.answered");
    response
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use axum::{Router, body::Body, middleware::from_fn_with_state, routing::get};
    use futures_util::FutureExt as _;
    use tower::ServiceExt as _;

    use super::*;

    #[test]
    fn a_client_that_hangs_up_is_no_longer_counted() {
        let app = Router::new()
            .route("/", get(pending::<()>))
            .layer(from_fn_with_state("a service of this test", measure));
        let gauge = IN_FLIGHT.with_label_values(&["a service of this test"]);
        let request = Request::new(Body::empty());
        let mut answering = Box::pin(app.oneshot(request));
        assert!(answering.as_mut().now_or_never().is_none());
        assert_eq!(gauge.get(), 1);
        drop(answering);
        assert_eq!(gauge.get(), 0);
    }
}
