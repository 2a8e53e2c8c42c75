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

    async fn poll(&self, room: &Room, count: usize) -> Vec<JobId> {
        let due = db::within(LIMIT, db::jobs::due(&self.pool, POLLED)).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "intake.poll_failed");
            Vec::new()
        });
        let chosen = choose(&due, room, count);
        if chosen.is_empty() {
            tokio::time::sleep(PAUSE).await;
        }
        chosen
    }
}

/// Up to `count` of the jobs that are due: the most urgent kinds first, no more of each than there is room for, and of
/// each tenant one in turn.
fn choose(due: &[(JobId, Lane)], room: &Room, count: usize) -> Vec<JobId> {
    let mut chosen = Vec::new();
    for kind in room.open_kinds() {
        let mut turns = BTreeMap::<_, usize>::new();
        let of_kind = due.iter().filter(|(_, lane)| lane.kind == kind);
        let mut in_turn: Vec<_> = of_kind
            .map(|(job, lane)| {
                let turn = turns.entry(lane.tenant).or_default();
                *turn += 1;
                (*turn, *job)
            })
            .collect();
        // Stable: who has been due longest comes first in each turn.
        in_turn.sort_by_key(|(turn, _)| *turn);
        let left = count - chosen.len();
        chosen.extend(in_turn.into_iter().map(|(_, job)| job).take(room.of(kind).min(left)));
    }
    chosen
}

#[cfg(test)]
mod tests {
    use common::ids::UserId;

    use super::*;

    fn due(jobs: &[(u64, &str, u64)]) -> Vec<(JobId, Lane)> {
        let lane = |kind: &str, tenant| Lane { kind: kind.to_owned(), tenant: UserId(tenant) };
        jobs.iter().map(|(id, kind, tenant)| (JobId(*id), lane(kind, *tenant))).collect()
    }

    #[test]
    fn without_redis_urgency_limits_and_turns_are_kept() {
        let room = Room::new(8);
        let (capture, enrich) = ("capture_chatters", "enrich_accounts");
        let jobs = [
            (1, enrich, 0),
            (2, enrich, 0),
            (3, enrich, 0),
            (4, capture, 7),
            (5, capture, 7),
            (6, capture, 7),
            (7, capture, 8),
        ];
        let chosen =
            |count| choose(&due(&jobs), &room, count).into_iter().map(|job| job.0).collect::<Vec<_>>();
        assert_eq!(chosen(2), [4, 7], "each tenant in turn");
        assert_eq!(chosen(8), [4, 7, 5, 6, 1, 2], "two enrichments at once, no more");
    }
}
