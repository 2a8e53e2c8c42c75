//! The gateway's configuration.

use std::{path::PathBuf, time::Duration};

use common::{
    clients::UpstreamConfig,
    config::{AppEnv, DatabaseConfig, Env, RedisConfig, ServiceConfig},
    opt_out::OptOutKey,
};
use secrecy::SecretString;
use url::Url;

/// Everything that the gateway reads from its environment.
#[derive(Debug)]
pub struct Config {
    pub service: ServiceConfig,
    pub database: DatabaseConfig,
    pub redis: RedisConfig,
    pub twitch_api: UpstreamConfig,
    pub analysis: UpstreamConfig,
    pub web: WebConfig,
    pub web_sessions: WebSessionConfig,
    pub limits: LimitsConfig,
    pub analysis_sessions: AnalysisSessionsConfig,
    /// `OPT_OUT_KEY`.
    pub opt_out_key: OptOutKey,
}

impl AsRef<ServiceConfig> for Config {
    fn as_ref(&self) -> &ServiceConfig {
        &self.service
    }
}

impl Config {
    pub fn from_env(env: &mut Env) -> Self {
        let service = ServiceConfig::from_env(env, "gateway", 8080);
        let app_env = service.app_env;
        Self {
            service,
            database: DatabaseConfig::from_env(env),
            redis: RedisConfig::from_env(env),
            twitch_api: UpstreamConfig::twitch_api(env),
            analysis: UpstreamConfig::analysis(env),
            web: WebConfig::from_env(env, app_env),
            web_sessions: WebSessionConfig::from_env(env, app_env),
            limits: LimitsConfig::from_env(env, app_env),
            analysis_sessions: AnalysisSessionsConfig::from_env(env),
            opt_out_key: OptOutKey::from_env(env),
        }
    }
}

/// The web page.
#[derive(Clone, Debug)]
pub struct WebConfig {
    /// `PUBLIC_URL`: the site's origin as browsers see it.
    pub public_url: Url,
    /// `WEB_DIST_DIR`: the built page, `web/dist` by default.
    pub dist_dir: PathBuf,
}

impl WebConfig {
    fn from_env(env: &mut Env, app_env: AppEnv) -> Self {
        let public_url = env.url("PUBLIC_URL");
        let is_http = matches!(public_url.scheme(), "http" | "https");
        if is_http
            && (public_url.path() != "/" || public_url.query().is_some() || public_url.fragment().is_some())
        {
            env.reject("PUBLIC_URL", "is more than an origin: scheme, host and port only");
        }
        // `invalid:` stands for one that is missing or malformed and has been reported.
        if !is_http && public_url.scheme() != "invalid" {
            env.reject("PUBLIC_URL", "is neither http nor https");
        }
        if is_http && app_env != AppEnv::Development && public_url.scheme() != "https" {
            env.reject("PUBLIC_URL", "must be https outside development: the cookies are Secure");
        }
        Self { public_url, dist_dir: env.parse_or("WEB_DIST_DIR", PathBuf::from("web/dist")) }
    }
}

/// Web sessions: who a browser is.
#[derive(Clone, Debug)]
pub struct WebSessionConfig {
    /// `SESSION_SECRET`: signs the cookies; at least 32 characters.
    pub secret: SecretString,
    /// `WEB_SESSION_TTL_HOURS`: after how long without a visit a browser is logged out.
    pub ttl: Duration,
    /// Whether cookies go over TLS only: outside development.
    pub secure: bool,
}

impl WebSessionConfig {
    fn from_env(env: &mut Env, app_env: AppEnv) -> Self {
        let hours = env.number_in("WEB_SESSION_TTL_HOURS", 168, 1..=8760_u64);
        Self {
            secret: env.secret("SESSION_SECRET", 32),
            ttl: Duration::from_secs(hours * 3600),
            secure: app_env != AppEnv::Development,
        }
    }
}

