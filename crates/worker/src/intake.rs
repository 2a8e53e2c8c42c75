//! Where the next jobs come from: announcements in Redis or, while Redis does not answer, a look into MariaDB.

use std::{collections::BTreeMap, time::Duration};

use common::{
    db::{self, Pool, jobs::Lane},
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
/// Due jobs that one look into MariaDB chooses from.
const POLLED: u32 = 1_000;
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
            return self.poll(room, count).await;
        }
        let kinds = self.kinds(room);
        let wait = if room.all_open() { self.wait } else { CLOSED_WAIT };
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

    /// The kinds to look for, in order.
    fn kinds(&mut self, room: &Room) -> Vec<&'static str> {
        let mut kinds = room.open_kinds();
        self.reads = self.reads.wrapping_add(1);
        if self.reads.is_multiple_of(OTHER_WAY_ROUND) {
            kinds.reverse();
        }
        kinds
    }

    async fn poll(&mut self, room: &Room, count: usize) -> Vec<JobId> {
        let mut chosen = Vec::new();
        for kind in self.kinds(room) {
            let due = db::within(LIMIT, db::jobs::due_of(&self.pool, kind, POLLED)).await;
            let due = due.unwrap_or_else(|error| {
                tracing::warn!(%error, "intake.poll_failed");
                Vec::new()
            });
            chosen.extend(in_turn(&due).take(room.of(kind).min(count - chosen.len())));
        }
        if chosen.is_empty() {
            tokio::time::sleep(PAUSE).await;
        }
        chosen
    }
}

/// Jobs of one kind in the order in which they are to be started: of each tenant one in turn, and in each turn those first
/// that have been due longest.
fn in_turn(due: &[(JobId, Lane)]) -> impl Iterator<Item = JobId> {
    let mut turns = BTreeMap::<_, usize>::new();
    let mut in_turn: Vec<_> = due
        .iter()
        .map(|(job, lane)| {
            let turn = turns.entry(lane.tenant).or_default();
            *turn += 1;
            (*turn, *job)
        })
        .collect();
    in_turn.sort_by_key(|(turn, _)| *turn);
    in_turn.into_iter().map(|(_, job)| job)
}

#[cfg(test)]
mod tests {
    use common::ids::UserId;

    use super::*;

    #[test]
    fn tenants_take_turns_without_redis() {
        let lane = |tenant| Lane { kind: "probe".to_owned(), tenant: UserId(tenant) };
        let due =
            [(1, 7), (2, 7), (3, 7), (4, 8), (5, 9), (6, 8)].map(|(job, tenant)| (JobId(job), lane(tenant)));
        let order: Vec<_> = in_turn(&due).map(|job| job.0).collect();
        assert_eq!(order, [1, 4, 5, 2, 6, 3]);
    }
}
