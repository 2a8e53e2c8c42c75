//! What the handlers and the background tasks share.

use std::{sync::Arc, time::Duration};

use common::{
    clock::Clock,
    db::{self, Pool},
    http,
    redis_store::Redis,
};
use rand::Rng as _;
use url::Url;

use crate::{
    Config, Error,
    budget::Budgets,
    helix::Helix,
    live::LiveCache,
    tokens::{OAuth, Tokens},
};

/// The running service. Cheap to clone.
#[derive(Clone, Debug)]
pub struct App {
    pub pool: Pool,
    pub redis: Redis,
    pub clock: Clock,
    pub tokens: Tokens,
    pub helix: Helix,
    pub live: LiveCache,
    pub cache_ttl: Duration,
    pub eventsub_url: Url,
    /// Tells this process from the other replicas.
    pub replica: u64,
}

impl App {
    /// Connects to MariaDB and Redis and wires the parts together.
    ///
    /// # Errors
    /// When MariaDB is not up in time, or a URL of the configuration cannot be used.
    pub async fn open(config: &Config, clock: Clock) -> Result<Self, Error> {
        let pool = db::connect(&config.database).await?;
        let redis = Redis::new(&config.redis)?;
        let http = http::client(config.twitch.timeout)?;
        let oauth = OAuth::new(&config.twitch, http.clone())?;
        let tokens =
            Tokens::new(pool.clone(), redis.clone(), oauth, Arc::clone(&config.cipher), clock.clone());
        let budgets = Budgets::new(redis.clone(), config.requests_per_second);
        let helix = Helix::new(&config.twitch, http, tokens.clone(), budgets, clock.clone());
        Ok(Self {
            live: LiveCache::new(redis.clone(), config.stream_poll, config.cache_ttl),
            pool,
            redis,
            clock,
            tokens,
            helix,
            cache_ttl: config.cache_ttl,
            eventsub_url: config.twitch.eventsub_url.clone(),
            replica: rand::rng().random(),
        })
    }
}
