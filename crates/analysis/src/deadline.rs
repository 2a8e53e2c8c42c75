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
    tokio::time::timeout(PATIENCE, next.run(request)).await.unwrap_or_else(|_| {
        Problem::new(StatusCode::GATEWAY_TIMEOUT, "deadline_exceeded", "The answer took too long to compute.")
            .into_response()
    })
}
