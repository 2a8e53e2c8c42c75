//! Answers in Redis. Redis is a convenience here: when it fails, it is left alone for a moment and answers are computed.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use bytes::Bytes;
use common::redis_store::{Redis, tolerated};
use redis::{Cmd, FromRedisValue, RedisError};

/// How long an answer from Redis is waited for: computing takes about as long.
const PATIENCE: Duration = Duration::from_millis(250);

/// How long Redis is left alone after it failed.
const COOL_DOWN: Duration = Duration::from_secs(2);

#[derive(Clone, Debug)]
pub(crate) struct RedisCache {
    redis: Redis,
    ttl: Duration,
    away_until: Arc<Mutex<Option<Instant>>>,
}

impl RedisCache {
    pub(crate) fn new(redis: Redis, ttl: Duration) -> Self {
        Self { redis, ttl, away_until: Arc::default() }
    }

    /// The answer under `key`; none when there is none, or no Redis.
    pub(crate) async fn get(&self, key: &str) -> Option<Bytes> {
        self.run::<Option<Vec<u8>>>("answers.get", redis::cmd("GET").arg(key))
            .await
            .flatten()
            .map(Bytes::from)
    }

    /// Keeps an answer for its time to live, if Redis is there.
    pub(crate) async fn put(&self, key: &str, body: &Bytes) {
        let mut set = redis::cmd("SET");
        set.arg(key).arg(&body[..]).arg("EX").arg(self.ttl.as_secs());
        self.run::<()>("answers.put", &set).await;
    }

    async fn run<T: FromRedisValue>(&self, what: &'static str, command: &Cmd) -> Option<T> {
        if self.is_away() {
            return None;
        }
        let mut connection = self.redis.shared();
        let outcome = tokio::time::timeout(PATIENCE, command.query_async(&mut connection)).await;
        let error = match outcome {
            Ok(Ok(value)) => return Some(value),
            Ok(Err(error)) => error,
            Err(_) => RedisError::from(std::io::Error::from(std::io::ErrorKind::TimedOut)),
        };
        tolerated(what, &error);
        *self.away_until.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now() + COOL_DOWN);
        None
    }

    fn is_away(&self) -> bool {
        let until = *self.away_until.lock().unwrap_or_else(PoisonError::into_inner);
        until.is_some_and(|until| Instant::now() < until)
    }
}
