//! The analysis service answers questions about captures: whom we saw, when, and who came back.
//!
//! ```text
//! handlers/  parse a question, say what computes it, hand the answer out
//! answers/   one answer for many equal questions: state of the inputs → Redis → compute once
//! store/     rosters and account columns in bounded memory, MariaDB as the truth
//! engine/    the answers themselves: pure functions of rosters and columns
//! ```
//! It reads domain tables and never writes them. Its callers have checked who may ask; it checks that what they ask
//! about exists.

mod answers;
mod config;
mod deadline;
pub mod engine;
mod error;
mod export;
mod handlers;
mod params;
mod router;
mod selection;
mod store;
mod subject;

use std::sync::Arc;

use common::{
    clients::analysis::people::Account,
    config::RedisConfig,
    db::{self, DbError, Pool},
    health::Readiness,
    http,
    lifecycle::Shutdown,
    redis_store::Redis,
    service,
};
use tokio::net::TcpListener;

pub use crate::config::{AnalysisConfig, Config};
use crate::{
    answers::{Answers, Rounds},
    handlers::AccountAsked,
    store::Store,
};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Db(#[from] DbError),
    #[error("REDIS_URL cannot be used: {0}")]
    Redis(#[from] redis::RedisError),
    #[error("serving: {0}")]
    Serve(#[from] std::io::Error),
}

/// What every handler has. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct App {
    pub(crate) store: Store,
    pub(crate) answers: Answers,
    pub(crate) accounts: Rounds<AccountAsked, Arc<Account>>,
}

impl App {
    fn new(config: &AnalysisConfig, pool: Pool, redis: Redis) -> Self {
        let store = Store::new(pool, config.memory_bytes);
        let answers = Answers::new(store.clone(), redis, config.cache_ttl);
        Self { answers, accounts: Rounds::default(), store }
    }
}

/// Runs the service until the shutdown.
///
/// # Errors
/// When MariaDB is not up in time, or the listener fails.
pub async fn run(config: Config, listener: TcpListener, shutdown: Shutdown) -> Result<(), Error> {
    let pool = db::connect(&config.database).await?;
    let redis = open_redis(&config.redis)?;
    let app = App::new(&config.analysis, pool.clone(), redis.clone());
    let readiness = readiness(&pool, redis);
    let warming = tokio::spawn(store::warm_up(app.store.clone(), shutdown.clone()));
    let routes = http::require_internal_token(router::routes(app), config.service.internal_token);
    service::serve("analysis", listener, shutdown, readiness, routes).await?;
    warming.abort();
    pool.close().await;
    Ok(())
}

fn open_redis(config: &RedisConfig) -> Result<Redis, Error> {
    Ok(Redis::new(config)?)
}

fn readiness(pool: &Pool, redis: Redis) -> Readiness {
    let pool = pool.clone();
    Readiness::default()
        .check("mariadb", move || {
            let pool = pool.clone();
            async move { db::check(&pool).await }
        })
        .check("redis", move || {
            let redis = redis.clone();
            async move { redis.check().await }
        })
}
