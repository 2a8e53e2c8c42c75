//! The simulator's control API, as far as the scenario uses it; its README describes it.

use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use twitch_sim::TwitchId;
use url::Url;

use crate::Result;

/// A room of 30,000 is written out before a raid from it starts.
const LIMIT: Duration = Duration::from_secs(20);

/// The simulated Twitch, from behind.
#[derive(Clone, Debug)]
pub struct Sim {
    http: Client,
    base: Url,
}

impl Sim {
    /// `base` is the simulator's origin.
    ///
    /// # Errors
    /// When no HTTP client can be built.
    pub fn new(base: Url) -> Result<Self> {
        Ok(Self { http: common::http::client(LIMIT)?, base })
    }

    /// Where `SIM_URL` says that it is.
    ///
    /// # Errors
    /// When that is missing or no address.
    pub fn from_env() -> Result<Self> {
        let url = std::env::var("SIM_URL").map_err(|_| "SIM_URL is required: the simulator's origin")?;
        Self::new(url.parse()?)
    }

    /// Stops the world's clock at `at`.
    ///
    /// # Errors
    /// When the simulator does not do it.
    pub async fn set_clock(&self, at: DateTime<Utc>) -> Result<()> {
        self.call(Method::PUT, "clock", json!({ "now": at, "mode": "stepped" })).await.map(drop)
    }

    /// Lets the world's clock run from `at` on.
    ///
    /// # Errors
    /// When the simulator does not do it.
    pub async fn let_run(&self, at: DateTime<Utc>) -> Result<()> {
        self.call(Method::PUT, "clock", json!({ "now": at, "mode": "real" })).await.map(drop)
    }

    /// Makes a channel live for four hours, unless it is.
    ///
    /// # Errors
    /// When the simulator does not do it.
    pub async fn go_live(&self, channel: TwitchId) -> Result<()> {
        self.call(Method::POST, &format!("channels/{channel}/live"), Value::Null).await.map(drop)
    }

    /// Ends a channel's stream, if there is one.
    ///
    /// # Errors
    /// When the simulator does not do it.
    pub async fn go_offline(&self, channel: TwitchId) -> Result<()> {
        self.call(Method::POST, &format!("channels/{channel}/offline"), Value::Null).await.map(drop)
    }

    /// Sends up to `viewers` people from one room to another.
    ///
    /// # Errors
    /// When the simulator does not do it.
    pub async fn raid(&self, from: TwitchId, to: TwitchId, viewers: u32) -> Result<()> {
        let raid = json!({ "from": from.to_string(), "to": to.to_string(), "viewers": viewers });
        self.call(Method::POST, "raids", raid).await.map(drop)
    }

    /// Sends coordinated accounts: `order` as the simulator's README says.
    ///
    /// # Errors
    /// When the simulator does not do it.
    pub async fn operate(&self, channel: TwitchId, order: Value) -> Result<()> {
        self.call(Method::POST, &format!("channels/{channel}/operators"), order).await.map(drop)
    }

    /// Whether somebody listens for raids into the channel.
    ///
    /// # Errors
    /// When the simulator does not answer.
    pub async fn is_heard(&self, channel: TwitchId) -> Result<bool> {
        let told = self.call(Method::GET, "eventsub", Value::Null).await?;
        let target = Value::from(channel.to_string());
        let of_channel = |one: &Value| {
            one["type"] == "channel.raid" && one["condition"]["to_broadcaster_user_id"] == target
        };
        Ok(told["subscriptions"].as_array().is_some_and(|all| all.iter().any(of_channel)))
    }

    /// The code that the consent page at `url` gives to a person who allows everything.
    ///
    /// # Errors
    /// When the page does not send the browser back with a code.
    pub async fn consent(&self, url: Url, person: TwitchId) -> Result<String> {
        let form = [("decision", "allow".to_owned()), ("user_id", person.to_string())];
        let answer = self.http.post(url).form(&form).send().await?;
        let location = answer.headers().get("location").ok_or("the consent page redirects nowhere")?;
        let back: Url = location.to_str()?.parse()?;
        let code = back.query_pairs().find(|(name, _)| name == "code");
        Ok(code.ok_or_else(|| format!("the login was refused: {back}"))?.1.into_owned())
    }

    async fn call(&self, method: Method, path: &str, body: Value) -> Result<Value> {
        let request = self.http.request(method, self.base.join("sim/")?.join(path)?);
        let request = if body.is_null() { request } else { request.json(&body) };
        let answer = request.send().await?;
        let status = answer.status();
        let text = answer.text().await?;
        if !status.is_success() {
            return Err(format!("the simulator answered {status} to {path}: {text}").into());
        }
        Ok(if text.is_empty() { Value::Null } else { serde_json::from_str(&text)? })
    }
}
