//! Configuration from the environment: one struct per concern, and every missing or bad variable reported at once.
//!
//! ```ignore
//! let config = config::load(Config::from_env)?;
//! ```
//! A reader takes `&mut Env`, asks for what it needs, and goes on after an error with a placeholder; [`load`] hands
//! out the result only when nothing was wrong.

use std::{fmt, net::SocketAddr, str::FromStr, time::Duration};

use secrecy::SecretString;
use url::Url;

use crate::lifecycle::Grace;

type Lookup = Box<dyn Fn(&str) -> Option<String>>;

/// Reads variables and remembers what was wrong with them.
pub struct Env {
    lookup: Lookup,
    problems: Vec<Problem>,
}

/// One variable that keeps the service from starting.
#[derive(Debug, PartialEq, Eq)]
pub struct Problem {
    pub variable: String,
    pub what: String,
}

/// Everything that is wrong with the environment.
#[derive(Debug, thiserror::Error)]
pub struct ConfigErrors(pub Vec<Problem>);

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} variable(s) of the environment need attention:", self.0.len())?;
        for Problem { variable, what } in &self.0 {
            write!(f, "\n  {variable}: {what}")?;
        }
        f.write_str("\nSee docs/CONFIGURATION.md and .env.example.")
    }
}

/// Reads a configuration from this process's environment.
///
/// # Errors
/// All that is missing or malformed, by name.
pub fn load<T>(read: impl FnOnce(&mut Env) -> T) -> Result<T, ConfigErrors> {
    load_from(|name| std::env::var(name).ok(), read)
}

/// Reads a configuration from `lookup`: what tests use.
pub fn load_from<T>(
    lookup: impl Fn(&str) -> Option<String> + 'static,
    read: impl FnOnce(&mut Env) -> T,
) -> Result<T, ConfigErrors> {
    let mut env = Env { lookup: Box::new(lookup), problems: Vec::new() };
    let config = read(&mut env);
    if env.problems.is_empty() { Ok(config) } else { Err(ConfigErrors(env.problems)) }
}

impl fmt::Debug for Env {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Env").field("problems", &self.problems).finish_non_exhaustive()
    }
}

impl Env {
    /// The variable's value; one that is empty counts as not set, as compose files write absent ones.
    #[must_use]
    pub fn optional(&self, name: &str) -> Option<String> {
        (self.lookup)(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    /// Records that `name` cannot be used as it is.
    pub fn reject(&mut self, name: &str, what: impl Into<String>) {
        self.problems.push(Problem { variable: name.to_owned(), what: what.into() });
    }

    /// A variable that must be there.
    pub fn required(&mut self, name: &str) -> String {
        self.optional(name).unwrap_or_else(|| {
            self.reject(name, "is required and not set");
            String::new()
        })
    }

    /// A secret of at least `min_chars` characters; it never shows in `Debug`.
    pub fn secret(&mut self, name: &str, min_chars: usize) -> SecretString {
        let value = self.required(name);
        if !value.is_empty() && value.chars().count() < min_chars {
            self.reject(name, format!("is shorter than {min_chars} characters"));
        }
        value.into()
    }

    /// A URL of one of `schemes` that may hold a password: it never shows, not even when it is malformed.
    pub fn secret_url(&mut self, name: &str, schemes: &[&str]) -> SecretString {
        let text = self.required(name);
        let is_right = |url: Url| schemes.contains(&url.scheme()) && url.has_host();
        if !text.is_empty() && !Url::parse(&text).is_ok_and(is_right) {
            self.reject(name, format!("is not a URL like {}://host:port", schemes.join(":// or ")));
        }
        text.into()
    }

    /// A value with a default.
    pub fn parse_or<T: FromStr<Err: fmt::Display>>(&mut self, name: &str, default: T) -> T {
        match self.optional(name).map(|text| text.parse::<T>().map_err(|error| (text, error))) {
            None => default,
            Some(Ok(value)) => value,
            Some(Err((text, error))) => {
                self.reject(name, format!("`{text}` is not usable: {error}"));
                default
            }
        }
    }

    /// A number with a default that must lie in `range`.
    pub fn number_in<T>(&mut self, name: &str, default: T, range: std::ops::RangeInclusive<T>) -> T
    where
        T: FromStr<Err: fmt::Display> + PartialOrd + fmt::Display + Copy,
    {
        let value = self.parse_or(name, default);
        if !range.contains(&value) {
            self.reject(name, format!("{value} is not between {} and {}", range.start(), range.end()));
        }
        value
    }

    /// A URL that must be there.
    pub fn url(&mut self, name: &str) -> Url {
        let text = self.required(name);
        self.check_url(name, &text)
    }

    /// A URL with a default.
    pub fn url_or(&mut self, name: &str, default: &str) -> Url {
        let text = self.optional(name).unwrap_or_else(|| default.to_owned());
        self.check_url(name, &text)
    }

    fn check_url(&mut self, name: &str, text: &str) -> Url {
        Url::parse(text).unwrap_or_else(|error| {
            if !text.is_empty() {
                self.reject(name, format!("is not a URL: {error}"));
            }
            placeholder_url()
        })
    }

    /// A duration in whole seconds.
    pub fn seconds(&mut self, name: &str, default: u64, range: std::ops::RangeInclusive<u64>) -> Duration {
        Duration::from_secs(self.number_in(name, default, range))
    }
}

#[expect(clippy::expect_used, reason = "a constant that parses")]
fn placeholder_url() -> Url {
    Url::parse("invalid:").expect("a valid URL")
}

/// Which environment this is (`APP_ENV`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppEnv {
    Development,
    Staging,
    Production,
}

impl FromStr for AppEnv {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "development" => Ok(Self::Development),
            "staging" => Ok(Self::Staging),
            "production" => Ok(Self::Production),
            _ => Err("it is one of development, staging, production"),
        }
    }
}

