//! Configuration: everything has a default that works, since this is a tool for development.

use chrono::{DateTime, Utc};

pub use crate::clock::Pace;

/// An application registered at this Twitch.
#[derive(Debug, Clone)]
pub struct Client {
    /// `Client-Id` header and `client_id` parameter.
    pub id: String,
    /// Secret of the confidential client.
    pub secret: String,
    /// Redirect addresses registered for it; only these are accepted, to the letter.
    pub redirect_urls: Vec<String>,
    /// Name shown on the consent page.
    pub name: String,
}

/// How the simulator starts. Nearly everything can be changed later under `/sim`.
#[derive(Debug, Clone)]
pub struct Config {
    /// Seed of the world (`SIM_SEED`).
    pub seed: u64,
    /// Registered applications.
    pub clients: Vec<Client>,
    /// Whether the 800 points a minute are enforced (`SIM_RATE_LIMIT=on|off`). The headers are
    /// sent either way; when not, they speak of a bucket that nobody empties.
    pub rate_limit: bool,
    /// World time at the start; the machine's time if absent.
    pub start: Option<DateTime<Utc>>,
    /// How world time advances.
    pub pace: Pace,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            seed: 1,
            clients: vec![Client {
                id: "simclient0000000000000000000000".to_owned(),
                secret: "simsecret0000000000000000000000".to_owned(),
                redirect_urls: vec!["http://localhost:8080/auth/callback".to_owned()],
                name: "Twitch Chatters Analyser".to_owned(),
            }],
            rate_limit: true,
            start: None,
            pace: Pace::Rate(1.0),
        }
    }
}

/// A variable of the environment that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{name} is not valid: {value:?}")]
pub struct InvalidVariable {
    name: &'static str,
    value: String,
}

impl Config {
    /// Reads `SIM_SEED`, `SIM_CLIENT_ID`, `SIM_CLIENT_SECRET`, `SIM_REDIRECT_URL` (several
    /// separated by commas) and `SIM_RATE_LIMIT` through `lookup`.
    pub fn from_env(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, InvalidVariable> {
        let mut config = Self::default();
        let invalid = |name, value: String| InvalidVariable { name, value };
        if let Some(value) = lookup("SIM_SEED") {
            config.seed = value.parse().map_err(|_| invalid("SIM_SEED", value))?;
        }
        if let Some(value) = lookup("SIM_RATE_LIMIT") {
            config.rate_limit = match value.as_str() {
                "on" => true,
                "off" => false,
                _ => return Err(invalid("SIM_RATE_LIMIT", value)),
            };
        }
        for client in &mut config.clients {
            if let Some(id) = lookup("SIM_CLIENT_ID") {
                client.id = id;
            }
            if let Some(secret) = lookup("SIM_CLIENT_SECRET") {
                client.secret = secret;
            }
            if let Some(urls) = lookup("SIM_REDIRECT_URL") {
                client.redirect_urls = urls.split(',').map(|url| url.trim().to_owned()).collect();
            }
        }
        Ok(config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_override_defaults_and_bad_ones_are_named() {
        let env = |name: &str| match name {
            "SIM_SEED" => Some("9".to_owned()),
            "SIM_REDIRECT_URL" => Some("http://a/cb, http://b/cb".to_owned()),
            _ => None,
        };
        let config = Config::from_env(env).unwrap();
        assert_eq!(config.seed, 9);
        assert_eq!(config.clients[0].redirect_urls, ["http://a/cb", "http://b/cb"]);
        let bad = Config::from_env(|name| (name == "SIM_SEED").then(|| "x".to_owned()));
        assert!(bad.unwrap_err().to_string().contains("SIM_SEED"));
    }
}
