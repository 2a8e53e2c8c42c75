//! `worker migrate`.

use std::process::ExitCode;

use common::{
    config::{self, AppEnv, DatabaseConfig, Env, TelemetryConfig},
    db,
    problem::chain,
    telemetry,
};

struct Config {
    telemetry: TelemetryConfig,
    database: DatabaseConfig,
}

impl Config {
    fn from_env(env: &mut Env) -> Self {
        let app_env = env.parse_or("APP_ENV", AppEnv::Development);
        Self {
            telemetry: TelemetryConfig::from_env(env, "worker", app_env),
            database: DatabaseConfig::from_env(env),
        }
    }
}

/// Applies the migrations; needs only `DATABASE_URL`.
pub async fn main() -> ExitCode {
    let config = match config::load(Config::from_env) {
        Ok(config) => config,
        Err(errors) => {
            eprintln!("{errors}");
            return ExitCode::from(2);
        }
    };
    telemetry::init(&config.telemetry);
    match db::connect(&config.database).await {
        Ok(pool) => {
            pool.close().await;
            tracing::info!("database.migrated");
            ExitCode::SUCCESS
        }
        Err(error) => {
            tracing::error!(cause = chain(&error), "database.migration_failed");
            ExitCode::FAILURE
        }
    }
}
