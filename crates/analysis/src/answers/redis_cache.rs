//! Answers in Redis. Redis is a convenience here: when it fails, it is left alone for a moment and answers are computed.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use bytes::Bytes;
use common::{
    metrics,
    redis_store::{Redis, tolerated},
};
use redis::{Cmd, ErrorKind, FromRedisValue, RedisError};

/// How long an answer from Redis is waited for: computing takes about as long.
const PATIENCE: Duration = Duration::from_millis(250);

/// How long Redis is left alone after it failed.
const COOL_DOWN: Duration = Duration::from_secs(2);

/// How many bytes a replica stores in each period as long as a time to live, so that no more than twice as many are there
/// at once. The same Redis has the web sessions and what is announced of jobs: answers must not fill it.
const BUDGET: usize = 32 << 20;

/// Larger answers are computed each time, so that a few of them do not use up what others need.
const LARGEST: usize = 1 << 20;

#[derive(Clone, Debug)]
pub(crate) struct RedisCache {
    redis: Redis,
    ttl: Duration,
    away_until: Arc<Mutex<Option<Instant>>>,
    spent: Arc<Mutex<Spent>>,
}

/// What was stored since a moment.
#[derive(Debug)]
struct Spent {
    since: Instant,
    bytes: usize,
}

impl Spent {
    /// Whether `bytes` more may be stored at `now`; then they are.
    fn add(&mut self, bytes: usize, now: Instant, ttl: Duration) -> bool {
        if now.saturating_duration_since(self.since) >= ttl {
            *self = Self { since: now, bytes: 0 };
        }
        let fits = self.bytes + bytes <= BUDGET;
        self.bytes += if fits { bytes } else { 0 };
        fits
    }

    /// What was to be stored, and was not. Should another period have begun meanwhile, that one may store a little more.
    fn give_back(&mut self, bytes: usize) {
        self.bytes = self.bytes.saturating_sub(bytes);
    }
}

/// What becomes of a command that Redis has not answered well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refusal {
    /// It was not carried out: nobody was there to take it, or Redis said no.
    Sure,
    /// It may have been sent, and may have been carried out or be so later.
    Unsure,
}

impl From<&RedisError> for Refusal {
    /// A connection that breaks does not tell what it has carried before.
    fn from(error: &RedisError) -> Self {
        let said_no = matches!(error.kind(), ErrorKind::Server(_) | ErrorKind::Extension);
        if said_no || error.is_connection_refusal() { Self::Sure } else { Self::Unsure }
    }
}

impl RedisCache {
    pub(crate) fn new(redis: Redis, ttl: Duration) -> Self {
        let spent = Spent { since: Instant::now(), bytes: 0 };
        Self { redis, ttl, away_until: Arc::default(), spent: Arc::new(Mutex::new(spent)) }
    }

    /// The answer under `key`; none when there is none, or no Redis.
    pub(crate) async fn get(&self, key: &str) -> Option<Bytes> {
        self.run::<Option<Vec<u8>>>("answers.get", redis::cmd("GET").arg(key))
            .await
            .ok()
            .flatten()
            .map(Bytes::from)
    }

    /// Keeps an answer for its time to live, if Redis is there and has not got too many.
    pub(crate) async fn put(&self, key: &str, body: &Bytes) {
        if let Err(reason) = self.store(key, body).await {
            metrics::storage::ANSWERS_NOT_STORED.with_label_values(&[reason]).inc();
            tracing::debug!(answer = key, bytes = body.len(), reason, "answer.not_stored");
        }
    }

    /// Or the reason why not, as a label.
    async fn store(&self, key: &str, body: &Bytes) -> Result<(), &'static str> {
        if body.len() > LARGEST {
            return Err("large");
        }
        // What is not even tried costs nothing: Redis would come back to a budget that is used up.
        if self.is_away() {
            return Err("redis");
        }
        if !self.spent().add(body.len(), Instant::now(), self.ttl) {
            return Err("budget");
        }
        let mut set = redis::cmd("SET");
        set.arg(key).arg(&body[..]).arg("EX").arg(self.ttl.as_secs());
        self.run::<()>("answers.put", &set).await.map_err(|refusal| {
            if refusal == Refusal::Sure {
                self.spent().give_back(body.len());
            }
            "redis"
        })
    }

    fn spent(&self) -> MutexGuard<'_, Spent> {
        self.spent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn run<T: FromRedisValue>(&self, what: &'static str, command: &Cmd) -> Result<T, Refusal> {
        if self.is_away() {
            return Err(Refusal::Sure);
        }
        let mut connection = self.redis.shared();
        let outcome = tokio::time::timeout(PATIENCE, command.query_async(&mut connection)).await;
        let error = match outcome {
            Ok(Ok(value)) => return Ok(value),
            Ok(Err(error)) => error,
            Err(_) => RedisError::from(std::io::Error::from(std::io::ErrorKind::TimedOut)),
        };
        tolerated(what, &error);
        *self.away_until.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now() + COOL_DOWN);
        Err(Refusal::from(&error))
    }

    fn is_away(&self) -> bool {
        let until = *self.away_until.lock().unwrap_or_else(PoisonError::into_inner);
        until.is_some_and(|until| Instant::now() < until)
    }
}

