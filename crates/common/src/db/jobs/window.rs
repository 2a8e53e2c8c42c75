//! Announcements. Of each lane (a tenant's jobs of one kind) at most a window of jobs is announced at a time, so that
//! who has 50,000 jobs does not stand before who has ten.
//!
//! A job is announced when it is enqueued, if its lane's window has room. When jobs are claimed, their lanes' windows are
//! filled again ([`low_lanes`], [`waiting`]). A lane of which nothing is announced, because its jobs were not due or an
//! announcement was lost, is found by its first job ([`heads`]); the claim of that one brings the others.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use super::{Lane, in_order, micros};
use crate::{
    db::{DbError, Pool, json_list},
    ids::{JobId, UserId},
};

/// How many lanes one statement looks at.
const LANES: usize = 2_000;

/// How many jobs one statement reads to find lanes.
const PIECE: u32 = 5_000;

/// A job that may be announced, and its kind.
pub type Announceable = (JobId, String);

/// Those of `jobs` that are due, not announced, and find room in their lane's window.
///
/// # Errors
/// When MariaDB fails.
pub async fn announceable(pool: &Pool, jobs: &[JobId], window: u32) -> Result<Vec<Announceable>, DbError> {
    let rows = sqlx::query!(
        "SELECT STRAIGHT_JOIN jobs.id, jobs.kind, jobs.tenant
         FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) AS wanted
         JOIN jobs ON jobs.id = wanted.id
         WHERE jobs.state = 'ready' AND jobs.announced = 0 AND jobs.run_at <= UTC_TIMESTAMP(6)
         ORDER BY jobs.id",
        json_list(jobs)?,
    )
    .fetch_all(pool)
    .await?;
    let lane = |kind: &str, tenant| Lane { kind: kind.to_owned(), tenant: UserId(tenant) };
    let lanes: BTreeSet<_> = rows.iter().map(|row| lane(&row.kind, row.tenant)).collect();
    let states = states(pool, &Vec::from_iter(lanes)).await?;
    let mut announced: BTreeMap<_, _> =
        states.into_iter().map(|state| (state.lane, state.announced)).collect();
    let mut fitting = Vec::with_capacity(rows.len());
    for row in rows {
        if let Some(announced) = announced.get_mut(&lane(&row.kind, row.tenant))
            && *announced < window
        {
            *announced += 1;
            fitting.push((JobId(row.id), row.kind));
        }
    }
    Ok(fitting)
}

/// The first job of each lane of which something is due and nothing announced; about `limit` of them.
///
/// # Errors
/// When MariaDB fails.
pub async fn heads(pool: &Pool, limit: usize) -> Result<Vec<Announceable>, DbError> {
    let mut heads = Vec::new();
    let mut after = Lane { kind: String::new(), tenant: UserId(0) };
    while heads.len() < limit {
        let lanes = lanes(pool, &after).await?;
        let Some(last) = lanes.last() else { break };
        after = last.clone();
        for some in lanes.chunks(LANES) {
            let silent = states(pool, some).await?.into_iter().filter(|state| state.announced == 0);
            heads.extend(silent.filter_map(|state| Some((state.first?, state.lane.kind))));
        }
    }
    heads.truncate(limit);
    Ok(heads)
}

/// Some lanes with jobs that are ready, the first ones after `after`; none when there are no more.
///
/// Reads a bounded piece of the index. A lane longer than that is passed by the next piece, which begins after it.
/// `SELECT DISTINCT` would skip from lane to lane when there are few, and read every job when there are many.
async fn lanes(pool: &Pool, after: &Lane) -> Result<Vec<Lane>, DbError> {
    let rows = sqlx::query!(
        "SELECT kind, tenant FROM jobs FORCE INDEX (lanes)
         WHERE state = 'ready' AND (kind > ? OR (kind = ? AND tenant > ?)) ORDER BY kind, tenant LIMIT ?",
        after.kind,
        after.kind,
        after.tenant.0,
        PIECE
    )
    .fetch_all(pool)
    .await?;
    let mut lanes: Vec<_> =
        rows.into_iter().map(|row| Lane { kind: row.kind, tenant: UserId(row.tenant) }).collect();
    lanes.dedup();
    Ok(lanes)
}

/// Those of `lanes` that have jobs which are due and not announced, and at most `low` that are; with how many are.
///
/// # Errors
/// When MariaDB fails.
pub async fn low_lanes(pool: &Pool, lanes: &[Lane], low: u32) -> Result<Vec<(Lane, u32)>, DbError> {
    let states = states(pool, lanes).await?;
    let low_ones = states.into_iter().filter(|state| state.first.is_some() && state.announced <= low);
    Ok(low_ones.map(|state| (state.lane, state.announced)).collect())
}

/// How a lane stands.
struct LaneState {
    lane: Lane,
    /// How many of its jobs are announced.
    announced: u32,
    /// The first of those that are due and not announced.
    first: Option<JobId>,
}

