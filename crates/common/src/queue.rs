//! The job queue: MariaDB holds the truth, Redis only says which ids are worth a look.
//!
//! ```text
//! enqueue    INSERT, in the transaction of the domain write; after its commit, announce the id (best effort)
//! next       read announced ids, which removes them, and claim them in MariaDB (token + lease)
//! refill     announce what comes next in the lanes of the claimed jobs
//! heartbeat  extend the leases every third of a lease; the run of a job that was given away is cancelled
//! finish     one transaction: the effects + state = done WHERE token matches, or nothing; without effects, of many at once
//! reconcile  every poll interval: take back ended leases, announce what is due and not announced
//! ```
//! An announcement is a hint: lost, doubled or late, it changes only when a job starts.
//!
//! Announcements are a sorted set per kind of job. A worker's read is one BZMPOP: it waits, takes ids of the most urgent
//! kind that has any, and removes them in the same step. A stream with a consumer group, which this queue began with, has
//! no such step: a worker killed between XREADGROUP and XDEL leaves an entry that nobody removes, and urgent jobs wait
//! behind all that came before them. A set has no consumers, no pending list, and holds an id once.
//!
//! Fairness: of each lane (a tenant's jobs of one kind) at most [`WINDOW`] jobs are announced at a time; the others wait in
//! MariaDB. See [`crate::db::jobs`] for how a lane's next jobs are found.

use std::{collections::BTreeMap, time::Duration};

use redis::{AsyncConnectionConfig, AsyncTypedCommands as _, Script, aio::MultiplexedConnection};

use crate::{
    db::{
        self, DbError, Pool,
        jobs::{Announceable, Lane},
    },
    ids::JobId,
    jobs::KINDS,
    metrics,
    redis_keys::announced_jobs,
    redis_store::{Redis, tolerated},
};

/// How many jobs of a lane are announced at a time.
pub const WINDOW: u32 = 16;
/// At this many announced jobs a lane's window is filled again.
pub const LOW: u32 = WINDOW / 2;

/// Of how many lanes the next jobs are announced together.
const REFILL: usize = 64;

/// After how long an announcement that nobody took counts as lost.
pub const LOST_AFTER: Duration = Duration::from_secs(10);
/// The same when Redis holds no announcement at all, as after a FLUSHALL: nothing can be on its way for longer.
const LOST_WHEN_EMPTY: Duration = Duration::from_secs(1);

/// How many ids of a kind are announced at most.
const CAP: usize = 10_000;

