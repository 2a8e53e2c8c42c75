//! `sessions`: one person's selection of captures, to be analysed together.
//!
//! A user has at most one active session, which each capture asked for goes into; the unique key on a generated column
//! says so, whatever happens at the same time. Saving it ends it: the next capture opens a new one. `deleted` rows can
//! be restored for a day and are then for the retention job; nothing shows them.

mod save;
mod undo;

use chrono::{DateTime, Duration, Utc};
use sqlx::MySqlConnection;
use uuid::Uuid;

pub use save::{Saved, Saving, save};
pub use undo::{Restored, UNDO_FOR, delete, purge, rename, restore};

use super::{DbError, Pool, json_list};
use crate::ids::{ChannelId, SessionId, SessionUuid, UserId};

/// What an analysis session is to its owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SessionStatus {
    /// New captures go into it.
    Active,
    /// Kept until its owner deletes it.
    Saved,
    /// Its time was over before it was saved.
    Expired,
}

/// An analysis session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    pub uuid: SessionUuid,
    pub status: SessionStatus,
    pub name: String,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    /// None when saved.
    pub expires_at: Option<DateTime<Utc>>,
    /// Complete captures.
    pub captures: u32,
    /// Channels with a capture, whatever became of it, in the order of their logins.
    pub channels: Vec<SessionChannel>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionChannel {
    pub id: ChannelId,
    pub login: String,
    pub display_name: String,
}

/// How many sessions a list shows: at most one is active, few are saved, the rest wait for the retention job.
const LISTED: u32 = 100;

fn status(
    text: &str,
    expires_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<SessionStatus, DbError> {
    match text {
        // The retention job has not come by yet.
        "active" if expires_at.is_some_and(|end| end <= now) => Ok(SessionStatus::Expired),
        "active" => Ok(SessionStatus::Active),
        "saved" => Ok(SessionStatus::Saved),
        "expired" => Ok(SessionStatus::Expired),
        _ => Err(DbError::corrupt("sessions", format!("status {text}"))),
    }
}

/// The user's sessions, the latest used first.
///
/// # Errors
/// When MariaDB fails.
pub async fn of_user(pool: &Pool, user: UserId, now: DateTime<Utc>) -> Result<Vec<Session>, DbError> {
    load(pool, user, None, now).await
}

/// The user's session `uuid`; none when there is none, or it is somebody else's.
///
/// # Errors
/// When MariaDB fails.
pub async fn find(
    pool: &Pool,
    user: UserId,
    uuid: SessionUuid,
    now: DateTime<Utc>,
) -> Result<Option<Session>, DbError> {
    Ok(load(pool, user, Some(uuid), now).await?.pop())
}

async fn load(
    pool: &Pool,
    user: UserId,
    only: Option<SessionUuid>,
    now: DateTime<Utc>,
) -> Result<Vec<Session>, DbError> {
    let only = only.map(|uuid| uuid.to_string());
    let rows = sqlx::query!(
        "SELECT id, uuid, status, name, created_at AS `created_at: DateTime<Utc>`,
                updated_at AS `updated_at: DateTime<Utc>`, expires_at AS `expires_at: DateTime<Utc>`
         FROM sessions WHERE user_id = ? AND status <> 'deleted' AND (? IS NULL OR uuid = ?)
         ORDER BY updated_at DESC LIMIT ?",
        user.0,
        only,
        only,
        LISTED
    )
    .fetch_all(pool)
    .await?;
    let ids: Vec<u64> = rows.iter().map(|row| row.id).collect();
    let mut contents = contents(pool, &ids).await?;
    rows.into_iter()
        .map(|row| {
            let (captures, channels) = contents.remove(&row.id).unwrap_or_default();
            Ok(Session {
                uuid: parse_uuid(&row.uuid)?,
                status: status(&row.status, row.expires_at, now)?,
                name: row.name,
                created_at: row.created_at,
                updated_at: row.updated_at,
                expires_at: row.expires_at,
                captures,
                channels,
            })
        })
        .collect()
}

type Contents = std::collections::HashMap<u64, (u32, Vec<SessionChannel>)>;

async fn contents(pool: &Pool, sessions: &[u64]) -> Result<Contents, DbError> {
    let mut contents = Contents::new();
    if sessions.is_empty() {
        return Ok(contents);
    }
    let rows = sqlx::query!(
        "SELECT STRAIGHT_JOIN session_captures.session_id, channels.id, channels.login, channels.display_name,
                COUNT(IF(captures.status = 'complete', 1, NULL)) AS `complete!: i64`
         FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) AS wanted
         JOIN session_captures ON session_captures.session_id = wanted.id
         JOIN captures ON captures.id = session_captures.capture_id
         JOIN channels ON channels.id = captures.channel_id
         GROUP BY session_captures.session_id, channels.id
         ORDER BY channels.login",
        json_list(sessions)?
    )
    .fetch_all(pool)
    .await?;
    for row in rows {
        let (captures, channels) = contents.entry(row.session_id).or_default();
        *captures += u32::try_from(row.complete).unwrap_or(u32::MAX);
        channels.push(SessionChannel {
            id: ChannelId(row.id),
            login: row.login,
            display_name: row.display_name,
        });
    }
    Ok(contents)
}

fn parse_uuid(text: &str) -> Result<SessionUuid, DbError> {
    text.parse().map_err(|_| DbError::corrupt("sessions", "uuid"))
}

/// Whether `uuid` is a session of the user's.
///
/// # Errors
/// When MariaDB fails.
pub async fn is_owned(pool: &Pool, user: UserId, uuid: SessionUuid) -> Result<bool, DbError> {
    let found = sqlx::query_scalar!(
        "SELECT id FROM sessions WHERE uuid = ? AND user_id = ? AND status <> 'deleted'",
        uuid.to_string(),
        user.0
    )
    .fetch_optional(pool)
    .await?;
    Ok(found.is_some())
}

/// Ends the user's active session if its time is over and the retention job has not come by yet.
async fn expire_active(
    connection: &mut MySqlConnection,
    user: UserId,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    sqlx::query!(
        "UPDATE sessions SET status = 'expired' WHERE active_user = ? AND expires_at <= ?",
        user.0,
        now
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The user's active session, opened if there is none; its end moves to `ttl` from `now`.
///
/// # Errors
/// When MariaDB fails.
pub async fn active(
    connection: &mut MySqlConnection,
    user: UserId,
    now: DateTime<Utc>,
    ttl: Duration,
) -> Result<(SessionId, SessionUuid), DbError> {
    expire_active(connection, user, now).await?;
    // Of two first captures at once, one inserts; the other waits for it on the unique key, and joins.
    let opened = sqlx::query!(
        "INSERT INTO sessions (uuid, user_id, created_at, updated_at, expires_at) VALUES (?, ?, ?, ?, ?)
         ON DUPLICATE KEY UPDATE id = LAST_INSERT_ID(id), updated_at = VALUES(updated_at),
                expires_at = VALUES(expires_at)",
        Uuid::new_v4().to_string(),
        user.0,
        now,
        now,
        now + ttl
    )
    .execute(&mut *connection)
    .await?;
    let id = opened.last_insert_id();
    let uuid =
        sqlx::query_scalar!("SELECT uuid FROM sessions WHERE id = ?", id).fetch_one(connection).await?;
    Ok((SessionId(id), parse_uuid(&uuid)?))
}
