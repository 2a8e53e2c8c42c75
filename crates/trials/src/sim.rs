//! The simulator from behind: what only a trial may do to it, and the truth that others are judged by.

use std::collections::BTreeSet;

use devstack::Stack;
use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::Result;

/// The simulator's control interface.
#[derive(Clone, Debug)]
pub struct Sim {
    http: Client,
    url: String,
}

/// How many requests and points Twitch has counted.
#[derive(Clone, Debug)]
pub struct Counts(Value);

impl Sim {
    /// # Errors
    /// When the stack has no simulator.
    pub fn of(stack: &Stack) -> Result<Self> {
        Ok(Self { http: crate::http()?, url: format!("{}/sim", stack.simulator()?.url()) })
    }

    /// Asks `path` below `/sim`; `null` is no body.
    ///
    /// # Errors
    /// When the answer is not a success.
    pub async fn ask(&self, method: Method, path: &str, body: &Value) -> Result<Value> {
        let request = self.http.request(method, format!("{}/{path}", self.url));
        let request = if body.is_null() { request } else { request.json(body) };
        let text = request.send().await?.error_for_status()?.text().await?;
        Ok(if text.is_empty() { Value::Null } else { serde_json::from_str(&text)? })
    }

    /// Adds rooms (the simulator's `Synthetic`); a moderator must not have been asked for their channels yet.
    ///
    /// # Errors
    /// When the simulator refuses.
    pub async fn rooms(&self, wanted: &Value) -> Result<Vec<u64>> {
        let made = self.ask(Method::POST, "channels", wanted).await?;
        let ids: Vec<String> = serde_json::from_value(made["channel_ids"].clone())?;
        Ok(ids.iter().map(|id| id.parse()).collect::<Result<_, _>>()?)
    }

    /// So many people with a channel of their own, to log in as.
    ///
    /// # Errors
    /// When the simulator refuses.
    pub async fn people(&self, count: u64) -> Result<Vec<u64>> {
        self.rooms(&json!({ "channels": count, "chatters": 1, "moderator": 1 })).await
    }

    /// Who was in the room at that moment (Unix milliseconds).
    ///
    /// # Errors
    /// When the simulator does not know the room.
    pub async fn truth(&self, room: u64, at_ms: i64) -> Result<BTreeSet<u64>> {
        let told = self.ask(Method::GET, &format!("channels/{room}/truth?t={at_ms}"), &Value::Null).await?;
        let ids: Vec<String> = serde_json::from_value(told["ids"].clone())?;
        Ok(ids.iter().map(|id| id.parse()).collect::<Result<_, _>>()?)
    }

    /// What was counted since [`Self::count_anew`].
    ///
    /// # Errors
    /// When the simulator does not answer.
    pub async fn counts(&self) -> Result<Counts> {
        Ok(Counts(self.ask(Method::GET, "requests", &Value::Null).await?))
    }

    /// Forgets what was counted.
    ///
    /// # Errors
    /// When the simulator does not answer.
    pub async fn count_anew(&self) -> Result<()> {
        self.ask(Method::DELETE, "requests", &Value::Null).await.map(drop)
    }
}

impl Counts {
    /// Requests to an endpoint (`GET /users`), whatever was answered.
    #[must_use]
    pub fn requests(&self, endpoint: &str) -> u64 {
        let statuses = self.0["endpoints"][endpoint].as_object().into_iter().flatten();
        statuses.filter_map(|(_, count)| count.as_u64()).sum()
    }

    /// Answers of one status, over all endpoints.
    #[must_use]
    pub fn answers(&self, status: u16) -> u64 {
        let endpoints = self.0["endpoints"].as_object().into_iter().flatten();
        endpoints.filter_map(|(_, statuses)| statuses[status.to_string()].as_u64()).sum()
    }

    /// Points taken from the buckets of users.
    #[must_use]
    pub fn user_points(&self) -> u64 {
        let users = self.0["points"]["users"].as_object().into_iter().flatten();
        users.filter_map(|(_, points)| points.as_u64()).sum()
    }
}
