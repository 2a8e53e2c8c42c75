//! Announcements. Of each lane (a tenant's jobs of one kind) at most a window of jobs is announced at a time, so that
//! who has 50,000 jobs does not stand before who has ten.
//!
//! A job is announced when it is enqueued, if its lane's window has room. When jobs are claimed, their lanes' windows are
//! filled again ([`low_lanes`], [`waiting`]). A lane of which nothing is announced, because its jobs were not due or an
//! announcement was lost, is found by its first job ([`heads`]); the claim of that one brings the others.

use std::time::Duration;

use super::{Lane, micros};
use crate::{
    db::{DbError, Pool, json_list},
    ids::{JobId, UserId},
};

/// A job that may be announced, and its kind.
pub type Announceable = (JobId, String);

/// Those of `jobs` that are due, not announced, and find room in their lane's window.
///
/// # Errors
/// When MariaDB fails.
pub async fn announceable(pool: &Pool, jobs: &[JobId], window: u32) -> Result<Vec<Announceable>, DbError> {
    let rows = sqlx::query!(
        "SELECT fresh.id AS `id!`, fresh.kind AS `kind!`
         FROM (SELECT STRAIGHT_JOIN jobs.id, jobs.kind, jobs.tenant,
                      ROW_NUMBER() OVER (PARTITION BY jobs.kind, jobs.tenant ORDER BY jobs.id) AS nth
               FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) AS wanted
               JOIN jobs ON jobs.id = wanted.id
               WHERE jobs.state = 'ready' AND jobs.announced = 0 AND jobs.run_at <= UTC_TIMESTAMP(6)) AS fresh
         WHERE fresh.nth + (SELECT COUNT(*) FROM jobs AS told
                            WHERE told.state = 'ready' AND told.kind = fresh.kind AND told.tenant = fresh.tenant
                              AND told.announced = 1) <= ?
         ORDER BY fresh.id",
        json_list(jobs)?,
        window
    )
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(|row| (JobId(row.id), row.kind)).collect())
}

/// The first job of each lane of which something is due and nothing announced.
///
/// # Errors
/// When MariaDB fails.
pub async fn heads(pool: &Pool, limit: u32) -> Result<Vec<Announceable>, DbError> {
    let rows = sqlx::query!(
        "SELECT STRAIGHT_JOIN jobs.id, jobs.kind
         FROM (SELECT (SELECT first.id FROM jobs AS first
                       WHERE first.state = 'ready' AND first.kind = lane.kind AND first.tenant = lane.tenant
                         AND first.announced = 0 ORDER BY first.run_at LIMIT 1) AS id
               FROM (SELECT DISTINCT state, kind, tenant FROM jobs WHERE state = 'ready') AS lane
               WHERE NOT EXISTS (SELECT 1 FROM jobs AS told
                                 WHERE told.state = 'ready' AND told.kind = lane.kind AND told.tenant = lane.tenant
                                   AND told.announced = 1)) AS heads
         JOIN jobs ON jobs.id = heads.id WHERE jobs.run_at <= UTC_TIMESTAMP(6) LIMIT ?",
        limit
    )
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(|row| (JobId(row.id), row.kind)).collect())
}

/// Those of `lanes` that have jobs which are not announced, and at most `low` that are; with how many are.
///
/// # Errors
/// When MariaDB fails.
pub async fn low_lanes(pool: &Pool, lanes: &[Lane], low: u32) -> Result<Vec<(Lane, u32)>, DbError> {
    let rows = sqlx::query!(
        "SELECT lane.kind AS `kind!`, lane.tenant AS `tenant!`,
                (SELECT COUNT(*) FROM jobs AS told
                 WHERE told.state = 'ready' AND told.kind = lane.kind AND told.tenant = lane.tenant
                   AND told.announced = 1) AS `announced!: u32`
         FROM JSON_TABLE(?, '$[*]' COLUMNS (kind VARCHAR(32) CHARACTER SET ascii PATH '$.kind',
                                            tenant BIGINT UNSIGNED PATH '$.tenant')) AS lane
         WHERE EXISTS (SELECT 1 FROM jobs AS waiting
                       WHERE waiting.state = 'ready' AND waiting.kind = lane.kind AND waiting.tenant = lane.tenant
                         AND waiting.announced = 0)",
        json_list(lanes)?
    )
    .fetch_all(pool)
    .await?;
    let low_ones = rows.into_iter().filter(|row| row.announced <= low);
    Ok(low_ones.map(|row| (Lane { kind: row.kind, tenant: UserId(row.tenant) }, row.announced)).collect())
}

/// The lane's jobs that are due and not announced, those that have been due longest first.
///
/// # Errors
/// When MariaDB fails.
pub async fn waiting(pool: &Pool, lane: &Lane, limit: u32) -> Result<Vec<JobId>, DbError> {
    let ids = sqlx::query_scalar!(
        "SELECT id FROM jobs WHERE state = 'ready' AND kind = ? AND tenant = ? AND announced = 0
           AND run_at <= UTC_TIMESTAMP(6) ORDER BY run_at LIMIT ?",
        lane.kind,
        lane.tenant.0,
        limit
    )
    .fetch_all(pool)
    .await?;
    Ok(ids.into_iter().map(JobId).collect())
}

/// Marks jobs as announced.
///
/// # Errors
/// When MariaDB fails.
pub async fn mark_published(pool: &Pool, jobs: &[JobId]) -> Result<(), DbError> {
    sqlx::query!(
        "UPDATE JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) AS told
         STRAIGHT_JOIN jobs ON jobs.id = told.id
         SET jobs.published_at = UTC_TIMESTAMP(6) WHERE jobs.state = 'ready'",
        json_list(jobs)?
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

/// Ids of due jobs, those that have been due longest first: what a worker falls back on without Redis.
///
/// # Errors
/// When MariaDB fails.
pub async fn due(pool: &Pool, limit: u32) -> Result<Vec<JobId>, DbError> {
    let ids = sqlx::query_scalar!(
        "SELECT id FROM jobs WHERE state = 'ready' AND run_at <= UTC_TIMESTAMP(6) ORDER BY run_at LIMIT ?",
        limit
    )
    .fetch_all(pool)
    .await?;
    Ok(ids.into_iter().map(JobId).collect())
}