/// What every service needs to be one.
#[derive(Debug)]
pub struct ServiceConfig {
    /// The service's name, as in logs and metrics.
    pub name: &'static str,
    /// `APP_ENV`, development by default.
    pub app_env: AppEnv,
    /// `LISTEN_ADDR`: where the service answers.
    pub listen_addr: SocketAddr,
    /// `METRICS_ADDR`: where Prometheus scrapes; never routed from outside.
    pub metrics_addr: SocketAddr,
    /// `INTERNAL_API_TOKEN`: the bearer secret between services.
    pub internal_token: SecretString,
    /// `SHUTDOWN_GRACE_SECONDS`: how long running work may take after SIGTERM; `SHUTDOWN_DELAY_SECONDS`: how long new
    /// requests are served all the same, none in development. The second is shorter than the first.
    pub shutdown: Grace,
    pub telemetry: TelemetryConfig,
}

impl ServiceConfig {
    /// `port` is the default one; metrics are 1,000 above it.
    pub fn from_env(env: &mut Env, name: &'static str, port: u16) -> Self {
        let app_env = env.parse_or_app_env();
        Self {
            name,
            app_env,
            listen_addr: env.parse_or("LISTEN_ADDR", SocketAddr::from(([0, 0, 0, 0], port))),
            metrics_addr: env.parse_or("METRICS_ADDR", SocketAddr::from(([0, 0, 0, 0], port + 1000))),
            internal_token: env.secret("INTERNAL_API_TOKEN", 32),
            shutdown: shutdown_grace(env, app_env),
            telemetry: TelemetryConfig::from_env(env, name, app_env),
        }
    }
}

fn shutdown_grace(env: &mut Env, app_env: AppEnv) -> Grace {
    // Nobody stands before a development service who would have to notice.
    let delay = if app_env == AppEnv::Development { 0 } else { 5 };
    let grace = Grace {
        delay: env.seconds("SHUTDOWN_DELAY_SECONDS", delay, 0..=120),
        whole: env.seconds("SHUTDOWN_GRACE_SECONDS", 30, 1..=300),
    };
    if grace.delay >= grace.whole {
        env.reject("SHUTDOWN_DELAY_SECONDS", "is not less than SHUTDOWN_GRACE_SECONDS");
    }
    grace
}

impl Env {
    fn parse_or_app_env(&mut self) -> AppEnv {
        self.parse_or("APP_ENV", AppEnv::Development)
    }
}

