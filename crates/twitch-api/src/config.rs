//! What this service reads from its environment.

use std::{sync::Arc, time::Duration};

use common::{
    config::{DatabaseConfig, Env, RedisConfig, ServiceConfig},
    crypto::TokenCipher,
};
use secrecy::SecretString;
use url::Url;

/// Everything that `twitch-api` is told at its start.
#[derive(Debug)]
pub struct Config {
    pub service: ServiceConfig,
    pub database: DatabaseConfig,
    pub redis: RedisConfig,
    pub twitch: TwitchConfig,
    /// `TOKEN_ENCRYPTION_KEYS`.
    pub cipher: Arc<TokenCipher>,
    /// `CACHE_TTL_SECONDS`: how long answers about moderated channels may be kept.
    pub cache_ttl: Duration,
    /// `STREAM_POLL_SECONDS`: how often all known channels are asked whether they are live.
    pub stream_poll: Duration,
    /// `RATE_LIMIT_REQUESTS_PER_SECOND`: a ceiling for every bucket, beside Twitch's own.
    pub requests_per_second: u32,
}

/// Where Twitch is, and who we are to it.
#[derive(Clone, Debug)]
pub struct TwitchConfig {
    /// `TWITCH_CLIENT_ID`.
    pub client_id: String,
    /// `TWITCH_CLIENT_SECRET`.
    pub client_secret: SecretString,
    /// `TWITCH_REDIRECT_URL`: as registered with the application.
    pub redirect_url: Url,
    /// `TWITCH_OAUTH_URL`.
    pub oauth_url: Url,
    /// `TWITCH_HELIX_URL`.
    pub helix_url: Url,
    /// `TWITCH_EVENTSUB_URL`.
    pub eventsub_url: Url,
    /// `TWITCH_TIMEOUT_SECONDS`: how long one call may take.
    pub timeout: Duration,
}

impl Config {
    /// Reads all of it.
    pub fn from_env(env: &mut Env) -> Self {
        Self {
            service: ServiceConfig::from_env(env, "twitch-api", 8081),
            database: DatabaseConfig::from_env(env),
            redis: RedisConfig::from_env(env),
            twitch: TwitchConfig::from_env(env),
            cipher: Arc::new(TokenCipher::from_env(env)),
            cache_ttl: env.seconds("CACHE_TTL_SECONDS", 300, 1..=86_400),
            stream_poll: env.seconds("STREAM_POLL_SECONDS", 60, 1..=600),
            requests_per_second: env.number_in("RATE_LIMIT_REQUESTS_PER_SECOND", 10, 1..=10_000),
        }
    }
}

impl AsRef<ServiceConfig> for Config {
    fn as_ref(&self) -> &ServiceConfig {
        &self.service
    }
}

impl TwitchConfig {
    /// Reads it, and checks that one call to Twitch fits into a job's lease.
    pub fn from_env(env: &mut Env) -> Self {
        let timeout = env.seconds("TWITCH_TIMEOUT_SECONDS", 10, 1..=60);
        if env.seconds("JOB_LEASE_SECONDS", 30, 1..=3600) <= timeout {
            env.reject("TWITCH_TIMEOUT_SECONDS", "has to be less than JOB_LEASE_SECONDS");
        }
        Self {
            client_id: env.required("TWITCH_CLIENT_ID"),
            client_secret: env.secret("TWITCH_CLIENT_SECRET", 1),
            redirect_url: env.url("TWITCH_REDIRECT_URL"),
            oauth_url: folder(env.url_or("TWITCH_OAUTH_URL", "https://id.twitch.tv/oauth2/")),
            helix_url: folder(env.url_or("TWITCH_HELIX_URL", "https://api.twitch.tv/helix/")),
            eventsub_url: env.url_or("TWITCH_EVENTSUB_URL", "wss://eventsub.wss.twitch.tv/ws"),
            timeout,
        }
    }
}

/// With a slash at its end, since joining replaces what follows the last one.
fn folder(mut url: Url) -> Url {
    if !url.path().ends_with('/') {
        let path = format!("{}/", url.path());
        url.set_path(&path);
    }
    url
}

#[cfg(test)]
mod tests {
    use common::config::load_from;

    use super::*;

    fn load(extra: &'static [(&str, &str)]) -> Result<Config, common::config::ConfigErrors> {
        const BASE: &[(&str, &str)] = &[
            ("INTERNAL_API_TOKEN", "0123456789abcdef0123456789abcdef"),
            ("DATABASE_URL", "mysql://x"),
            ("REDIS_URL", "redis://x"),
            ("TWITCH_CLIENT_ID", "client"),
            ("TWITCH_CLIENT_SECRET", "hush"),
            ("TWITCH_REDIRECT_URL", "http://localhost:8080/auth/callback"),
            ("TOKEN_ENCRYPTION_KEYS", "a:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
        ];
        let lookup = |name: &str| {
            extra.iter().chain(BASE).find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        load_from(lookup, Config::from_env)
    }

    #[test]
    fn the_defaults_are_twitch_itself() {
        let config = load(&[]).unwrap();
        assert_eq!(config.twitch.helix_url.as_str(), "https://api.twitch.tv/helix/");
        assert_eq!(config.service.listen_addr.port(), 8081);
        assert!(!format!("{config:?}").contains("hush"));
    }

    #[test]
    fn a_forgotten_slash_is_added() {
        let config = load(&[("TWITCH_HELIX_URL", "http://127.0.0.1:8089/helix")]).unwrap();
        assert_eq!(config.twitch.helix_url.as_str(), "http://127.0.0.1:8089/helix/");
    }

    #[test]
    fn a_call_that_outlasts_a_lease_is_refused() {
        let errors = load(&[("TWITCH_TIMEOUT_SECONDS", "30"), ("JOB_LEASE_SECONDS", "20")]).unwrap_err();
        assert_eq!(errors.0[0].variable, "TWITCH_TIMEOUT_SECONDS");
    }
}
