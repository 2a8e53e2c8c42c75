//! The job queue: MariaDB holds the truth, a Redis stream only says which ids are worth a look.
//!
//! ```text
//! enqueue    INSERT, in the transaction of the domain write; after its commit, announce the id (best effort)
//! next       read announced ids, remove them from the stream, claim them in MariaDB (token + lease)
//! heartbeat  extend the leases every third of a lease; a job whose token is gone is cancelled
//! finish     one transaction: the effects + state = done WHERE token matches, or nothing
//! reconcile  every poll interval: take back ended leases, announce what is due and not announced
//! ```
//! An announcement is a hint: lost, doubled or late, it changes only when a job starts. That is why the stream is read
//! with NOACK and entries are removed when read: there is no pending list to clean up, and a worker killed between
//! reading and claiming costs one re-announcement. The stream is capped; what does not fit waits in MariaDB.

use std::time::Duration;

use redis::{
    AsyncConnectionConfig, AsyncTypedCommands as _, Script,
    aio::MultiplexedConnection,
    streams::{StreamReadOptions, StreamReadReply},
};

use crate::{
    db::{self, DbError, Pool},
    ids::JobId,
    metrics,
    redis_keys::{JOB_GROUP, JOB_STREAM},
    redis_store::{Redis, tolerated},
};

/// After how long an announcement that nobody took is made again.
const REANNOUNCE_AFTER: Duration = Duration::from_secs(10);

/// How many ids the stream holds at most.
const STREAM_CAP: usize = 10_000;

/// How many jobs one step of the reconciler touches at most.
const RECONCILE_BATCH: u32 = 2_000;

/// The queue's two halves.
#[derive(Clone, Debug)]
pub struct Queue {
    pool: Pool,
    redis: Redis,
}

impl Queue {
    #[must_use]
    pub fn new(pool: Pool, redis: Redis) -> Self {
        Self { pool, redis }
    }

    /// Tells the workers about jobs that have been committed. Failing is harmless: the reconciler will say it.
    pub async fn announce(&self, jobs: &[JobId]) {
        if jobs.is_empty() {
            return;
        }
        match self.add_to_stream(jobs).await {
            Ok(_added) => {
                if let Err(error) = db::jobs::mark_published(&self.pool, jobs).await {
                    tracing::warn!(%error, "queue.mark_published_failed");
                }
            }
            Err(error) => tolerated("queue.announce", &error),
        }
    }

    async fn add_to_stream(&self, jobs: &[JobId]) -> redis::RedisResult<i64> {
        let script = Script::new(include_str!("lua/announce.lua"));
        let mut call = script.key(JOB_STREAM);
        call.arg(STREAM_CAP);
        for job in jobs {
            call.arg(job.0);
        }
        call.invoke_async(&mut self.redis.shared()).await
    }

    /// One round of the reconciler; safe to run in every worker at once.
    ///
    /// # Errors
    /// When MariaDB fails.
    pub async fn reconcile(&self) -> Result<(), DbError> {
        let taken_back = db::jobs::take_back_expired(&self.pool, RECONCILE_BATCH).await?;
        let due = db::jobs::unannounced(&self.pool, REANNOUNCE_AFTER, RECONCILE_BATCH).await?;
        self.announce(&due).await;
        for (action, count) in [("lease_ended", taken_back), ("announced", due.len() as u64)] {
            if count > 0 {
                metrics::jobs::RECONCILED.with_label_values(&[action]).inc_by(count);
                tracing::info!(action, count, "queue.reconciled");
            }
        }
        Ok(())
    }
}

/// A worker's own connection for blocking reads of the stream.
pub struct Announcements {
    redis: Redis,
    consumer: String,
    connection: Option<MultiplexedConnection>,
}

impl std::fmt::Debug for Announcements {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Announcements").field("consumer", &self.consumer).finish_non_exhaustive()
    }
}

impl Announcements {
    /// `consumer` names this worker among the group.
    #[must_use]
    pub fn new(redis: Redis, consumer: String) -> Self {
        Self { redis, consumer, connection: None }
    }

    /// Up to `count` announced ids, waiting up to `wait` for the first. They are gone from the stream.
    ///
    /// # Errors
    /// When Redis fails; the next call connects anew.
    pub async fn next(&mut self, count: usize, wait: Duration) -> redis::RedisResult<Vec<JobId>> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.connect(wait).await?,
        };
        let jobs = read(&mut connection, &self.consumer, count, wait).await?;
        self.connection = Some(connection);
        Ok(jobs)
    }

    async fn connect(&self, wait: Duration) -> redis::RedisResult<MultiplexedConnection> {
        let settings = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(Duration::from_secs(2)))
            .set_response_timeout(Some(wait + Duration::from_secs(2)));
        self.redis.client().get_multiplexed_async_connection_with_config(&settings).await
    }
}

async fn read(
    connection: &mut MultiplexedConnection,
    consumer: &str,
    count: usize,
    wait: Duration,
) -> redis::RedisResult<Vec<JobId>> {
    let block = usize::try_from(wait.as_millis()).unwrap_or(usize::MAX);
    let options = StreamReadOptions::default().group(JOB_GROUP, consumer).count(count).block(block).noack();
    let reply: Option<StreamReadReply> = match connection.xread_options(&[JOB_STREAM], &[">"], &options).await
    {
        Err(error) if error.code() == Some("NOGROUP") => {
            // Redis was emptied, or this is its first day.
            create_group(connection).await?;
            None
        }
        reply => reply?,
    };
    let entries: Vec<_> = reply.into_iter().flat_map(|reply| reply.keys).flat_map(|key| key.ids).collect();
    if entries.is_empty() {
        return Ok(Vec::new());
    }
    let keys: Vec<&str> = entries.iter().map(|entry| entry.id.as_str()).collect();
    connection.xdel(JOB_STREAM, &keys).await?;
    Ok(entries.iter().filter_map(|entry| entry.get::<u64>("id")).map(JobId).collect())
}

async fn create_group(connection: &mut MultiplexedConnection) -> redis::RedisResult<()> {
    match connection.xgroup_create_mkstream(JOB_STREAM, JOB_GROUP, "0").await {
        Err(error) if error.code() == Some("BUSYGROUP") => Ok(()),
        outcome => outcome.map(drop),
    }
}
