//! A run: from the claim to the job's end.
//!
//! Whatever locks jobs names the primary key. For one job, the optimiser would look into each index that begins
//! with the state before it took the only one that can be meant. For many it may take such an index, or the whole
//! table while that is short: what it reads on the way is locked, or waited for, and in an order of its own.

use std::{
    collections::{BTreeSet, HashSet},
    time::Duration,
};

use sqlx::MySqlConnection;

use super::{ClaimedJob, in_order, micros};
use crate::{
    db::{DbError, Pool, json_list},
    ids::{JobId, UserId},
};

/// The last error of a job whose lease ended while it ran.
pub(super) const CUT_OFF: &str = "worker_lost: the worker that ran it was lost";

/// Claims those of `jobs` that are ready and due, under `token`, for `lease`. Those that an earlier try with
/// the same token claimed, whose answer was lost, are among what it returns.
///
/// # Errors
/// When MariaDB fails; what was claimed nonetheless comes back with the next try, or when the lease ends.
pub async fn claim(
    pool: &Pool,
    jobs: &[JobId],
    token: u64,
    lease: Duration,
) -> Result<Vec<ClaimedJob>, DbError> {
    if jobs.is_empty() {
        return Ok(Vec::new());
    }
    // Announced twice is still one job; in order, as `in_order` would have it.
    let ids = json_list(&Vec::from_iter(BTreeSet::from_iter(jobs)))?;
    sqlx::query!(
        "UPDATE JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) AS wanted
         STRAIGHT_JOIN jobs FORCE INDEX (PRIMARY) ON jobs.id = wanted.id
         SET jobs.state = 'running', jobs.token = ?, jobs.attempt = jobs.attempt + 1, jobs.published_at = NULL,
             jobs.lease_until = TIMESTAMPADD(MICROSECOND, ?, UTC_TIMESTAMP(6))
         WHERE jobs.state = 'ready' AND jobs.run_at <= UTC_TIMESTAMP(6)",
        ids,
        token,
        micros(lease),
    )
    .execute(pool)
    .await?;
    let rows = sqlx::query!(
        "SELECT STRAIGHT_JOIN jobs.id, jobs.kind, jobs.tenant, jobs.attempt, jobs.max_attempt, jobs.payload, jobs.request_id,
                GREATEST(0, TIMESTAMPDIFF(MICROSECOND, jobs.run_at, UTC_TIMESTAMP(6))) AS `waited!: i64`,
                jobs.last_error
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
        tenant: UserId(row.tenant),
        attempt: row.attempt,
        max_attempt: row.max_attempt,
        payload: row.payload,
        request_id: row.request_id,
        waited: Duration::from_micros(u64::try_from(row.waited).unwrap_or(0)),
        last_error: row.last_error,
    });
    Ok(claimed.collect())
}

/// Extends the leases of jobs held under tokens; returns those that have been given away.
///
/// A job that is done has not been: its run goes on until whoever watches has been told. If somebody else did
/// it, [`finish`] says so.
///
/// A job whose row is locked is passed over. It is being finished, in a transaction that may wait for others:
/// this would wait with it, and for this all who want one of the other rows. Such a job counts as what it was
/// before. Nobody takes it while it is locked, ended lease or not: [`take_back_expired`] passes it over as
/// well. The transaction has bounds of its own (`db::SESSION`: no wait for a lock is longer than 5 s). When
/// it is rolled back, the next heartbeat extends the lease, which outlasts two that passed it over. Should it
/// have ended nonetheless, and the job have been taken back, it is run again, and [`finish`] refuses this run
/// as any that is late.
///
/// # Errors
/// When MariaDB fails.
pub async fn extend(
    pool: &Pool,
    held: &[(JobId, u64)],
    lease: Duration,
) -> Result<Vec<(JobId, u64)>, DbError> {
    let pairs = json_list(held)?;
    let mut tx = pool.begin().await?;
    let ours = sqlx::query_scalar!(
        "SELECT STRAIGHT_JOIN jobs.id
         FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$[0]',
                                            token BIGINT UNSIGNED PATH '$[1]')) AS held
         JOIN jobs FORCE INDEX (PRIMARY) ON jobs.id = held.id
         WHERE jobs.state = 'running' AND jobs.token = held.token FOR UPDATE SKIP LOCKED",
        pairs,
    )
    .fetch_all(&mut *tx)
    .await?;
    if !ours.is_empty() {
        sqlx::query!(
            "UPDATE JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) AS ours
             STRAIGHT_JOIN jobs FORCE INDEX (PRIMARY) ON jobs.id = ours.id
             SET jobs.lease_until = TIMESTAMPADD(MICROSECOND, ?, UTC_TIMESTAMP(6))",
            json_list(&ours)?,
            micros(lease),
        )
        .execute(&mut *tx)
        .await?;
    }
    tx.commit().await?;
    // Without a lock: as it was committed, also of those that were passed over.
    let kept = sqlx::query!(
        "SELECT STRAIGHT_JOIN jobs.id, held.token AS `token!`
         FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$[0]',
                                            token BIGINT UNSIGNED PATH '$[1]')) AS held
         JOIN jobs FORCE INDEX (PRIMARY) ON jobs.id = held.id
         WHERE jobs.state = 'done' OR (jobs.state = 'running' AND jobs.token = held.token)",
        pairs,
    )
    .fetch_all(pool)
    .await?;
    let kept: HashSet<_> = kept.into_iter().map(|row| (JobId(row.id), row.token)).collect();
    Ok(held.iter().copied().filter(|pair| !kept.contains(pair)).collect())
}

