//! What the worker's commands share: they need MariaDB and nothing else, do one thing, and exit.

use std::process::ExitCode;

use common::{
    config::{self, AppEnv, DatabaseConfig, Env, TelemetryConfig},
    db::{self, DbError, Pool},
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

/// Runs `work` on the migrated database; needs only `DATABASE_URL`.
pub async fn on_database<Fut>(work: impl FnOnce(Pool) -> Fut) -> ExitCode
where
    Fut: Future<Output = Result<(), DbError>>,
{
    let config = match config::load(Config::from_env) {
        Ok(config) => config,
        Err(errors) => {
            eprintln!("{errors}");
            return ExitCode::from(2);
        }
    };
    telemetry::init(&config.telemetry);
    let outcome = async {
        let pool = db::connect(&config.database).await?;
        let outcome = work(pool.clone()).await;
        pool.close().await;
        outcome
    };
    match outcome.await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(cause = chain(&error), "command.failed");
            ExitCode::FAILURE
        }
    }
}
