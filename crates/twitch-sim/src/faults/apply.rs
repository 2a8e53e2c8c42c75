//! Faults of whole answers: instead of the handler, or on its answer.

use std::io;
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use futures_util::{StreamExt as _, stream};

use super::{Hits, Kind};
use crate::clock::machine_ms;
use crate::helix::error::ApiError;
use crate::helix::users::bad_identifiers;
use crate::limits::Standing;

/// Waits where a fault says so; first of all, whatever else happens.
pub(crate) async fn wait(hits: &Hits) {
    if hits.has(Kind::Hang) {
        tokio::time::sleep(Duration::from_hours(1)).await;
    }
    if let Some(slow) = hits.get(Kind::Slow) {
        let wait = Duration::try_from_secs_f64(slow.seconds.unwrap_or(2.0)).unwrap_or_default();
        tokio::time::sleep(wait).await;
    }
}

/// The error that a fault answers with, if one does.
pub(crate) fn error(hits: &Hits) -> Option<ApiError> {
    hits.0.iter().find_map(|hit| {
        Some(match hit.kind {
            Kind::RateLimitedBucket => too_many("Request limit exceeded"),
            Kind::RateLimitedEndpoint => too_many("Too Many Requests"),
            Kind::Unauthorized | Kind::TokenExpired => ApiError::unauthorized("Invalid OAuth token"),
            Kind::Forbidden => ApiError::not_a_moderator(),
            Kind::Conflict => {
                ApiError::new(StatusCode::CONFLICT, "The state is being changed. Please retry.")
            }
            Kind::ServerError => ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, ""),
            Kind::Unavailable => ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "service unavailable"),
            Kind::BadIdentifiers => bad_identifiers(),
            Kind::InvalidCursor => ApiError::bad_request("Invalid cursor."),
            _ => return None,
        })
    })
}

fn too_many(message: &'static str) -> ApiError {
    ApiError::new(StatusCode::TOO_MANY_REQUESTS, message)
}

/// What the headers claim when the fault is an empty bucket.
pub(crate) fn standing(hits: &Hits, found: Standing) -> Standing {
    hits.get(Kind::RateLimitedBucket).map_or(found, |hit| {
        let wait_ms = (hit.seconds.unwrap_or(1.0) * 1_000.0) as i64;
        Standing {
            admitted: false,
            limit: found.limit,
            remaining: 0,
            reset: (machine_ms() + wait_ms + 999) / 1_000,
        }
    })
}

/// Spoils the body of an answer that would have been right.
pub(crate) async fn spoil(hits: &Hits, response: Response) -> Response {
    if hits.has(Kind::GarbageBody) {
        return replace(response, Bytes::from_static(b"<html><body>502 upstream \xe2\x80\x94 not JSON"));
    }
    if hits.has(Kind::EmptyBody) {
        return replace(response, Bytes::new());
    }
    if !hits.has(Kind::CutBody) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(whole) = to_bytes(body, usize::MAX).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let half = whole.slice(..whole.len() / 2);
    // The length promised is that of the whole, so the end of the connection is an error.
    parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(whole.len()));
    // What was written must reach the client before the connection ends.
    let cut = async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        Err(io::Error::from(io::ErrorKind::ConnectionReset))
    };
    let body = stream::once(async { Ok(half) }).chain(stream::once(cut));
    Response::from_parts(parts, Body::from_stream(body))
}

fn replace(response: Response, body: Bytes) -> Response {
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(body))
}
