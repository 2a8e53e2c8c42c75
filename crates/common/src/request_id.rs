//! One id follows a request through all services and all logs.
//!
//! It enters as `x-request-id` (or is made at the first service), stands in a span around everything that the request
//! causes, goes out with the answer and with every call to another service, and is kept with the jobs it asked for.

use std::future::Future;

use axum::{
    extract::Request,
    http::{HeaderName, HeaderValue},
    middleware::Next,
    response::Response,
};
use tracing::{Instrument as _, info_span};
use uuid::Uuid;

pub const HEADER: HeaderName = HeaderName::from_static("x-request-id");

const MAX_CHARS: usize = 64;

tokio::task_local! {
    static CURRENT: String;
}

/// The id of the request that this task works for; empty outside of one.
#[must_use]
pub fn current() -> String {
    CURRENT.try_with(Clone::clone).unwrap_or_default()
}

/// A new id, in the order of time.
#[must_use]
pub fn fresh() -> String {
    Uuid::now_v7().simple().to_string()
}

/// Runs `work` as part of the request `id`.
pub async fn scope<T>(id: String, work: impl Future<Output = T>) -> T {
    let span = info_span!("request", request_id = %id);
    CURRENT.scope(id, work).instrument(span).await
}

/// Takes over the caller's id, or makes one.
pub async fn middleware(request: Request, next: Next) -> Response {
    let id = request
        .headers()
        .get(&HEADER)
        .and_then(|value| value.to_str().ok())
        .filter(|id| is_acceptable(id))
        .map_or_else(fresh, ToOwned::to_owned);
    let header = HeaderValue::from_str(&id).unwrap_or(HeaderValue::from_static("-"));
    let mut response = scope(id, next.run(request)).await;
    response.headers_mut().insert(HEADER, header);
    response
}

/// Whether an id from outside may stand in our logs.
fn is_acceptable(id: &str) -> bool {
    (8..=MAX_CHARS).contains(&id.len())
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_cannot_forge_log_lines() {
        assert!(is_acceptable(&fresh()));
        for bad in ["", "short", "new\nline-injected", &"x".repeat(65), "\"quoted\"x"] {
            assert!(!is_acceptable(bad), "{bad}");
        }
    }
}
