//! The connection to Redis: one multiplexed connection that reconnects by itself, every command with a deadline.

use std::time::Duration;

use redis::{AsyncTypedCommands as _, Client, aio::ConnectionManager, aio::ConnectionManagerConfig};
use secrecy::ExposeSecret as _;

use crate::{config::RedisConfig, metrics};

/// How long a command may take; blocking reads use a connection of their own.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(2);

/// Redis. Cheap to clone.
#[derive(Clone)]
pub struct Redis {
    client: Client,
    shared: ConnectionManager,
}

impl std::fmt::Debug for Redis {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Redis")
    }
}

impl Redis {
    /// Opens the connection lazily: a Redis that is not there yet fails commands, not the start.
    ///
    /// # Errors
    /// When the URL is not one.
    pub fn new(config: &RedisConfig) -> redis::RedisResult<Self> {
        let client = Client::open(config.url.expose_secret())?;
        let settings = ConnectionManagerConfig::new()
            .set_response_timeout(Some(RESPONSE_TIMEOUT))
            .set_connection_timeout(Some(RESPONSE_TIMEOUT))
            .set_number_of_retries(1)
            .set_max_delay(Duration::from_secs(1));
        let shared = ConnectionManager::new_lazy_with_config(client.clone(), settings)?;
        Ok(Self { client, shared })
    }

    /// The shared connection, for commands that do not block.
    #[must_use]
    pub fn shared(&self) -> ConnectionManager {
        self.shared.clone()
    }

    /// The client, for connections of one's own: blocking reads and subscriptions.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Whether Redis answers, as a readiness check.
    ///
    /// # Errors
    /// What went wrong, in words.
    pub async fn check(&self) -> Result<(), String> {
        self.shared().ping().await.map(drop).map_err(|error| error.to_string())
    }
}

/// Counts and logs a Redis error where the work goes on without it.
pub fn tolerated(what: &'static str, error: &redis::RedisError) {
    metrics::storage::REDIS_ERRORS.inc();
    tracing::warn!(what, %error, "redis.unavailable");
}