/// How lanes stand.
///
/// The index is named: for the first of a lane by time, MariaDB would now and then go through all jobs by time, seconds of
/// work while thousands wait. Plain subqueries in the list of columns, and the choice among them in Rust: MariaDB 10.11
/// turns correlated `EXISTS` over a derived table into something that it cannot execute a second time when the table has
/// changed ("Unknown column"), and says so for as long as the prepared statement lives.
async fn states(pool: &Pool, lanes: &[Lane]) -> Result<Vec<LaneState>, DbError> {
    if lanes.is_empty() {
        return Ok(Vec::new());
    }
    let rows = sqlx::query!(
        "SELECT lane.kind AS `kind!`, lane.tenant AS `tenant!`,
                (SELECT COUNT(*) FROM jobs AS told FORCE INDEX (lanes)
                 WHERE told.state = 'ready' AND told.kind = lane.kind AND told.tenant = lane.tenant
                   AND told.announced = 1) AS `announced!: u32`,
                (SELECT first.id FROM jobs AS first FORCE INDEX (lanes)
                 WHERE first.state = 'ready' AND first.kind = lane.kind AND first.tenant = lane.tenant
                   AND first.announced = 0 AND first.run_at <= UTC_TIMESTAMP(6)
                 ORDER BY first.run_at LIMIT 1) AS `first?: u64`
         FROM JSON_TABLE(?, '$[*]' COLUMNS (kind VARCHAR(32) CHARACTER SET ascii PATH '$.kind',
                                            tenant BIGINT UNSIGNED PATH '$.tenant')) AS lane",
        json_list(lanes)?
    )
    .fetch_all(pool)
    .await?;
    let states = rows.into_iter().map(|row| LaneState {
        lane: Lane { kind: row.kind, tenant: UserId(row.tenant) },
        announced: row.announced,
        first: row.first.map(JobId),
    });
    Ok(states.collect())
}

/// The lane's jobs that are due and not announced, those that have been due longest first.
///
/// # Errors
/// When MariaDB fails.
pub async fn waiting(pool: &Pool, lane: &Lane, limit: u32) -> Result<Vec<JobId>, DbError> {
    let ids = sqlx::query_scalar!(
        "SELECT id FROM jobs FORCE INDEX (lanes) WHERE state = 'ready' AND kind = ? AND tenant = ? AND announced = 0
           AND run_at <= UTC_TIMESTAMP(6) ORDER BY run_at LIMIT ?",
        lane.kind,
        lane.tenant.0,
        limit
    )
    .fetch_all(pool)
    .await?;
    Ok(ids.into_iter().map(JobId).collect())
}

/// Marks jobs as announced. By the primary key, and in the order in which [`claim`](super::claim) locks them.
///
/// # Errors
/// When MariaDB fails.
pub async fn mark_published(pool: &Pool, jobs: &[JobId]) -> Result<(), DbError> {
    sqlx::query!(
        "UPDATE JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) AS told
         STRAIGHT_JOIN jobs FORCE INDEX (PRIMARY) ON jobs.id = told.id
         SET jobs.published_at = UTC_TIMESTAMP(6) WHERE jobs.state = 'ready'",
        json_list(&in_order(jobs))?
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// Forgets announcements that nobody took for `patience`: they were lost. Returns how many.
///
/// # Errors
/// When MariaDB fails.
pub async fn forget_lost(pool: &Pool, patience: Duration, limit: u32) -> Result<u64, DbError> {
    let done = sqlx::query!(
        "UPDATE jobs SET published_at = NULL
         WHERE published_at < TIMESTAMPADD(MICROSECOND, -?, UTC_TIMESTAMP(6)) AND state = 'ready'
         ORDER BY published_at LIMIT ?",
        micros(patience),
        limit
    )
    .execute(pool)
    .await?;
    Ok(done.rows_affected())
}

/// Due jobs of a kind and their lanes, those that have been due longest first: what a worker falls back on without Redis.
/// Reads the index entries of all that are ready of the kind, and of no other.
///
/// # Errors
/// When MariaDB fails.
pub async fn due_of(pool: &Pool, kind: &str, limit: u32) -> Result<Vec<(JobId, Lane)>, DbError> {
    let rows = sqlx::query!(
        "SELECT id, tenant FROM jobs FORCE INDEX (lanes)
         WHERE state = 'ready' AND kind = ? AND run_at <= UTC_TIMESTAMP(6) ORDER BY run_at LIMIT ?",
        kind,
        limit
    )
    .fetch_all(pool)
    .await?;
    let jobs = rows.into_iter();
    Ok(jobs.map(|row| (JobId(row.id), Lane { kind: kind.to_owned(), tenant: UserId(row.tenant) })).collect())
}

/// Due jobs and their lanes, those that have been due longest first.
///
/// # Errors
/// When MariaDB fails.
pub async fn due(pool: &Pool, limit: u32) -> Result<Vec<(JobId, Lane)>, DbError> {
    let rows = sqlx::query!(
        "SELECT id, kind, tenant FROM jobs WHERE state = 'ready' AND run_at <= UTC_TIMESTAMP(6) ORDER BY run_at LIMIT ?",
        limit
    )
    .fetch_all(pool)
    .await?;
    let jobs = rows.into_iter();
    Ok(jobs.map(|row| (JobId(row.id), Lane { kind: row.kind, tenant: UserId(row.tenant) })).collect())
}
