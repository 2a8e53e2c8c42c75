//! Where the next jobs come from: announcements in Redis or, while Redis does not answer, a look into MariaDB.

use std::time::Duration;

use common::{
    db::{self, Pool},
    ids::JobId,
    queue::Announcements,
    redis_store::{Redis, tolerated},
};
use tokio::time::Instant;

use crate::room::Room;

/// Every so many reads begin with the least urgent kind, so that it gets its turn beside any number of urgent jobs.
const OTHER_WAY_ROUND: u32 = 8;
/// While a kind is at its limit, announcements of it are looked for again after this long.
const CLOSED_WAIT: Duration = Duration::from_millis(200);
/// For how long Redis is left alone after an error.
const WITHOUT_REDIS: Duration = Duration::from_secs(1);
/// The pause when MariaDB has nothing due either.
const PAUSE: Duration = Duration::from_millis(250);
/// How long MariaDB may take to answer.
const LIMIT: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub struct Intake {
    pool: Pool,
    announcements: Announcements,
    wait: Duration,
    reads: u32,
    redis_from: Option<Instant>,
}

impl Intake {
    /// `wait` is how long one call waits for an announcement.
    pub fn new(pool: Pool, redis: Redis, wait: Duration) -> Self {
        Self { pool, announcements: Announcements::new(redis), wait, reads: 0, redis_from: None }
    }

    /// Up to `count` jobs worth a try to claim; none after a while of waiting.
    pub async fn next(&mut self, room: &Room, count: usize) -> Vec<JobId> {
        if self.redis_from.is_some_and(|at| Instant::now() < at) {
            return self.poll(count).await;
        }
        let mut kinds = room.open_kinds();
        let wait = if room.all_open() { self.wait } else { CLOSED_WAIT };
        self.reads = self.reads.wrapping_add(1);
        if self.reads.is_multiple_of(OTHER_WAY_ROUND) {
            kinds.reverse();
        }
        match self.announcements.next(&kinds, count, wait).await {
            Ok(None) => Vec::new(),
            Ok(Some(mut taken)) => {
                let surplus = taken.jobs.split_off(room.of(&taken.kind).min(taken.jobs.len()));
                if !surplus.is_empty() {
                    self.announcements.give_back(&taken.kind, &surplus).await;
                }
                taken.jobs.into_iter().map(|(job, _)| job).collect()
            }
            Err(error) => {
                tolerated("intake.announcements", &error);
                self.redis_from = Some(Instant::now() + WITHOUT_REDIS);
                Vec::new()
            }
        }
    }

    async fn poll(&self, count: usize) -> Vec<JobId> {
        let limit = u32::try_from(count).unwrap_or(u32::MAX);
        let due = db::within(LIMIT, db::jobs::due(&self.pool, limit)).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "intake.poll_failed");
            Vec::new()
        });
        if due.is_empty() {
            tokio::time::sleep(PAUSE).await;
        }
        due
    }
}
