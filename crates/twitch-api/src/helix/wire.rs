//! One request to Helix and its answer.

use std::time::{Duration, Instant};

use bytes::Bytes;
use common::metrics;
use reqwest::{
    Method, RequestBuilder,
    header::{HeaderMap, HeaderName, HeaderValue},
};
use serde::Deserialize;
use url::Url;

use super::Endpoint;
use crate::{TwitchConfig, breaker::Breaker, tokens::Bearer};

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
    breaker: Breaker,
}

/// What is asked.
pub(crate) struct Question<'a> {
    pub(crate) endpoint: Endpoint,
    pub(crate) method: Method,
    /// Lists repeat the key.
    pub(crate) query: &'a [(&'a str, &'a str)],
    pub(crate) body: Option<&'a serde_json::Value>,
}

/// The bucket as Twitch describes it in an answer; absent from answers that cost nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RateHeaders {
    /// Points of a full bucket.
    pub limit: Option<u32>,
    pub remaining: Option<u32>,
    /// Unix seconds at which the bucket is full again.
    pub reset: Option<i64>,
}

/// An answer with a 2xx.
pub(super) struct Answer {
    status: u16,
    pub(super) body: Bytes,
    pub(super) rate: RateHeaders,
}

/// Anything else.
pub(super) enum Failure {
    /// Twitch answered another status.
    Refused { status: u16, message: String, rate: RateHeaders },
    /// No answer, not in time, or not a whole one.
    NoAnswer { what: &'static str, source: Option<reqwest::Error> },
    /// Nothing was sent: Twitch has been down.
    Open { wait: Duration },
    /// A whole answer that is not what it should be.
    Garbage(serde_json::Error),
}

impl Wire {
    pub(super) fn new(config: &TwitchConfig, http: reqwest::Client) -> Self {
        // A client id that is no header value makes every call fail with 401, which names the cause.
        let client_id =
            HeaderValue::from_str(&config.client_id).unwrap_or(HeaderValue::from_static("invalid"));
        let breaker = Breaker::new("helix");
        Self { http, base: config.helix_url.clone(), client_id, timeout: config.timeout, breaker }
    }

    /// Sends the question.
    pub(super) async fn ask(&self, question: &Question<'_>, bearer: &Bearer) -> Result<Answer, Failure> {
        self.breaker.admit().map_err(|wait| Failure::Open { wait })?;
        let started = Instant::now();
        let outcome = tokio::time::timeout(self.timeout, self.exchange(question, bearer)).await;
        let outcome = outcome.unwrap_or(Err(Failure::NoAnswer { what: "it took too long", source: None }));
        let took = started.elapsed();
        let status = match &outcome {
            Ok(answer) => answer.status,
            Err(Failure::Refused { status, .. }) => *status,
            Err(_) => 0,
        };
        if status == 0 || status >= 500 {
            self.breaker.failed();
        } else {
            self.breaker.succeeded();
        }
        let name = question.endpoint.name;
        metrics::twitch::DURATION.with_label_values(&[name]).observe(took.as_secs_f64());
        metrics::twitch::REQUESTS.with_label_values(&[name, &status.to_string()]).inc();
        tracing::debug!(endpoint = name, status, micros = took.as_micros(), "helix.answered");
        outcome
    }

    async fn exchange(&self, question: &Question<'_>, bearer: &Bearer) -> Result<Answer, Failure> {
        let request =
            self.request(question, bearer).map_err(|what| Failure::NoAnswer { what, source: None })?;
        let lost = |error: reqwest::Error| Failure::NoAnswer {
            what: "no whole answer",
            source: Some(error.without_url()),
        };
        let response = request.send().await.map_err(lost)?;
        let (status, rate) = (response.status(), RateHeaders::read(response.headers()));
        let body = response.bytes().await.map_err(lost)?;
        if status.is_success() {
            return Ok(Answer { status: status.as_u16(), body, rate });
        }
        Err(Failure::Refused { status: status.as_u16(), message: message(&body), rate })
    }

    fn request(&self, question: &Question<'_>, bearer: &Bearer) -> Result<RequestBuilder, &'static str> {
        let mut url = self.base.join(question.endpoint.path).map_err(|_| "TWITCH_HELIX_URL is no base")?;
        if !question.query.is_empty() {
            url.query_pairs_mut().extend_pairs(question.query);
        }
        let request = self
            .http
            .request(question.method.clone(), url)
            .header(reqwest::header::AUTHORIZATION, bearer.header.clone())
            .header(CLIENT_ID, self.client_id.clone());
        Ok(match question.body {
            Some(body) => request.json(body),
            None => request,
        })
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
