//! What an owner does to a session beside saving it: a new name, deleting it and undoing that, emptying it for good.

use chrono::{DateTime, Duration, Utc};
use serde_json::json;
use sqlx::MySqlConnection;

use super::{SessionStatus, parse_uuid, save};
use crate::{
    db::{DbError, Pool, audit_logs, captures, json_list, retrying},
    ids::{SessionUuid, UserId},
};

/// For how long a deleted session can be restored: until the retention job takes its captures out of it.
pub const UNDO_FOR: Duration = Duration::hours(24);

/// Captures that are removed at once.
const STEP: u32 = 500;

/// What became of a wish to restore a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Restored {
    Done,
    /// None of the user's sessions was deleted under this id, or too long ago.
    NotFound,
    /// It would be one saved session too many; this is the oldest.
    TooMany {
        oldest: SessionUuid,
        name: String,
    },
}

/// Gives the user's session a name; `false` when there is no such session.
///
/// # Errors
/// When MariaDB fails.
pub async fn rename(pool: &Pool, user: UserId, uuid: SessionUuid, name: &str) -> Result<bool, DbError> {
    let done = sqlx::query!(
        "UPDATE sessions SET name = ? WHERE uuid = ? AND user_id = ? AND status <> 'deleted'",
        name,
        uuid.to_string(),
        user.0
    )
    .execute(pool)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Deletes the user's session; `false` when there is none.
///
/// # Errors
/// When MariaDB fails.
pub async fn delete(
    pool: &Pool,
    user: UserId,
    uuid: SessionUuid,
    now: DateTime<Utc>,
) -> Result<bool, DbError> {
    let mut tx = pool.begin().await?;
    let deleted = sqlx::query!(
        "UPDATE sessions SET status = 'deleted', updated_at = ?
         WHERE uuid = ? AND user_id = ? AND status <> 'deleted'",
        now,
        uuid.to_string(),
        user.0
    )
    .execute(&mut *tx)
    .await?;
    let is_deleted = deleted.rows_affected() == 1;
    if is_deleted {
        audit_logs::note(&mut tx, now, user, "session.deleted", &uuid.to_string(), &json!({})).await?;
    }
    tx.commit().await?;
    Ok(is_deleted)
}

/// Undoes a deletion. What was saved or expired is so again. What was active is so again, for `ttl` from `now`; when
/// another one has become active meanwhile, it is saved instead.
///
/// # Errors
/// When MariaDB fails.
pub async fn restore(
    pool: &Pool,
    user: UserId,
    uuid: SessionUuid,
    now: DateTime<Utc>,
    ttl: Duration,
    max_saved: u32,
) -> Result<Restored, DbError> {
    retrying(|| async move {
        let mut tx = pool.begin().await?;
        let outcome = restore_in(&mut tx, user, uuid, now, ttl, max_saved).await?;
        if outcome == Restored::Done {
            audit_logs::note(&mut tx, now, user, "session.restored", &uuid.to_string(), &json!({})).await?;
            tx.commit().await?;
        }
        Ok(outcome)
    })
    .await
}

async fn restore_in(
    connection: &mut MySqlConnection,
    user: UserId,
    uuid: SessionUuid,
    now: DateTime<Utc>,
    ttl: Duration,
    max_saved: u32,
) -> Result<Restored, DbError> {
    save::one_at_a_time(connection, user).await?;
    let row = sqlx::query!(
        "SELECT id, updated_at AS `deleted_at: DateTime<Utc>`, expires_at AS `expires_at: DateTime<Utc>`
         FROM sessions WHERE uuid = ? AND user_id = ? AND status = 'deleted' FOR UPDATE",
        uuid.to_string(),
        user.0
    )
    .fetch_optional(&mut *connection)
    .await?;
    let Some(row) = row.filter(|row| now - row.deleted_at < UNDO_FOR) else {
        return Ok(Restored::NotFound);
    };
    let status = match row.expires_at {
        None => SessionStatus::Saved,
        Some(end) if end <= row.deleted_at => SessionStatus::Expired,
        Some(_) if is_another_active(connection, user, now).await? => SessionStatus::Saved,
        Some(_) => SessionStatus::Active,
    };
    let (status, expires_at) = match status {
        SessionStatus::Active => ("active", Some(now + ttl)),
        SessionStatus::Expired => ("expired", row.expires_at),
        SessionStatus::Saved => {
            if let Some((oldest, name)) = save::oldest_if_full(connection, user, max_saved).await? {
                return Ok(Restored::TooMany { oldest: parse_uuid(&oldest)?, name });
            }
            ("saved", None)
        }
    };
    sqlx::query!(
        "UPDATE sessions SET status = ?, updated_at = ?, expires_at = ? WHERE id = ?",
        status,
        now,
        expires_at,
        row.id
    )
    .execute(connection)
    .await?;
    Ok(Restored::Done)
}

async fn is_another_active(
    connection: &mut MySqlConnection,
    user: UserId,
    now: DateTime<Utc>,
) -> Result<bool, DbError> {
    super::expire_active(connection, user, now).await?;
    let found = sqlx::query_scalar!("SELECT id FROM sessions WHERE active_user = ?", user.0)
        .fetch_optional(connection)
        .await?;
    Ok(found.is_some())
}

/// Empties the user's session for good: its captures are removed, except for those that another session holds, and the
/// record of it stays. Returns how many captures were removed; none when there is no such session.
///
/// # Errors
/// When MariaDB fails; what was removed until then stays removed.
pub async fn purge(
    pool: &Pool,
    user: UserId,
    uuid: SessionUuid,
    now: DateTime<Utc>,
) -> Result<Option<u64>, DbError> {
    let session = sqlx::query_scalar!(
        "SELECT id FROM sessions WHERE uuid = ? AND user_id = ? AND status <> 'deleted'",
        uuid.to_string(),
        user.0
    )
    .fetch_optional(pool)
    .await?;
    let Some(session) = session else { return Ok(None) };
    let mut removed = 0;
    while let Some(captures) = retrying(|| purge_some(pool, session)).await? {
        removed += captures;
    }
    let mut connection = pool.acquire().await?;
    let detail = json!({ "captures": removed });
    audit_logs::note(&mut connection, now, user, "session.purged", &uuid.to_string(), &detail).await?;
    Ok(Some(removed))
}

/// Takes some captures out of the session and removes those that nobody else holds; none when the session is empty.
/// A capture that is still being made is only taken out: retention comes for it.
async fn purge_some(pool: &Pool, session: u64) -> Result<Option<u64>, DbError> {
    let mut tx = pool.begin().await?;
    let held = sqlx::query!(
        "SELECT capture_id, COALESCE(captures.roster_parts, 0) AS `parts!: u16`
         FROM session_captures LEFT JOIN captures ON captures.id = capture_id
         WHERE session_id = ? ORDER BY capture_id LIMIT ?",
        session,
        STEP
    )
    .fetch_all(&mut *tx)
    .await?;
    let held: Vec<_> = held.into_iter().map(|row| (row.capture_id, row.parts)).collect();
    let Some(held) = captures::remove::pieces(&held).into_iter().next() else { return Ok(None) };
    sqlx::query!(
        "DELETE session_captures FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) AS held
         STRAIGHT_JOIN session_captures ON session_captures.capture_id = held.id AND session_captures.session_id = ?",
        json_list(&held)?,
        session
    )
    .execute(&mut *tx)
    .await?;
    let removed = captures::remove::unheld(&mut tx, &held).await?;
    tx.commit().await?;
    Ok(Some(removed))
}
