//! Errors as people and programs see them: RFC 9457 problem documents with a stable `code`.
//!
//! The body of a 5xx never carries its cause; the cause is logged here, once, beside the request id that the body
//! names.

use std::{error::Error, fmt, time::Duration};

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::request_id;

/// An error on its way to a client.
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    code: String,
    detail: String,
    retry_after: Option<Duration>,
    extensions: Map<String, Value>,
    source: Option<Box<dyn Error + Send + Sync>>,
}

/// The document itself.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ProblemDocument {
    /// Always `about:blank`: the `code` says which problem this is.
    #[serde(rename = "type")]
    pub kind: String,
    /// The status in words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// Stable; what programs decide on.
    pub code: String,
    /// For people, in English.
    pub detail: String,
    /// Names the request in our logs.
    #[serde(default)]
    pub request_id: String,
    /// Whole seconds until a repeat can succeed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
    /// What belongs to this `code`.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    pub extensions: Map<String, Value>,
}

impl Problem {
    pub fn new(status: StatusCode, code: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            status,
            code: code.into(),
            detail: detail.into(),
            retry_after: None,
            extensions: Map::new(),
            source: None,
        }
    }

    /// 400: the request itself is malformed.
    pub fn bad_request(code: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, detail)
    }

    /// 401.
    #[must_use]
    pub fn not_authenticated() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "not_authenticated", "Log in first.")
    }

    /// 404; also the answer about what belongs to somebody else.
    #[must_use]
    pub fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("{what}_not_found"), format!("There is no such {what}."))
    }

    /// 500; `cause` is logged, never sent.
    pub fn internal(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Something went wrong on our side.")
            .caused_by(cause)
    }

    /// 503 with `code`; something that this service needs does not answer.
    pub fn unavailable(code: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, code, detail)
    }

    #[must_use]
    pub fn caused_by(mut self, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(cause.into());
        self
    }

    /// Adds a member to the document.
    #[must_use]
    pub fn with(mut self, member: &str, value: impl Into<Value>) -> Self {
        self.extensions.insert(member.to_owned(), value.into());
        self
    }

    /// Says when a repeat can succeed, in the document and as `Retry-After`.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    #[must_use]
    pub fn code(&self) -> &str {
        &self.code
    }
}

impl From<ProblemDocument> for Problem {
    /// Hands on what another service said.
    fn from(document: ProblemDocument) -> Self {
        Self {
            status: StatusCode::from_u16(document.status).unwrap_or(StatusCode::BAD_GATEWAY),
            code: document.code,
            detail: document.detail,
            retry_after: document.retry_after.map(Duration::from_secs),
            extensions: document.extensions,
            source: None,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.status.as_u16(), self.code, self.detail)
    }
}

impl Error for Problem {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|source| &**source as &(dyn Error + 'static))
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        if let Some(source) = &self.source {
            let cause = chain(&**source);
            if self.status.is_server_error() {
                tracing::error!(code = self.code, cause, "request.failed");
            } else {
                tracing::info!(code = self.code, cause, "request.refused");
            }
        }
        let retry_after = self.retry_after.map(|wait| wait.as_secs() + u64::from(wait.subsec_nanos() > 0));
        let document = ProblemDocument {
            kind: "about:blank".to_owned(),
            title: self.status.canonical_reason().unwrap_or("Error").to_owned(),
            status: self.status.as_u16(),
            code: self.code,
            detail: self.detail,
            request_id: request_id::current(),
            retry_after,
            extensions: self.extensions,
        };
        let mut response = (self.status, axum::Json(document)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = retry_after {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

/// An error and its sources in one line, for logs.
#[must_use]
pub fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        let cause = source.to_string();
        // Many libraries repeat their source in their own text.
        if !text.contains(&cause) {
            text.push_str(": ");
            text.push_str(&cause);
        }
        next = source.source();
    }
    text
}

/// An error in the middle of a streamed answer, whose status has long been sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProblemLine {
    pub code: String,
    pub detail: String,
    /// Whole seconds until a repeat can succeed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
}
