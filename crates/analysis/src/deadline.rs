//! Nobody waits for ever: a request ends with its caller's patience, and with it the work it caused.

use std::time::Duration;

use axum::{
    extract::Request,
    http::StatusCode,
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use common::problem::Problem;

/// Shorter than the gateway waits (20 s), so that users are told what happened.
const PATIENCE: Duration = Duration::from_secs(18);

/// Gives up when the head of the answer is not there in time.
pub(crate) async fn middleware(request: Request, next: Next) -> Response {
    within(PATIENCE, next.run(request)).await
}

async fn within(patience: Duration, answer: impl Future<Output = Response>) -> Response {
    tokio::time::timeout(patience, answer).await.unwrap_or_else(|_| {
        Problem::new(StatusCode::GATEWAY_TIMEOUT, "deadline_exceeded", "The answer took too long to compute.")
            .into_response()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_waits_too_long_is_told_so() {
        let late = within(Duration::from_millis(1), std::future::pending()).await;
        assert_eq!(late.status(), StatusCode::GATEWAY_TIMEOUT);
        let body = axum::body::to_bytes(late.into_body(), 1_000).await.unwrap();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body["code"], "deadline_exceeded");
        let soon = within(PATIENCE, async { StatusCode::NO_CONTENT.into_response() }).await;
        assert_eq!(soon.status(), StatusCode::NO_CONTENT);
    }
}
