//! Nobody waits for ever: a request ends when its caller no longer waits for it, and with it the work it caused.

use std::time::Duration;

use axum::{
    extract::Request,
    http::StatusCode,
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use common::problem::Problem;

/// How long the caller still waits, in milliseconds.
const HEADER: &str = "x-deadline-ms";

/// For callers that do not say.
const LONGEST: Duration = Duration::from_secs(30);

/// Gives up at the caller's deadline: the head of the answer must be there by then.
pub(crate) async fn middleware(request: Request, next: Next) -> Response {
    let said = request.headers().get(HEADER).and_then(|value| value.to_str().ok()?.parse().ok());
    let wait = said.map_or(LONGEST, Duration::from_millis).min(LONGEST);
    tokio::time::timeout(wait, next.run(request)).await.unwrap_or_else(|_| {
        Problem::new(StatusCode::GATEWAY_TIMEOUT, "deadline_exceeded", "The answer took too long to compute.")
            .into_response()
    })
}
