//! Keeping a session beyond its time, of which a user may keep only so many.

use chrono::{DateTime, Utc};
use sqlx::MySqlConnection;

use super::{SessionStatus, parse_uuid, status};
use crate::{
    db::{DbError, Pool, retrying},
    ids::{SessionUuid, UserId},
};

/// What became of a wish to save a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Saved {
    Done,
    /// There is no such session, or the one to be replaced is not a saved one.
    NotFound,
    /// Its time is over: what it held may be gone.
    Expired,
    /// The user has as many saved sessions as allowed; this is the oldest.
    TooMany {
        oldest: SessionUuid,
        name: String,
    },
}

/// How a session is to be saved.
#[derive(Clone, Debug, Default)]
pub struct Saving<'a> {
    pub name: Option<&'a str>,
    /// A saved session to delete in its place when there are too many.
    pub replace: Option<SessionUuid>,
    /// How many saved sessions a user may have.
    pub limit: u32,
}

/// Saves the session, or renames it when it is saved already.
///
/// # Errors
/// When MariaDB fails.
pub async fn save(
    pool: &Pool,
    user: UserId,
    uuid: SessionUuid,
    how: &Saving<'_>,
    now: DateTime<Utc>,
) -> Result<Saved, DbError> {
    retrying(|| async move {
        let mut tx = pool.begin().await?;
        let outcome = save_in(&mut tx, user, uuid, how, now).await?;
        if outcome == Saved::Done {
            tx.commit().await?;
        } else {
            tx.rollback().await?;
        }
        Ok(outcome)
    })
    .await
}

async fn save_in(
    connection: &mut MySqlConnection,
    user: UserId,
    uuid: SessionUuid,
    how: &Saving<'_>,
    now: DateTime<Utc>,
) -> Result<Saved, DbError> {
    one_at_a_time(connection, user).await?;
    let row = sqlx::query!(
        "SELECT id, status, expires_at AS `expires_at: DateTime<Utc>` FROM sessions
         WHERE uuid = ? AND user_id = ? AND status <> 'deleted' FOR UPDATE",
        uuid.to_string(),
        user.0
    )
    .fetch_optional(&mut *connection)
    .await?;
    let Some(row) = row else {
        return Ok(Saved::NotFound);
    };
    match status(&row.status, row.expires_at, now)? {
        SessionStatus::Expired => return Ok(Saved::Expired),
        SessionStatus::Saved => {}
        SessionStatus::Active => {
            if let Some(refusal) = make_room(connection, user, how, now).await? {
                return Ok(refusal);
            }
        }
    }
    sqlx::query!(
        "UPDATE sessions SET status = 'saved', expires_at = NULL, updated_at = ?, name = COALESCE(?, name) WHERE id = ?",
        now,
        how.name,
        row.id
    )
    .execute(connection)
    .await?;
    Ok(Saved::Done)
}

async fn make_room(
    connection: &mut MySqlConnection,
    user: UserId,
    how: &Saving<'_>,
    now: DateTime<Utc>,
) -> Result<Option<Saved>, DbError> {
    let Some((oldest, name)) = oldest_if_full(connection, user, how.limit).await? else {
        return Ok(None);
    };
    let Some(replaced) = how.replace else {
        return Ok(Some(Saved::TooMany { oldest: parse_uuid(&oldest)?, name }));
    };
    let replaced = sqlx::query!(
        "UPDATE sessions SET status = 'deleted', updated_at = ? WHERE uuid = ? AND user_id = ? AND status = 'saved'",
        now,
        replaced.to_string(),
        user.0
    )
    .execute(connection)
    .await?;
    Ok((replaced.rows_affected() == 0).then_some(Saved::NotFound))
}

/// Until the transaction ends, nobody else changes how many sessions the user has saved.
pub(super) async fn one_at_a_time(connection: &mut MySqlConnection, user: UserId) -> Result<(), DbError> {
    sqlx::query_scalar!("SELECT id FROM users WHERE id = ? FOR UPDATE", user.0)
        .fetch_optional(connection)
        .await?;
    Ok(())
}

/// The uuid and name of the user's oldest saved session, when no further one may be saved.
pub(super) async fn oldest_if_full(
    connection: &mut MySqlConnection,
    user: UserId,
    limit: u32,
) -> Result<Option<(String, String)>, DbError> {
    let saved = sqlx::query!(
        "SELECT uuid, name FROM sessions WHERE user_id = ? AND status = 'saved' ORDER BY updated_at FOR UPDATE",
        user.0
    )
    .fetch_all(connection)
    .await?;
    let is_full = saved.len() >= usize::try_from(limit).unwrap_or(usize::MAX);
    Ok(saved.into_iter().next().filter(|_| is_full).map(|oldest| (oldest.uuid, oldest.name)))
}