/// How a service logs.
#[derive(Clone, Debug)]
pub struct TelemetryConfig {
    pub service: &'static str,
    /// `LOG_LEVEL`: a level, or directives as `tracing` reads them (`info,sqlx=warn`).
    pub level: String,
    /// `LOG_FORMAT`: `json` or `pretty`; pretty by default in development only.
    pub json: bool,
}

impl TelemetryConfig {
    pub fn from_env(env: &mut Env, service: &'static str, app_env: AppEnv) -> Self {
        let json = match env.optional("LOG_FORMAT").as_deref() {
            None => app_env != AppEnv::Development,
            Some("json") => true,
            Some("pretty") => false,
            Some(other) => {
                env.reject("LOG_FORMAT", format!("`{other}` is neither json nor pretty"));
                true
            }
        };
        let level = env.optional("LOG_LEVEL").unwrap_or_else(|| "INFO".to_owned());
        Self { service, level, json }
    }
}

/// MariaDB.
#[derive(Clone, Debug)]
pub struct DatabaseConfig {
    /// `DATABASE_URL`: `mysql://user:password@host:port/database`.
    pub url: SecretString,
    /// `DATABASE_MAX_CONNECTIONS`, of this process.
    pub max_connections: u32,
    /// `DATABASE_WAIT_SECONDS`: how long to wait for it at start.
    pub wait: Duration,
}

impl DatabaseConfig {
    pub fn from_env(env: &mut Env) -> Self {
        Self {
            url: env.secret_url("DATABASE_URL", &["mysql", "mariadb"]),
            max_connections: env.number_in("DATABASE_MAX_CONNECTIONS", 10, 2..=500),
            wait: env.seconds("DATABASE_WAIT_SECONDS", 60, 1..=600),
        }
    }
}

/// Redis.
#[derive(Clone, Debug)]
pub struct RedisConfig {
    /// `REDIS_URL`: `redis://[:password@]host:port[/db]`.
    pub url: SecretString,
}

impl RedisConfig {
    pub fn from_env(env: &mut Env) -> Self {
        Self { url: env.secret_url("REDIS_URL", &["redis"]) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load_service(vars: &'static [(&str, &str)]) -> Result<ServiceConfig, ConfigErrors> {
        let lookup = |name: &str| vars.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
        load_from(lookup, |env| {
            DatabaseConfig::from_env(env);
            ServiceConfig::from_env(env, "gateway", 8080)
        })
    }

    #[test]
    fn every_problem_is_named_at_once() {
        let errors = load_service(&[
            ("APP_ENV", "prod"),
            ("LISTEN_ADDR", "nowhere"),
            ("INTERNAL_API_TOKEN", "short"),
            ("SHUTDOWN_DELAY_SECONDS", "30"),
        ]);
        let mut named: Vec<_> = errors.unwrap_err().0.into_iter().map(|p| p.variable).collect();
        named.sort();
        assert_eq!(
            named,
            ["APP_ENV", "DATABASE_URL", "INTERNAL_API_TOKEN", "LISTEN_ADDR", "SHUTDOWN_DELAY_SECONDS"]
        );
    }

    #[test]
    fn a_malformed_url_is_named_without_what_it_holds() {
        for (url, is_right) in [
            ("redis://:hush@localhost:6379/1", true),
            ("http://:hush@localhost", false),
            ("redis://", false),
            ("hush", false),
        ] {
            let config = load_from(move |_| Some(url.to_owned()), RedisConfig::from_env);
            assert_eq!(config.is_ok(), is_right, "{url}");
            assert!(!format!("{config:?}").contains("hush"));
        }
    }

    #[test]
    fn defaults_fill_the_rest_and_empty_is_absent() {
        let config = load_service(&[
            ("DATABASE_URL", "mysql://x"),
            ("INTERNAL_API_TOKEN", "0123456789abcdef0123456789abcdef"),
            ("LOG_FORMAT", ""),
        ])
        .unwrap();
        assert_eq!(config.metrics_addr.port(), 9080);
        assert!(!config.telemetry.json);
        assert!(!format!("{config:?}").contains("0123456789abcdef"), "a secret shows in Debug");
    }
}
