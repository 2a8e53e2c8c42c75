//! Parts of requests, with refusals as problem documents.

use std::{convert::Infallible, time::Duration};

use axum::{
    extract::{FromRequest, FromRequestParts, rejection},
    http::request::Parts,
    response::{IntoResponse, Response},
};
use common::problem::Problem;
use tokio::time::Instant;

/// A path parameter.
#[derive(Debug, FromRequestParts)]
#[from_request(via(axum::extract::Path), rejection(Rejected))]
pub(crate) struct Path<T>(pub(crate) T);

/// Query parameters, each given once.
#[derive(Debug, FromRequestParts)]
#[from_request(via(axum::extract::Query), rejection(Rejected))]
pub(crate) struct Query<T>(pub(crate) T);

/// A JSON body.
#[derive(Debug, FromRequest)]
#[from_request(via(axum::Json), rejection(Rejected))]
pub(crate) struct Json<T>(pub(crate) T);

/// Why a part could not be read.
#[derive(Debug)]
pub(crate) struct Rejected(Problem);

impl From<rejection::PathRejection> for Rejected {
    fn from(rejection: rejection::PathRejection) -> Self {
        Self(Problem::bad_request("path_invalid", rejection.body_text()))
    }
}

impl From<rejection::QueryRejection> for Rejected {
    fn from(rejection: rejection::QueryRejection) -> Self {
        Self(Problem::bad_request("query_invalid", rejection.body_text()))
    }
}

impl From<rejection::JsonRejection> for Rejected {
    fn from(rejection: rejection::JsonRejection) -> Self {
        Self(Problem::new(rejection.status(), "body_invalid", rejection.body_text()))
    }
}

impl IntoResponse for Rejected {
    fn into_response(self) -> Response {
        self.0.into_response()
    }
}

/// Until when the caller wants an answer: `X-Deadline-Ms` is how many milliseconds it still waits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline(Option<Instant>);

/// More than any caller waits; keeps the arithmetic in range.
const LONGEST: Duration = Duration::from_hours(1);

impl Deadline {
    /// The caller's deadline, or `default` from now when it named none.
    pub(crate) fn or(self, default: Duration) -> Instant {
        self.0.unwrap_or_else(|| Instant::now() + default)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Deadline {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let left = parts.headers.get("x-deadline-ms").and_then(|value| value.to_str().ok()?.parse().ok());
        Ok(Self(left.map(|left| Instant::now() + Duration::from_millis(left).min(LONGEST))))
    }
}
