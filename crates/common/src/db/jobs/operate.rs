//! What operators see and do.

use std::time::Duration;

use sqlx::MySqlConnection;

use crate::{
    db::{DbError, Pool},
    ids::JobId,
};

/// How many jobs of a kind are in a state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Depth {
    pub kind: String,
    pub state: String,
    /// Of each state at most 100,000 jobs are counted.
    pub jobs: i64,
}

/// How many jobs of each kind are in each state but `done`.
///
/// # Errors
/// When MariaDB fails.
pub async fn depth(pool: &Pool) -> Result<Vec<Depth>, DbError> {
    let rows = sqlx::query!(
        "SELECT open.kind AS `kind!`, open.state AS `state!`, COUNT(*) AS jobs
         FROM ((SELECT kind, state FROM jobs WHERE state = 'ready' LIMIT 100000) UNION ALL
               (SELECT kind, state FROM jobs WHERE state = 'running' LIMIT 100000) UNION ALL
               (SELECT kind, state FROM jobs WHERE state = 'dead' LIMIT 100000)) AS open
         GROUP BY open.kind, open.state"
    )
    .fetch_all(pool)
    .await?;
    let depth = rows.into_iter().map(|row| Depth { kind: row.kind, state: row.state, jobs: row.jobs });
    Ok(depth.collect())
}

/// For how long the oldest due job has been waiting; `None` when none is due.
///
/// # Errors
/// When MariaDB fails.
pub async fn oldest_due(pool: &Pool) -> Result<Option<Duration>, DbError> {
    let age = sqlx::query_scalar!(
        "SELECT TIMESTAMPDIFF(MICROSECOND, run_at, UTC_TIMESTAMP(6)) AS `age!: i64` FROM jobs
         WHERE state = 'ready' AND run_at <= UTC_TIMESTAMP(6) ORDER BY run_at LIMIT 1"
    )
    .fetch_optional(pool)
    .await?;
    Ok(age.map(|age| Duration::from_micros(u64::try_from(age).unwrap_or(0))))
}

/// Puts dead jobs of a kind back to work, as if they had just been enqueued; returns how many.
///
/// # Errors
/// When MariaDB fails.
pub async fn redrive(pool: &Pool, kind: &str, limit: u32) -> Result<u64, DbError> {
    let done = sqlx::query!(
        "UPDATE jobs SET state = 'ready', attempt = 0, run_at = UTC_TIMESTAMP(6), published_at = NULL,
                finished_at = NULL
         WHERE state = 'dead' AND kind = ? LIMIT ?",
        kind,
        limit
    )
    .execute(pool)
    .await?;
    Ok(done.rows_affected())
}

/// Forgets what a finished job was about, in the transaction that finishes it: for payloads that name somebody.
///
/// # Errors
/// When MariaDB fails.
pub async fn blank_payload(connection: &mut MySqlConnection, job: JobId) -> Result<(), DbError> {
    sqlx::query!("UPDATE jobs SET payload = '{}' WHERE id = ?", job.0).execute(connection).await?;
    Ok(())
}