/// What one client may ask for.
#[derive(Clone, Copy, Debug)]
pub struct LimitsConfig {
    /// `GATEWAY_REQUESTS_PER_MINUTE`, over all replicas; a quarter of it may come at once.
    pub requests_per_minute: u32,
    /// `TRUSTED_PROXY_HOPS`: how many proxies of ours append to `X-Forwarded-For`; 1 by default, 0 in development.
    pub trusted_proxy_hops: usize,
}

impl LimitsConfig {
    fn from_env(env: &mut Env, app_env: AppEnv) -> Self {
        let hops = usize::from(app_env != AppEnv::Development);
        Self {
            requests_per_minute: env.number_in("GATEWAY_REQUESTS_PER_MINUTE", 600, 1..=1_000_000),
            trusted_proxy_hops: env.number_in("TRUSTED_PROXY_HOPS", hops, 0..=8),
        }
    }
}

/// Analysis sessions.
#[derive(Clone, Copy, Debug)]
pub struct AnalysisSessionsConfig {
    /// `MAX_SAVED_SESSIONS` of one person.
    pub max_saved: u32,
    /// `SESSION_TTL_DAYS`: how long one that is not saved lives after its last capture was asked for.
    pub ttl: chrono::Duration,
}

impl AnalysisSessionsConfig {
    fn from_env(env: &mut Env) -> Self {
        Self {
            max_saved: env.number_in("MAX_SAVED_SESSIONS", 10, 1..=1000),
            ttl: chrono::Duration::days(env.number_in("SESSION_TTL_DAYS", 7, 1..=365)),
        }
    }
}

#[cfg(test)]
mod tests {
    use common::config::load_from;

    use super::*;

    fn read(extra: &'static [(&str, &str)]) -> Result<Config, Vec<String>> {
        const GOOD: &[(&str, &str)] = &[
            ("INTERNAL_API_TOKEN", "0123456789abcdef0123456789abcdef"),
            ("SESSION_SECRET", "0123456789abcdef0123456789abcdef"),
            ("OPT_OUT_KEY", "0123456789abcdef0123456789abcdef"),
            ("DATABASE_URL", "mysql://u:p@h/d"),
            ("REDIS_URL", "redis://h"),
            ("TWITCH_API_URL", "http://twitch-api:8081"),
            ("ANALYSIS_URL", "http://analysis:8083"),
            ("PUBLIC_URL", "https://chatters.example"),
        ];
        let lookup = |name: &str| {
            let find =
                |vars: &[(&str, &str)]| vars.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
            find(extra).or_else(|| find(GOOD))
        };
        load_from(lookup, Config::from_env)
            .map_err(|errors| errors.0.into_iter().map(|problem| problem.variable).collect())
    }

    #[test]
    fn cookies_are_secure_and_one_proxy_is_trusted_outside_development() {
        let config = read(&[("APP_ENV", "production")]).unwrap();
        assert!(config.web_sessions.secure);
        assert_eq!(config.limits.trusted_proxy_hops, 1);
        let config = read(&[]).unwrap();
        assert!(!config.web_sessions.secure);
        assert_eq!(config.limits.trusted_proxy_hops, 0);
    }

    #[test]
    fn the_public_url_is_an_origin() {
        assert_eq!(read(&[("PUBLIC_URL", "https://h/path")]).unwrap_err(), ["PUBLIC_URL"]);
        assert_eq!(read(&[("PUBLIC_URL", "ftp://h")]).unwrap_err(), ["PUBLIC_URL"]);
        assert_eq!(read(&[("PUBLIC_URL", "")]).unwrap_err(), ["PUBLIC_URL"]);
        assert_eq!(
            read(&[("APP_ENV", "production"), ("PUBLIC_URL", "http://h")]).unwrap_err(),
            ["PUBLIC_URL"]
        );
        assert!(read(&[("PUBLIC_URL", "http://localhost:8080")]).is_ok());
    }

    #[test]
    fn every_missing_variable_is_named_at_once() {
        let missing = read(&[("SESSION_SECRET", ""), ("REDIS_URL", ""), ("ANALYSIS_URL", "")]).unwrap_err();
        assert_eq!(missing, ["REDIS_URL", "ANALYSIS_URL", "SESSION_SECRET"]);
    }
}
