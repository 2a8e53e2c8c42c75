//! One request to Helix and its answer.

use std::time::{Duration, Instant};

use bytes::Bytes;
use common::metrics;
use reqwest::{
    StatusCode,
    header::{HeaderMap, HeaderName, HeaderValue},
};
use serde::Deserialize;
use url::Url;

use super::Endpoint;
use crate::{TwitchConfig, TwitchError, tokens::Bearer};

const CLIENT_ID: HeaderName = HeaderName::from_static("client-id");
const LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("ratelimit-reset");

/// Sends requests; knows nothing about what to do when they fail.
pub(super) struct Wire {
    http: reqwest::Client,
    base: Url,
    client_id: HeaderValue,
    timeout: Duration,
}

/// The bucket as Twitch describes it in an answer; absent from answers that cost nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct RateHeaders {
    /// Points of a full bucket.
    pub(crate) limit: Option<u32>,
    pub(crate) remaining: Option<u32>,
    /// Unix seconds at which the bucket is full again.
    pub(crate) reset: Option<i64>,
}

/// An answer with status 200.
pub(super) struct Answer {
    pub(super) body: Bytes,
    pub(super) rate: RateHeaders,
}

/// Anything else.
pub(super) enum Failure {
    /// Twitch answered another status.
    Refused { status: u16, message: String, rate: RateHeaders },
    /// No answer, not in time, or not a whole one.
    NoAnswer { what: &'static str, source: Option<reqwest::Error> },
    /// A whole answer that is not what it should be.
    Garbage(serde_json::Error),
}

impl Wire {
    pub(super) fn new(config: &TwitchConfig, http: reqwest::Client) -> Self {
        // A client id that is no header value makes every call fail with 401, which names the cause.
        let client_id =
            HeaderValue::from_str(&config.client_id).unwrap_or(HeaderValue::from_static("invalid"));
        Self { http, base: config.helix_url.clone(), client_id, timeout: config.timeout }
    }

    /// The address of a call; lists repeat the key.
    pub(super) fn url(&self, endpoint: Endpoint, query: &[(&str, &str)]) -> Result<Url, TwitchError> {
        let mut url =
            self.base.join(endpoint.path).map_err(|error| TwitchError::Misconfigured(error.to_string()))?;
        url.query_pairs_mut().extend_pairs(query);
        Ok(url)
    }

    pub(super) async fn get(&self, endpoint: Endpoint, url: Url, bearer: &Bearer) -> Result<Answer, Failure> {
        let request = self
            .http
            .get(url)
            .header(reqwest::header::AUTHORIZATION, bearer.header.clone())
            .header(CLIENT_ID, self.client_id.clone());
        self.send(endpoint, request).await
    }

    async fn send(&self, endpoint: Endpoint, request: reqwest::RequestBuilder) -> Result<Answer, Failure> {
        let started = Instant::now();
        let outcome = tokio::time::timeout(self.timeout, async {
            let response = request.send().await?;
            let (status, rate) = (response.status(), RateHeaders::read(response.headers()));
            Ok::<_, reqwest::Error>((status, rate, response.bytes().await?))
        })
        .await;
        let took = started.elapsed();
        metrics::twitch::DURATION.with_label_values(&[endpoint.name]).observe(took.as_secs_f64());
        let outcome = match outcome {
            Err(_) => Err(Failure::NoAnswer { what: "it took too long", source: None }),
            Ok(Err(error)) => {
                Err(Failure::NoAnswer { what: "no whole answer", source: Some(error.without_url()) })
            }
            Ok(Ok((StatusCode::OK, rate, body))) => Ok(Answer { body, rate }),
            Ok(Ok((status, rate, body))) => {
                Err(Failure::Refused { status: status.as_u16(), message: message(&body), rate })
            }
        };
        let status = match &outcome {
            Ok(_) => 200,
            Err(Failure::Refused { status, .. }) => *status,
            Err(_) => 0,
        };
        metrics::twitch::REQUESTS.with_label_values(&[endpoint.name, &status.to_string()]).inc();
        tracing::debug!(endpoint = endpoint.name, status, micros = took.as_micros(), "helix.answered");
        outcome
    }
}

impl RateHeaders {
    fn read(headers: &HeaderMap) -> Self {
        let text = |name| headers.get(name)?.to_str().ok();
        Self {
            limit: text(&LIMIT).and_then(|text| text.parse().ok()),
            remaining: text(&REMAINING).and_then(|text| text.parse().ok()),
            reset: text(&RESET).and_then(|text| text.parse().ok()),
        }
    }
}

fn message(body: &[u8]) -> String {
    #[derive(Deserialize)]
    struct Refusal {
        message: String,
    }
    serde_json::from_slice::<Refusal>(body).map(|refusal| refusal.message).unwrap_or_default()
}
