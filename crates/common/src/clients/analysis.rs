//! The client of `analysis`, and the answers that both sides share.
//!
//! The gateway checks who may ask, hands the question on, and hands the answer's bytes back as they came: parsing and
//! writing them again would cost more than most answers do.

pub mod people;
pub mod rooms;

use axum::http::StatusCode;
use bytes::Bytes;
use chrono::{DateTime, NaiveDate, Utc};
use reqwest::Response;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{ClientError, Upstream};
use crate::{
    ids::{ChannelId, SessionUuid},
    problem::Problem,
};

/// Whether an answer was computed for this request: `HIT` or `MISS`.
pub const CACHE_HEADER: &str = "x-cache";

/// How many channels a filter may name; more are refused with [`too_many_channels`].
pub const MAX_FILTER_CHANNELS: usize = 100;

/// The refusal of a filter that names more than [`MAX_FILTER_CHANNELS`].
#[must_use]
pub fn too_many_channels() -> Problem {
    let detail = format!("A filter names at most {MAX_FILTER_CHANNELS} channels.");
    Problem::bad_request("too_many_channels", detail).with("limit", MAX_FILTER_CHANNELS)
}

/// What an answer rests on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Coverage {
    /// Complete captures that were counted.
    pub captures: u32,
    /// Captures that were asked for and failed or were missed: what is not known about the time between.
    #[serde(default)]
    pub gaps: u32,
    /// The earliest counted capture; none when there is none.
    pub first_captured_at: Option<DateTime<Utc>>,
    /// The latest counted capture.
    pub last_captured_at: Option<DateTime<Utc>>,
}

/// A session's totals.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SessionSummary {
    pub session: SessionUuid,
    pub coverage: Coverage,
    /// Accounts seen in at least one counted capture.
    pub distinct_accounts: u32,
    /// Those of them that Twitch has described to us: only they have a creation day.
    pub enriched_accounts: u32,
    /// Channels with at least one capture of the session, whatever became of it, in the order of their logins.
    pub channels: Vec<ChannelSummary>,
    /// The up to 10 days (UTC) on which most of the enriched accounts were created, fullest first; the later day
    /// first among equals.
    pub top_creation_days: Vec<CreationDay>,
}

/// What a session knows about one channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ChannelSummary {
    pub id: ChannelId,
    pub login: String,
    pub display_name: String,
    /// Complete captures.
    pub captures: u32,
    pub distinct_accounts: u32,
    pub last_captured_at: Option<DateTime<Utc>>,
}

/// Accounts of a session created on one day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CreationDay {
    /// UTC.
    pub day: NaiveDate,
    pub accounts: u32,
    /// Up to 100 of them, oldest account first.
    pub logins: Vec<String>,
}

/// The analysis service as others see it.
#[derive(Clone, Debug)]
pub struct Analysis(pub Upstream);

/// An answer in JSON, not read yet.
#[derive(Clone, Debug)]
pub struct Answer {
    pub body: Bytes,
    /// Whether it came from the cache.
    pub hit: bool,
}

impl Answer {
    /// Reads the answer.
    ///
    /// # Errors
    /// When it says something else than `T`.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, ClientError> {
        serde_json::from_slice(&self.body)
            .map_err(|error| ClientError::Protocol { service: "analysis", what: error.to_string() })
    }
}

impl Analysis {
    /// A session's totals, of `channels` only when there are any: a [`SessionSummary`].
    ///
    /// # Errors
    /// When the service does not answer, or refuses: `session_not_found`, `too_many_channels`.
    pub async fn summary(&self, session: SessionUuid, channels: &[ChannelId]) -> Result<Answer, ClientError> {
        let filter: Vec<(&str, String)> = channels.iter().map(|id| ("channel", id.to_string())).collect();
        self.ask(&format!("internal/v1/sessions/{session}/summary"), &filter).await
    }

    /// Any question, by its path (without a leading slash) and parameters.
    ///
    /// # Errors
    /// When the service does not answer or refuses.
    pub async fn ask(&self, path: &str, parameters: &[(&str, String)]) -> Result<Answer, ClientError> {
        let response = self.stream(path, parameters).await?;
        let hit = response.headers().get(CACHE_HEADER).is_some_and(|value| value == "HIT");
        let status = response.status();
        let body = response
            .bytes()
            .await
            .map_err(|source| ClientError::Unreachable { service: "analysis", source })?;
        if status != StatusCode::OK {
            return Err(ClientError::Protocol { service: "analysis", what: format!("status {status}") });
        }
        Ok(Answer { body, hit })
    }

    /// Any question whose answer is long (an export), not read yet.
    ///
    /// # Errors
    /// When the service does not answer or refuses.
    pub async fn stream(&self, path: &str, parameters: &[(&str, String)]) -> Result<Response, ClientError> {
        self.0.send(self.0.get(path)?.query(parameters)).await
    }
}
