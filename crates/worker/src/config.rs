//! The worker's configuration.

use std::time::Duration;

use common::{
    clients::UpstreamConfig,
    config::{AppEnv, DatabaseConfig, Env, RedisConfig, ServiceConfig},
    opt_out::OptOutKey,
};

#[derive(Debug)]
pub struct Config {
    pub service: ServiceConfig,
    pub database: DatabaseConfig,
    pub redis: RedisConfig,
    pub twitch_api: UpstreamConfig,
    pub jobs: JobsConfig,
    pub accounts: AccountsConfig,
    /// `OPT_OUT_KEY`.
    pub opt_out_key: OptOutKey,
    /// `SESSION_TTL_DAYS`: how long an active session lives without a capture.
    pub session_ttl: chrono::TimeDelta,
}

/// How jobs are run.
#[derive(Clone, Debug)]
pub struct JobsConfig {
    /// `JOB_POLL_INTERVAL`, in seconds: how often the reconciler looks.
    pub poll_interval: Duration,
    /// `JOB_LEASE_SECONDS`: after how long without a heartbeat a job is taken from its worker.
    pub lease: Duration,
    /// `WORKER_CONCURRENCY`: how many jobs run at once.
    pub concurrency: u32,
    /// `TWITCH_TIMEOUT_SECONDS`: how long `twitch-api` waits for an answer of Twitch. For its next page we wait twice
    /// that long (a call may be made again), and as long as it may wait for budget.
    pub twitch_timeout: Duration,
    pub trials: TrialsConfig,
}

/// What only fault trials switch on, in development.
#[derive(Clone, Copy, Debug, Default)]
pub struct TrialsConfig {
    /// `JOB_PROBES`: 1 runs jobs of kind `probe`, which are refused otherwise.
    pub probes: bool,
    /// `JOB_SABOTAGE`: a guard that is left out, to show that the trials notice.
    pub sabotage: Option<Sabotage>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sabotage {
    /// `token`: a job is finished without a look at who holds its lease.
    Token,
    /// `reconciler`: it does not run.
    Reconciler,
}

impl TrialsConfig {
    fn from_env(env: &mut Env, app_env: AppEnv) -> Self {
        let probes = app_env == AppEnv::Development && env.optional("JOB_PROBES").as_deref() == Some("1");
        let sabotage = match env.optional("JOB_SABOTAGE").as_deref() {
            None => None,
            Some("token") if probes => Some(Sabotage::Token),
            Some("reconciler") if probes => Some(Sabotage::Reconciler),
            Some(_) => {
                env.reject("JOB_SABOTAGE", "is for fault trials: token or reconciler, with JOB_PROBES=1");
                None
            }
        };
        Self { probes, sabotage }
    }
}

/// How accounts are kept.
#[derive(Clone, Debug)]
pub struct AccountsConfig {
    /// `ACCOUNT_REFRESH_DAYS`: after how long what Twitch said about an account is asked again, when it is seen.
    pub refresh_days: u16,
    /// `ACCOUNT_CACHE_ENTRIES`: how many accounts the worker remembers (about 25 bytes each).
    pub cache_entries: usize,
}

impl Config {
    pub fn from_env(env: &mut Env) -> Self {
        let service = ServiceConfig::from_env(env, "worker", 8082);
        let jobs = JobsConfig {
            poll_interval: env.seconds("JOB_POLL_INTERVAL", 2, 1..=60),
            lease: env.seconds("JOB_LEASE_SECONDS", 30, 2..=600),
            concurrency: env.number_in("WORKER_CONCURRENCY", 8, 1..=256),
            twitch_timeout: env.seconds("TWITCH_TIMEOUT_SECONDS", 10, 1..=120),
            trials: TrialsConfig::from_env(env, service.app_env),
        };
        if jobs.lease <= jobs.twitch_timeout {
            env.reject("JOB_LEASE_SECONDS", "must be longer than TWITCH_TIMEOUT_SECONDS");
        }
        Self {
            service,
            database: DatabaseConfig::from_env(env),
            redis: RedisConfig::from_env(env),
            twitch_api: UpstreamConfig::twitch_api(env),
            jobs,
            session_ttl: chrono::TimeDelta::days(env.number_in("SESSION_TTL_DAYS", 7, 1..=365)),
            opt_out_key: OptOutKey::from_env(env),
            accounts: AccountsConfig {
                refresh_days: env.number_in("ACCOUNT_REFRESH_DAYS", 30, 1..=365),
                cache_entries: env.number_in("ACCOUNT_CACHE_ENTRIES", 1_000_000, 1_000..=50_000_000),
            },
        }
    }
}

impl AsRef<ServiceConfig> for Config {
    fn as_ref(&self) -> &ServiceConfig {
        &self.service
    }
}
