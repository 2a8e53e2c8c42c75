//! `jobs`: the truth about all work. See [`crate::queue`] for the protocol these statements are the steps of.
//!
//! Leases are measured by MariaDB's clock, so that workers with different clocks agree.

use std::{collections::BTreeSet, time::Duration};

use chrono::{DateTime, Utc};
use sqlx::MySqlConnection;

use super::{DbError, Pool, json_list};
use crate::{
    ids::{JobId, UserId},
    jobs::NewJob,
};

/// Where a job is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// Waiting for its time or for a worker.
    Ready,
    /// A worker holds its lease.
    Running,
    /// Its effects are stored.
    Done,
    /// It failed for good; `last_error` says why.
    Dead,
}

impl TryFrom<String> for JobState {
    type Error = DbError;
    fn try_from(text: String) -> Result<Self, DbError> {
        match text.as_str() {
            "ready" => Ok(Self::Ready),
            "running" => Ok(Self::Running),
            "done" => Ok(Self::Done),
            "dead" => Ok(Self::Dead),
            _ => Err(DbError::corrupt("jobs", format!("state {text}"))),
        }
    }
}

/// A job as people see it.
#[derive(Clone, Debug)]
pub struct JobView {
    pub id: JobId,
    pub kind: String,
    pub tenant: UserId,
    pub state: JobState,
    pub attempt: u16,
    pub max_attempt: u16,
    pub run_at: DateTime<Utc>,
    pub last_error: Option<String>,
    pub payload: String,
}

/// A job that this worker holds.
#[derive(Clone, Debug)]
pub struct ClaimedJob {
    pub id: JobId,
    /// What its lease is held under.
    pub token: u64,
    pub kind: String,
    pub attempt: u16,
    pub max_attempt: u16,
    pub payload: String,
    pub request_id: String,
    pub waited: Duration,
}

/// Enqueues a job; a job of the same kind and key that is there already stays as it is.
/// Returns its id and whether it is new.
///
/// # Errors
/// When MariaDB fails.
pub async fn insert(
    connection: &mut MySqlConnection,
    job: &NewJob,
    request_id: &str,
) -> Result<(JobId, bool), DbError> {
    let done = sqlx::query!(
        "INSERT INTO jobs (kind, dedup, tenant, priority, max_attempt, run_at, payload, request_id, created_at)
         VALUES (?, ?, ?, ?, ?, TIMESTAMPADD(MICROSECOND, ?, UTC_TIMESTAMP(6)), ?, ?, UTC_TIMESTAMP(6))
         ON DUPLICATE KEY UPDATE id = LAST_INSERT_ID(id)",
        job.kind,
        job.dedup,
        job.tenant.0,
        job.policy.priority,
        job.policy.max_attempt,
        micros(job.policy.delay),
        job.payload,
        request_id,
    )
    .execute(connection)
    .await?;
    Ok((JobId(done.last_insert_id()), done.rows_affected() == 1))
}