#[cfg(test)]
mod tests {
    use common::config::RedisConfig;
    use tokio::{
        io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
        net::{TcpListener, TcpStream},
    };

    use super::*;

    #[tokio::test]
    async fn what_redis_does_not_take_is_not_spent() {
        let nobody = RedisConfig { url: "redis://127.0.0.1:9/".into() };
        let cache = RedisCache::new(Redis::new(&nobody).unwrap(), Duration::from_mins(5));
        let body = Bytes::from_static(b"{}");
        for _ in ["failed", "not tried again so soon"] {
            assert_eq!(cache.store("key", &body).await, Err("redis"));
            assert_eq!(cache.spent().bytes, 0);
        }
        assert!(cache.is_away());
        assert_eq!(cache.store("key", &vec![0; LARGEST + 1].into()).await, Err("large"));
    }

    #[tokio::test]
    async fn what_redis_may_have_stored_is_spent() {
        assert_eq!(spent_when_answered(None).await, 2, "no answer in time");
        assert_eq!(spent_when_answered(Some("")).await, 2, "closed instead of an answer");
    }

    #[tokio::test]
    async fn what_redis_says_no_to_is_not_spent() {
        assert_eq!(spent_when_answered(Some("-OOM command not allowed\r\n")).await, 0);
        assert_eq!(spent_when_answered(Some("-READONLY a replica\r\n")).await, 0);
    }

    /// How much is spent when Redis answers a SET of two bytes so and hangs up; without an answer it waits.
    async fn spent_when_answered(answer: Option<&'static str>) -> usize {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("redis://{}/", listener.local_addr().unwrap()).into();
        let cache = RedisCache::new(Redis::new(&RedisConfig { url }).unwrap(), Duration::from_mins(5));
        let served = tokio::spawn(serve(listener, answer));
        // The connection is there before the SET, whose time is short.
        cache.redis.check().await.unwrap();
        assert_eq!(cache.store("key", &Bytes::from_static(b"{}")).await, Err("redis"));
        let served = tokio::time::timeout(Duration::from_secs(20), served).await;
        served.expect("the SET never came").unwrap();
        cache.spent().bytes
    }

    /// Says OK to everything that comes before a SET. A connection that is not closed is returned.
    async fn serve(listener: TcpListener, answer: Option<&'static str>) -> Option<BufReader<TcpStream>> {
        let mut client = BufReader::new(listener.accept().await.unwrap().0);
        while command(&mut client).await != b"SET\r\n" {
            client.write_all(b"+OK\r\n").await.unwrap();
        }
        let Some(answer) = answer else { return Some(client) };
        client.write_all(answer.as_bytes()).await.unwrap();
        None
    }

    /// Reads a command, an array of strings: `*1 $4 PING`, line ends for spaces. Its name with the line end.
    async fn command(client: &mut BufReader<TcpStream>) -> Vec<u8> {
        let mut parts = Vec::new();
        for _ in 0..number(client).await {
            let mut part = vec![0; number(client).await + 2];
            client.read_exact(&mut part).await.unwrap();
            parts.push(part);
        }
        parts.swap_remove(0)
    }

    /// Reads a line such as `$4`.
    async fn number(client: &mut BufReader<TcpStream>) -> usize {
        let mut line = String::new();
        client.read_line(&mut line).await.unwrap();
        line.trim_end().trim_start_matches(['*', '$']).parse().unwrap()
    }

    #[test]
    fn no_more_than_the_budget_is_stored_within_a_time_to_live() {
        let (now, ttl) = (Instant::now(), Duration::from_mins(5));
        let mut spent = Spent { since: now, bytes: 0 };
        assert!(spent.add(BUDGET - 10, now, ttl));
        assert!(!spent.add(11, now, ttl), "one more than fits");
        assert!(spent.add(10, now + ttl / 2, ttl), "what was refused was not stored");
        assert!(!spent.add(1, now + ttl / 2, ttl));
        assert!(spent.add(BUDGET, now + ttl, ttl));
    }
}
