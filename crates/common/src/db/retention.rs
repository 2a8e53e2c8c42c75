//! What is due to go, across tables, in bounded steps. Each function removes at most `limit` rows and says how many, so
//! that its caller can go on until nothing is left without ever holding many locks.

use chrono::{DateTime, Utc};
use sqlx::MySqlConnection;

use super::{DbError, Pool};

/// Ends active sessions whose time is over.
///
/// # Errors
/// When MariaDB fails.
pub async fn expire_sessions(pool: &Pool, now: DateTime<Utc>, limit: u32) -> Result<u64, DbError> {
    let done = sqlx::query!(
        "UPDATE sessions SET status = 'expired', updated_at = ? WHERE status = 'active' AND expires_at <= ? LIMIT ?",
        now,
        now,
        limit
    )
    .execute(pool)
    .await?;
    Ok(done.rows_affected())
}

/// Takes captures out of sessions that nobody may look into any more.
///
/// # Errors
/// When MariaDB fails.
pub async fn unlink_captures(pool: &Pool, limit: u32) -> Result<u64, DbError> {
    let done = sqlx::query!(
        "DELETE FROM session_captures
         WHERE session_id IN (SELECT id FROM sessions WHERE status IN ('expired', 'deleted')) LIMIT ?",
        limit
    )
    .execute(pool)
    .await?;
    Ok(done.rows_affected())
}

/// Removes captures that are in no session and older than `before`.
///
/// # Errors
/// When MariaDB fails.
pub async fn remove_captures(pool: &Pool, before: DateTime<Utc>, limit: u32) -> Result<u64, DbError> {
    let done = sqlx::query!(
        "DELETE FROM captures WHERE slot < ? AND status <> 'pending'
           AND NOT EXISTS (SELECT 1 FROM session_captures WHERE capture_id = captures.id) LIMIT ?",
        before,
        limit
    )
    .execute(pool)
    .await?;
    Ok(done.rows_affected())
}

/// Removes sessions that were deleted before `before`.
///
/// # Errors
/// When MariaDB fails.
pub async fn remove_sessions(pool: &Pool, before: DateTime<Utc>, limit: u32) -> Result<u64, DbError> {
    let done = sqlx::query!(
        "DELETE FROM sessions WHERE status = 'deleted' AND updated_at < ?
           AND NOT EXISTS (SELECT 1 FROM session_captures WHERE session_id = sessions.id) LIMIT ?",
        before,
        limit
    )
    .execute(pool)
    .await?;
    Ok(done.rows_affected())
}

/// Removes jobs that ended before `done_before`, or died before `dead_before`.
///
/// # Errors
/// When MariaDB fails.
pub async fn remove_jobs(
    pool: &Pool,
    done_before: DateTime<Utc>,
    dead_before: DateTime<Utc>,
    limit: u32,
) -> Result<u64, DbError> {
    let done = sqlx::query!(
        "DELETE FROM jobs WHERE (state = 'done' AND finished_at < ?) OR (state = 'dead' AND finished_at < ?) LIMIT ?",
        done_before,
        dead_before,
        limit
    )
    .execute(pool)
    .await?;
    Ok(done.rows_affected())
}

/// Notes in `audit_logs` that the system removed something.
///
/// # Errors
/// When MariaDB fails.
pub async fn note(
    connection: &mut MySqlConnection,
    at: DateTime<Utc>,
    what: &str,
    rows: u64,
) -> Result<(), DbError> {
    sqlx::query!(
        "INSERT INTO audit_logs (at, user_id, action, subject, detail)
         VALUES (?, 0, 'retention', ?, JSON_OBJECT('rows', ?))",
        at,
        what,
        rows
    )
    .execute(connection)
    .await?;
    Ok(())
}
