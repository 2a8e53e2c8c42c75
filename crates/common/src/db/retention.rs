//! What is due to go, across tables, in bounded steps. Each function removes at most `limit` rows and says how many, so
//! that its caller can go on until nothing is left without ever holding many locks.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::{DbError, Pool, captures, json_list, retrying};

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

/// Takes captures out of sessions that nobody may look into any more: expired ones, and those that were deleted before
/// `deleted_before`, which cannot be restored any more.
///
/// # Errors
/// When MariaDB fails.
pub async fn unlink_captures(pool: &Pool, deleted_before: DateTime<Utc>, limit: u32) -> Result<u64, DbError> {
    let done = sqlx::query!(
        "DELETE FROM session_captures
         WHERE session_id IN (SELECT id FROM sessions
                              WHERE status = 'expired' OR (status = 'deleted' AND updated_at < ?)) LIMIT ?",
        deleted_before,
        limit
    )
    .execute(pool)
    .await?;
    Ok(done.rows_affected())
}

/// Removes captures that are in no session and older than `before`, but those that are still being made. Which ones, two
/// indexes tell.
///
/// # Errors
/// When MariaDB fails.
pub async fn remove_captures(pool: &Pool, before: DateTime<Utc>, limit: u32) -> Result<u64, DbError> {
    let rows = sqlx::query!(
        "SELECT id, roster_parts FROM captures FORCE INDEX (captures_channel_slot)
         WHERE slot < ? AND status <> 'pending' AND NOT EXISTS (SELECT 1 FROM session_captures WHERE capture_id = captures.id) LIMIT ?",
        before,
        limit
    )
    .fetch_all(pool)
    .await?;
    let mut due: Vec<_> = rows.into_iter().map(|row| (row.id, row.roster_parts)).collect();
    due.sort_unstable();
    let mut removed = 0;
    for piece in captures::remove::pieces(&due) {
        let piece = piece.as_slice();
        removed += retrying(|| async move {
            let mut tx = pool.begin().await?;
            let removed = captures::remove::unheld(&mut tx, piece).await?;
            tx.commit().await?;
            Ok::<_, DbError>(removed)
        })
        .await?;
    }
    Ok(removed)
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

/// Jobs that were removed, of one kind and state.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct RemovedJobs {
    pub kind: String,
    pub state: String,
    pub jobs: u64,
}

/// Removes jobs that ended before `done_before`, or died before `dead_before`; tells how many of which.
///
/// # Errors
/// When MariaDB fails.
pub async fn remove_jobs(
    pool: &Pool,
    done_before: DateTime<Utc>,
    dead_before: DateTime<Utc>,
    limit: u32,
) -> Result<Vec<RemovedJobs>, DbError> {
    let mut tx = pool.begin().await?;
    // What ended before a time was due before it, and that there is an index for.
    let rows = sqlx::query!(
        "(SELECT id, kind, state FROM jobs WHERE state = 'done' AND run_at < ? AND finished_at < ? LIMIT ?)
         UNION ALL
         (SELECT id, kind, state FROM jobs WHERE state = 'dead' AND run_at < ? AND finished_at < ? LIMIT ?) LIMIT ?",
        done_before,
        done_before,
        limit,
        dead_before,
        dead_before,
        limit,
        limit
    )
    .fetch_all(&mut *tx)
    .await?;
    let mut removed = BTreeMap::new();
    let mut ids = Vec::with_capacity(rows.len());
    for row in rows {
        *removed.entry((row.kind, row.state)).or_default() += 1;
        ids.push(row.id);
    }
    // A dead one may have been put back to work just now.
    sqlx::query!(
        "DELETE jobs FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) AS ended
         STRAIGHT_JOIN jobs ON jobs.id = ended.id WHERE jobs.state IN ('done', 'dead')",
        json_list(&ids)?
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(removed.into_iter().map(|((kind, state), jobs)| RemovedJobs { kind, state, jobs }).collect())
}

/// Removes what was noted before `before`.
///
/// # Errors
/// When MariaDB fails.
pub async fn remove_audit_logs(pool: &Pool, before: DateTime<Utc>, limit: u32) -> Result<u64, DbError> {
    let done =
        sqlx::query!("DELETE FROM audit_logs WHERE at < ? LIMIT ?", before, limit).execute(pool).await?;
    Ok(done.rows_affected())
}
