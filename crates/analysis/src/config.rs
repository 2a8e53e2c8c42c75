//! The analysis service's configuration.

use std::time::Duration;

use common::config::{DatabaseConfig, Env, RedisConfig, ServiceConfig};

#[derive(Debug)]
pub struct Config {
    pub service: ServiceConfig,
    pub database: DatabaseConfig,
    pub redis: RedisConfig,
    pub analysis: AnalysisConfig,
}

/// What is kept, and how much of it.
#[derive(Clone, Debug)]
pub struct AnalysisConfig {
    /// `CACHE_TTL_SECONDS`: how long an answer stays in Redis when nobody asks for it. It is never out of date: the
    /// state of what it rests on is part of its key.
    pub cache_ttl: Duration,
    /// `ANALYSIS_MEMORY_MB`: how much of rosters and account columns is kept in memory, in bytes.
    pub memory_bytes: usize,
}

impl Config {
    pub fn from_env(env: &mut Env) -> Self {
        Self {
            service: ServiceConfig::from_env(env, "analysis", 8083),
            database: DatabaseConfig::from_env(env),
            redis: RedisConfig::from_env(env),
            analysis: AnalysisConfig {
                cache_ttl: env.seconds("CACHE_TTL_SECONDS", 300, 1..=86_400),
                memory_bytes: env.number_in("ANALYSIS_MEMORY_MB", 256, 16..=65_536) << 20,
            },
        }
    }
}

impl AsRef<ServiceConfig> for Config {
    fn as_ref(&self) -> &ServiceConfig {
        &self.service
    }
}
