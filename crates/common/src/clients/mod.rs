//! How the services call each other: JSON over HTTP on the internal network, with the shared bearer token and the
//! request id of whoever asked.

pub mod analysis;
pub mod twitch_api;

use std::time::Duration;

use reqwest::{RequestBuilder, Response};
use secrecy::{ExposeSecret as _, SecretString};
use serde::de::DeserializeOwned;
use url::Url;

pub use analysis::Analysis;
pub use twitch_api::TwitchApi;

use crate::{
    config::Env,
    problem::{Problem, ProblemDocument},
    request_id,
};

/// Another service: where it is and how to be let in.
#[derive(Clone, Debug)]
pub struct Upstream {
    name: &'static str,
    base: Url,
    http: reqwest::Client,
    token: SecretString,
}

/// Where another service is.
#[derive(Clone, Debug)]
pub struct UpstreamConfig {
    name: &'static str,
    url: Url,
}

impl UpstreamConfig {
    /// `TWITCH_API_URL`.
    pub fn twitch_api(env: &mut Env) -> Self {
        Self { name: "twitch-api", url: env.url("TWITCH_API_URL") }
    }

    /// `ANALYSIS_URL`.
    pub fn analysis(env: &mut Env) -> Self {
        Self { name: "analysis", url: env.url("ANALYSIS_URL") }
    }
}

/// Why a call to another service failed.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// It does not answer, or not in time.
    #[error("{service} does not answer")]
    Unreachable {
        service: &'static str,
        #[source]
        source: reqwest::Error,
    },
    /// It answered with a problem document.
    #[error("{service} refused: {} {}: {}", .problem.status, .problem.code, .problem.detail)]
    Refused { service: &'static str, problem: Box<ProblemDocument> },
    /// Its answer cannot be understood.
    #[error("the answer of {service} cannot be understood: {what}")]
    Protocol { service: &'static str, what: String },
}

impl ClientError {
    /// The stable code of what went wrong.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Unreachable { .. } => "upstream_unavailable",
            Self::Refused { problem, .. } => &problem.code,
            Self::Protocol { .. } => "upstream_protocol",
        }
    }

    /// When a repeat can succeed, if the service said so.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused { problem, .. } => problem.retry_after.map(Duration::from_secs),
            _ => None,
        }
    }
}

impl From<ClientError> for Problem {
    fn from(error: ClientError) -> Self {
        match error {
            ClientError::Refused { problem, .. } => (*problem).into(),
            ClientError::Unreachable { service, .. } => {
                Self::unavailable("upstream_unavailable", format!("The {service} service does not answer."))
                    .retry_after(Duration::from_secs(5))
                    .caused_by(error)
            }
            ClientError::Protocol { .. } => Self::internal(error),
        }
    }
}

impl Upstream {
    #[must_use]
    pub fn new(config: UpstreamConfig, http: reqwest::Client, token: SecretString) -> Self {
        Self { name: config.name, base: config.url, http, token }
    }

    /// A GET of `path`, which starts without a slash.
    ///
    /// # Errors
    /// When `path` does not make a URL.
    pub fn get(&self, path: &str) -> Result<RequestBuilder, ClientError> {
        self.request(reqwest::Method::GET, path)
    }

    /// A POST to `path`.
    ///
    /// # Errors
    /// When `path` does not make a URL.
    pub fn post(&self, path: &str) -> Result<RequestBuilder, ClientError> {
        self.request(reqwest::Method::POST, path)
    }

    fn request(&self, method: reqwest::Method, path: &str) -> Result<RequestBuilder, ClientError> {
        let url = self.base.join(path).map_err(|error| self.protocol(error))?;
        let request = self.http.request(method, url).bearer_auth(self.token.expose_secret());
        let id = request_id::current();
        Ok(if id.is_empty() { request } else { request.header(request_id::HEADER.as_str(), id) })
    }

    /// Sends, and turns an answer that is not a success into an error.
    ///
    /// # Errors
    /// When the service does not answer or refuses.
    pub async fn send(&self, request: RequestBuilder) -> Result<Response, ClientError> {
        let response = self.attempt(request).await.map_err(|source| self.unreachable(source))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let body = response.bytes().await.map_err(|source| self.unreachable(source))?;
        match serde_json::from_slice(&body) {
            Ok(problem) => Err(ClientError::Refused { service: self.name, problem: Box::new(problem) }),
            Err(_) => Err(self.protocol(format!("status {status} without a problem document"))),
        }
    }

    /// Sends, and once more when the replica was just leaving: nobody listened any more, or a question (not an order)
    /// met the end of a connection that had been kept open.
    async fn attempt(&self, request: RequestBuilder) -> reqwest::Result<Response> {
        let request = request.build()?;
        let (again, asks) = (request.try_clone(), *request.method() == reqwest::Method::GET);
        match (self.http.execute(request).await, again) {
            (Err(error), Some(again))
                if error.is_connect() || (asks && error.is_request() && !error.is_timeout()) =>
            {
                tracing::debug!(service = self.name, %error, "upstream.asked_again");
                self.http.execute(again).await
            }
            (outcome, _) => outcome,
        }
    }

    /// Sends, and reads the JSON answer.
    ///
    /// # Errors
    /// When the service does not answer, refuses, or says something else than `T`.
    pub async fn fetch<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, ClientError> {
        let body = self.send(request).await?.bytes().await.map_err(|source| self.unreachable(source))?;
        serde_json::from_slice(&body).map_err(|error| self.protocol(error))
    }

    /// Whether the service is alive, as a readiness check.
    ///
    /// # Errors
    /// What went wrong, in words.
    pub async fn check(&self) -> Result<(), String> {
        let alive = async { self.send(self.get("healthz")?).await.map(drop) };
        alive.await.map_err(|error| error.to_string())
    }

    fn unreachable(&self, source: reqwest::Error) -> ClientError {
        ClientError::Unreachable { service: self.name, source }
    }

    fn protocol(&self, what: impl std::fmt::Display) -> ClientError {
        ClientError::Protocol { service: self.name, what: what.to_string() }
    }
}