/// How many jobs one step of the reconciler touches at most.
const STEP: u32 = 2_000;

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

    /// Tells the workers about jobs that have been committed, as far as their lanes' windows have room. Failing is
    /// harmless: the reconciler will say it.
    pub async fn announce(&self, jobs: &[JobId]) {
        if jobs.is_empty() {
            return;
        }
        match db::jobs::announceable(&self.pool, jobs, WINDOW).await {
            Ok(jobs) => self.publish(jobs).await,
            Err(error) => tracing::warn!(%error, "queue.announce_failed"),
        }
    }

    /// Announces what comes next in `lanes`, of which jobs have just been claimed.
    ///
    /// # Errors
    /// When MariaDB fails.
    pub async fn refill(&self, lanes: &[Lane]) -> Result<(), DbError> {
        for lanes in db::jobs::low_lanes(&self.pool, lanes, LOW).await?.chunks(REFILL) {
            let mut next = Vec::new();
            for (lane, announced) in lanes {
                let jobs = db::jobs::waiting(&self.pool, lane, WINDOW.saturating_sub(*announced)).await?;
                next.extend(jobs.into_iter().map(|job| (job, lane.kind.clone())));
            }
            self.publish(next).await;
        }
        Ok(())
    }

    async fn publish(&self, jobs: Vec<Announceable>) {
        let mut kinds = BTreeMap::<String, Vec<JobId>>::new();
        for (job, kind) in jobs {
            kinds.entry(kind).or_default().push(job);
        }
        for (kind, mut jobs) in kinds {
            match self.add(&kind, &jobs).await {
                Ok(announced) => jobs.truncate(announced),
                Err(error) => return tolerated("queue.announce", &error),
            }
            if let Err(error) = db::jobs::mark_published(&self.pool, &jobs).await {
                tracing::warn!(%error, "queue.mark_published_failed");
            }
        }
    }

    async fn add(&self, kind: &str, jobs: &[JobId]) -> redis::RedisResult<usize> {
        let script = Script::new(include_str!("lua/announce.lua"));
        let mut call = script.key(announced_jobs(kind));
        call.arg(CAP);
        for job in jobs {
            call.arg(job.0);
        }
        call.invoke_async(&mut self.redis.shared()).await
    }

    /// How many jobs of a kind are announced and not taken.
    ///
    /// # Errors
    /// When Redis fails.
    pub async fn announced(&self, kind: &str) -> redis::RedisResult<usize> {
        self.redis.shared().zcard(announced_jobs(kind)).await
    }

    /// One round of the reconciler; safe to run in every worker at once.
    ///
    /// # Errors
    /// When MariaDB fails.
    pub async fn reconcile(&self) -> Result<(), DbError> {
        let taken_back = db::jobs::take_back_expired(&self.pool, STEP).await?;
        let patience = if self.nothing_announced().await { LOST_WHEN_EMPTY } else { LOST_AFTER };
        let lost = db::jobs::forget_lost(&self.pool, patience, STEP).await?;
        let heads = db::jobs::heads(&self.pool, STEP as usize).await?;
        let found = heads.len() as u64;
        self.publish(heads).await;
        for (action, count) in [("lease_ended", taken_back), ("lost", lost), ("announced", found)] {
            if count > 0 {
                metrics::jobs::RECONCILED.with_label_values(&[action]).inc_by(count);
                tracing::info!(action, count, "queue.reconciled");
            }
        }
        Ok(())
    }

    async fn nothing_announced(&self) -> bool {
        let mut total = 0;
        for (kind, _) in KINDS {
            match self.announced(kind).await {
                Ok(count) => {
                    metrics::jobs::ANNOUNCED
                        .with_label_values(&[kind])
                        .set(i64::try_from(count).unwrap_or(i64::MAX));
                    total += count;
                }
                Err(error) => {
                    tolerated("queue.announced", &error);
                    return false;
                }
            }
        }
        total == 0
    }
}

/// Announced jobs of one kind, taken by this worker, with their places among the announcements.
#[derive(Clone, Debug)]
pub struct Taken {
    pub kind: String,
    pub jobs: Vec<(JobId, f64)>,
}

/// A worker's own connection for blocking reads.
pub struct Announcements {
    redis: Redis,
    connection: Option<MultiplexedConnection>,
}

impl std::fmt::Debug for Announcements {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Announcements")
    }
}

impl Announcements {
    #[must_use]
    pub fn new(redis: Redis) -> Self {
        Self { redis, connection: None }
    }

    /// Takes up to `count` announced jobs of the first of `kinds` that has any, waiting up to `wait` for one.
    ///
    /// # Errors
    /// When Redis fails; the next call connects anew.
    pub async fn next(
        &mut self,
        kinds: &[&str],
        count: usize,
        wait: Duration,
    ) -> redis::RedisResult<Option<Taken>> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.connect(wait).await?,
        };
        let keys: Vec<_> = kinds.iter().map(|kind| announced_jobs(kind)).collect();
        let count = isize::try_from(count).unwrap_or(isize::MAX);
        let reply = connection.bzmpop_min(wait.as_secs_f64(), &keys, count).await?;
        self.connection = Some(connection);
        Ok(reply.and_then(|(key, members)| {
            let kind = kinds.iter().zip(&keys).find(|(_, of)| **of == key)?.0;
            let jobs = members.iter().filter_map(|(id, at)| Some((JobId(id.parse().ok()?), *at)));
            Some(Taken { kind: (*kind).to_owned(), jobs: jobs.collect() })
        }))
    }

    /// Announces jobs again, in their old places, for which this worker has no room after all.
    pub async fn give_back(&self, kind: &str, jobs: &[(JobId, f64)]) {
        let members: Vec<_> = jobs.iter().map(|(job, at)| (*at, job.0)).collect();
        if let Err(error) = self.redis.shared().zadd_multiple(announced_jobs(kind), &members).await {
            tolerated("queue.give_back", &error);
        }
    }

    async fn connect(&self, wait: Duration) -> redis::RedisResult<MultiplexedConnection> {
        let settings = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(Duration::from_secs(2)))
            .set_response_timeout(Some(wait + Duration::from_secs(2)));
        self.redis.client().get_multiplexed_async_connection_with_config(&settings).await
    }
}