/// Marks the job done, as part of the transaction that stores its effects. `false`: the lease was lost, roll back.
///
/// # Errors
/// When MariaDB fails.
pub async fn finish(connection: &mut MySqlConnection, job: JobId, token: u64) -> Result<bool, DbError> {
    let done = sqlx::query!(
        "UPDATE jobs FORCE INDEX (PRIMARY) SET state = 'done', lease_until = NULL, token = NULL, last_error = NULL,
                finished_at = UTC_TIMESTAMP(6)
         WHERE id = ? AND token = ? AND state = 'running'",
        job.0,
        token
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Marks jobs done that have no effects; returns those that were still ours.
///
/// # Errors
/// When MariaDB fails.
pub async fn finish_all(pool: &Pool, held: &[(JobId, u64)]) -> Result<HashSet<(JobId, u64)>, DbError> {
    let held = in_order(held);
    let mut tx = pool.begin().await?;
    let ours = sqlx::query!(
        "SELECT STRAIGHT_JOIN jobs.id, jobs.token AS `token!`
         FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$[0]',
                                            token BIGINT UNSIGNED PATH '$[1]')) AS held
         JOIN jobs FORCE INDEX (PRIMARY) ON jobs.id = held.id
         WHERE jobs.state = 'running' AND jobs.token = held.token FOR UPDATE",
        json_list(&held)?,
    )
    .fetch_all(&mut *tx)
    .await?;
    let ours: HashSet<_> = ours.into_iter().map(|row| (JobId(row.id), row.token)).collect();
    if !ours.is_empty() {
        sqlx::query!(
            "UPDATE JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$[0]')) AS ours
             STRAIGHT_JOIN jobs FORCE INDEX (PRIMARY) ON jobs.id = ours.id
             SET jobs.state = 'done', jobs.lease_until = NULL, jobs.token = NULL, jobs.last_error = NULL,
                 jobs.finished_at = UTC_TIMESTAMP(6)",
            json_list(&Vec::from_iter(&ours))?,
        )
        .execute(&mut *tx)
        .await?;
    }
    tx.commit().await?;
    Ok(ours)
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
        "UPDATE jobs FORCE INDEX (PRIMARY) SET state = 'ready', lease_until = NULL, token = NULL, published_at = NULL, last_error = ?,
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
        "UPDATE jobs FORCE INDEX (PRIMARY) SET state = 'dead', lease_until = NULL, token = NULL, last_error = ?,
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
/// A job that its worker is finishing at this moment is passed over: a worker that froze in the middle of that would
/// otherwise hold up everybody.
///
/// # Errors
/// When MariaDB fails.
pub async fn take_back_expired(pool: &Pool, limit: u32) -> Result<u64, DbError> {
    // Looks through all that run, which are not many, without a lock.
    let ended = sqlx::query_scalar!(
        "SELECT id FROM jobs WHERE state = 'running' AND lease_until < UTC_TIMESTAMP(6) ORDER BY lease_until LIMIT ?",
        limit
    )
    .fetch_all(pool)
    .await?;
    if ended.is_empty() {
        return Ok(0);
    }
    let mut tx = pool.begin().await?;
    let ended = sqlx::query_scalar!(
        "SELECT STRAIGHT_JOIN jobs.id FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) AS ended
         JOIN jobs FORCE INDEX (PRIMARY) ON jobs.id = ended.id
         WHERE jobs.state = 'running' AND jobs.lease_until < UTC_TIMESTAMP(6) FOR UPDATE SKIP LOCKED",
        json_list(&ended)?
    )
    .fetch_all(&mut *tx)
    .await?;
    let readied = sqlx::query!(
        "UPDATE JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) AS ended
         STRAIGHT_JOIN jobs FORCE INDEX (PRIMARY) ON jobs.id = ended.id
         SET jobs.state = 'ready', jobs.token = NULL, jobs.lease_until = NULL, jobs.published_at = NULL,
             jobs.run_at = UTC_TIMESTAMP(6), jobs.last_error = ?",
        json_list(&ended)?,
        CUT_OFF
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(readied.rows_affected())
}