/// Marks jobs as announced.
///
/// # Errors
/// When MariaDB fails.
pub async fn mark_published(pool: &Pool, jobs: &[JobId]) -> Result<(), DbError> {
    sqlx::query!(
        "UPDATE JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) AS announced
         STRAIGHT_JOIN jobs ON jobs.id = announced.id
         SET jobs.published_at = UTC_TIMESTAMP(6) WHERE jobs.state = 'ready'",
        json_list(jobs)?
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// Claims those of `jobs` that are ready and due, under `token`, for `lease`.
///
/// # Errors
/// When MariaDB fails; what it claimed nonetheless comes back when the lease ends.
pub async fn claim(
    pool: &Pool,
    jobs: &[JobId],
    token: u64,
    lease: Duration,
) -> Result<Vec<ClaimedJob>, DbError> {
    if jobs.is_empty() {
        return Ok(Vec::new());
    }
    // Announced twice is still one job.
    let ids = json_list(&Vec::from_iter(BTreeSet::from_iter(jobs)))?;
    let claimed = sqlx::query!(
        "UPDATE JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) AS wanted
         STRAIGHT_JOIN jobs ON jobs.id = wanted.id
         SET jobs.state = 'running', jobs.token = ?, jobs.attempt = jobs.attempt + 1,
             jobs.lease_until = TIMESTAMPADD(MICROSECOND, ?, UTC_TIMESTAMP(6))
         WHERE jobs.state = 'ready' AND jobs.run_at <= UTC_TIMESTAMP(6)",
        ids,
        token,
        micros(lease),
    )
    .execute(pool)
    .await?;
    if claimed.rows_affected() == 0 {
        return Ok(Vec::new());
    }
    let rows = sqlx::query!(
        "SELECT STRAIGHT_JOIN jobs.id, jobs.kind, jobs.attempt, jobs.max_attempt, jobs.payload, jobs.request_id,
                GREATEST(0, TIMESTAMPDIFF(MICROSECOND, jobs.run_at, UTC_TIMESTAMP(6))) AS `waited!: i64`
         FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) AS wanted
         JOIN jobs ON jobs.id = wanted.id
         WHERE jobs.state = 'running' AND jobs.token = ?",
        ids,
        token,
    )
    .fetch_all(pool)
    .await?;
    let claimed = rows.into_iter().map(|row| ClaimedJob {
        id: JobId(row.id),
        token,
        kind: row.kind,
        attempt: row.attempt,
        max_attempt: row.max_attempt,
        payload: row.payload,
        request_id: row.request_id,
        waited: Duration::from_micros(u64::try_from(row.waited).unwrap_or(0)),
    });
    Ok(claimed.collect())
}

/// Ids of due jobs, the most urgent first: what a worker falls back on when nothing announces them.
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

/// Ids of due jobs whose announcement is missing or `stale`.
///
/// # Errors
/// When MariaDB fails.
pub async fn unannounced(pool: &Pool, stale: Duration, limit: u32) -> Result<Vec<JobId>, DbError> {
    let ids = sqlx::query_scalar!(
        "SELECT id FROM jobs
         WHERE state = 'ready' AND run_at <= UTC_TIMESTAMP(6)
           AND (published_at IS NULL OR published_at < TIMESTAMPADD(MICROSECOND, -?, UTC_TIMESTAMP(6)))
         ORDER BY run_at LIMIT ?",
        micros(stale),
        limit
    )
    .fetch_all(pool)
    .await?;
    Ok(ids.into_iter().map(JobId).collect())
}

/// Extends the leases of jobs held under tokens; returns those that are no longer ours.
///
/// # Errors
/// When MariaDB fails.
pub async fn extend(
    pool: &Pool,
    held: &[(JobId, u64)],
    lease: Duration,
) -> Result<Vec<(JobId, u64)>, DbError> {
    let pairs = json_list(held)?;
    sqlx::query!(
        "UPDATE JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$[0]', token BIGINT UNSIGNED PATH '$[1]')) AS held
         STRAIGHT_JOIN jobs ON jobs.id = held.id
         SET jobs.lease_until = TIMESTAMPADD(MICROSECOND, ?, UTC_TIMESTAMP(6))
         WHERE jobs.state = 'running' AND jobs.token = held.token",
        pairs,
        micros(lease),
    )
    .execute(pool)
    .await?;
    let ours = sqlx::query!(
        "SELECT STRAIGHT_JOIN jobs.id, jobs.token AS `token!`
         FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$[0]', token BIGINT UNSIGNED PATH '$[1]')) AS held
         JOIN jobs ON jobs.id = held.id WHERE jobs.state = 'running' AND jobs.token = held.token",
        pairs,
    )
    .fetch_all(pool)
    .await?;
    let ours: std::collections::HashSet<_> = ours.into_iter().map(|row| (JobId(row.id), row.token)).collect();
    Ok(held.iter().copied().filter(|pair| !ours.contains(pair)).collect())
}

/// Marks the job done, as part of the transaction that stores its effects. `false`: the lease was lost, roll back.
///
/// # Errors
/// When MariaDB fails.
pub async fn finish(connection: &mut MySqlConnection, job: JobId, token: u64) -> Result<bool, DbError> {
    let done = sqlx::query!(
        "UPDATE jobs SET state = 'done', lease_until = NULL, token = NULL, last_error = NULL,
                finished_at = UTC_TIMESTAMP(6)
         WHERE id = ? AND token = ? AND state = 'running'",
        job.0,
        token
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Puts the job back, due after `delay`. `counted` is false when the run was no failure (it asked to be run later).
///
/// # Errors
/// When MariaDB fails.
pub async fn put_back(
    connection: &mut MySqlConnection,
    job: JobId,
    token: u64,
    delay: Duration,
    counted: bool,
    error: Option<&str>,
) -> Result<bool, DbError> {
    let done = sqlx::query!(
        "UPDATE jobs SET state = 'ready', lease_until = NULL, token = NULL, published_at = NULL, last_error = ?,
                attempt = attempt - IF(?, 0, 1), run_at = TIMESTAMPADD(MICROSECOND, ?, UTC_TIMESTAMP(6))
         WHERE id = ? AND token = ? AND state = 'running'",
        error,
        counted,
        micros(delay),
        job.0,
        token
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Gives the job up, as part of the transaction that records what that means.
///
/// # Errors
/// When MariaDB fails.
pub async fn bury(
    connection: &mut MySqlConnection,
    job: JobId,
    token: u64,
    error: &str,
) -> Result<bool, DbError> {
    let done = sqlx::query!(
        "UPDATE jobs SET state = 'dead', lease_until = NULL, token = NULL, last_error = ?,
                finished_at = UTC_TIMESTAMP(6)
         WHERE id = ? AND token = ? AND state = 'running'",
        error,
        job.0,
        token
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Takes jobs back from workers whose lease has ended; returns how many. A job whose attempts are used up is made ready
/// as well: whoever claims it sees that and gives it up with all that this means, without running it.
///
/// # Errors
/// When MariaDB fails.
pub async fn take_back_expired(pool: &Pool, limit: u32) -> Result<u64, DbError> {
    let readied = sqlx::query!(
        "UPDATE jobs SET state = 'ready', token = NULL, lease_until = NULL, published_at = NULL,
                run_at = UTC_TIMESTAMP(6), last_error = 'worker_lost: the worker that ran it was lost'
         WHERE state = 'running' AND lease_until < UTC_TIMESTAMP(6) LIMIT ?",
        limit
    )
    .execute(pool)
    .await?;
    Ok(readied.rows_affected())
}

/// One job, if it exists.
///
/// # Errors
/// When MariaDB fails.
pub async fn find(pool: &Pool, job: JobId) -> Result<Option<JobView>, DbError> {
    let row = sqlx::query!(
        "SELECT id, kind, tenant, state, attempt, max_attempt, run_at AS `run_at: DateTime<Utc>`, last_error, payload
         FROM jobs WHERE id = ?",
        job.0
    )
    .fetch_optional(pool)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(JobView {
        id: JobId(row.id),
        kind: row.kind,
        tenant: UserId(row.tenant),
        state: row.state.try_into()?,
        attempt: row.attempt,
        max_attempt: row.max_attempt,
        run_at: row.run_at,
        last_error: row.last_error,
        payload: row.payload,
    }))
}

/// How many jobs of each kind are in each state that is not final, and the age of the oldest due one.
///
/// # Errors
/// When MariaDB fails.
pub async fn depth(pool: &Pool) -> Result<Vec<(String, String, i64)>, DbError> {
    let rows = sqlx::query!(
        "SELECT kind, state, COUNT(*) AS jobs FROM jobs WHERE state IN ('ready', 'running', 'dead') GROUP BY kind, state"
    )
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(|row| (row.kind, row.state, row.jobs)).collect())
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}
