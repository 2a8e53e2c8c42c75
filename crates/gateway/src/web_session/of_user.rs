//! Which web sessions a user has, so that all of them can be ended at once.
//!
//! A sorted set of session ids by when they began. It outlives the sessions in it; of more than [`MOST`] the oldest ends.

use std::time::Duration;

use chrono::{DateTime, Utc};
use common::{
    ids::UserId,
    redis_keys,
    redis_store::{Redis, tolerated},
};
use redis::{AsyncTypedCommands as _, RedisResult};
use tower_sessions::session::Id;

/// Browsers in which somebody can be logged in at once.
const MOST: isize = 100;

/// Remembers a session that has just become the user's.
pub(crate) async fn remember(redis: &Redis, user: UserId, id: Id, now: DateTime<Utc>, ttl: Duration) {
    if let Err(error) = try_remember(redis, user, id, now, ttl).await {
        tolerated("web_session.remember", &error);
    }
}

async fn try_remember(
    redis: &Redis,
    user: UserId,
    id: Id,
    now: DateTime<Utc>,
    ttl: Duration,
) -> RedisResult<()> {
    let key = redis_keys::web_sessions_of(user);
    let mut connection = redis.shared();
    connection.zadd(&key, id.to_string(), now.timestamp_micros()).await?;
    connection.expire(&key, outliving(ttl)).await?;
    let surplus = connection.zrange(&key, 0, -MOST - 1).await?;
    end(redis, &surplus).await?;
    connection.zremrangebyrank(&key, 0, -MOST - 1).await?;
    Ok(())
}

/// A session's end has moved: what is remembered of the user must outlive it.
pub(crate) async fn extend(redis: &Redis, user: UserId, ttl: Duration) {
    let key = redis_keys::web_sessions_of(user);
    if let Err(error) = redis.shared().expire(&key, outliving(ttl)).await {
        tolerated("web_session.extend", &error);
    }
}

/// Logs the user out everywhere.
///
/// # Errors
/// When Redis does not answer.
pub(crate) async fn end_all(redis: &Redis, user: UserId) -> RedisResult<()> {
    let key = redis_keys::web_sessions_of(user);
    let all = redis.shared().zrange(&key, 0, -1).await?;
    end(redis, &all).await?;
    redis.shared().del(&key).await?;
    Ok(())
}

async fn end(redis: &Redis, ids: &[String]) -> RedisResult<()> {
    if !ids.is_empty() {
        let keys: Vec<_> = ids.iter().map(|id| redis_keys::web_session(id)).collect();
        redis.shared().del(keys).await?;
    }
    Ok(())
}

/// Sessions are extended a few times in their lives; twice as long is long enough.
fn outliving(ttl: Duration) -> i64 {
    i64::try_from(ttl.as_secs().saturating_mul(2)).unwrap_or(i64::MAX)
}
