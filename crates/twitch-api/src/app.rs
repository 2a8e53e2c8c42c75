//! What the handlers share.

use std::{sync::Arc, time::Duration};

use common::{clock::Clock, db::Pool, redis_store::Redis};

use crate::{
    Config, Error,
    helix::Helix,
    tokens::{OAuth, Tokens},
};

/// The running service. Cheap to clone.
#[derive(Clone, Debug)]
pub struct App {
    pub redis: Redis,
    pub tokens: Tokens,
    pub helix: Helix,
    pub cache_ttl: Duration,
}

impl App {
    /// Wires the parts together.
    ///
    /// # Errors
    /// When a URL of the configuration cannot be used.
    pub fn new(config: &Config, pool: Pool, redis: Redis, http: reqwest::Client) -> Result<Self, Error> {
        let clock = Clock::system();
        let oauth = OAuth::new(&config.twitch, http.clone())?;
        let tokens = Tokens::new(pool, oauth, Arc::clone(&config.cipher), clock.clone());
        let helix = Helix::new(&config.twitch, http, tokens.clone(), clock);
        Ok(Self { redis, tokens, helix, cache_ttl: config.cache_ttl })
    }
}
