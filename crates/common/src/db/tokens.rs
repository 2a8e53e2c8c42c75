//! `twitch_tokens`: what users allowed us, encrypted; and the schedules that rest on it.
//!
//! `generation` grows with each replacement. Whoever replaces or condemns a token names the generation it has seen, so
//! that a login or a refresh in another replica is never undone. [`lock`] keeps two replicas from spending the same
//! refresh token.

use chrono::{DateTime, Utc};
use sqlx::MySqlConnection;

use super::{DbError, Pool, json_list};
use crate::ids::UserId;

/// Why schedules pause when their grant is lost; a new login resumes those.
const PAUSED_BY_LOSS: &str = "token_lost";

/// A token as it is stored.
#[derive(Clone, Debug)]
pub struct StoredToken {
    pub user: UserId,
    /// Which encryption key made the ciphertexts.
    pub key_id: String,
    pub access: Vec<u8>,
    pub refresh: Option<Vec<u8>>,
    pub scopes: Vec<String>,
    pub generation: u64,
    /// Since when and why Twitch no longer honours it.
    pub lost: Option<(DateTime<Utc>, String)>,
}

/// A token about to be stored.
#[derive(Clone, Debug)]
pub struct NewToken {
    pub key_id: String,
    pub access: Vec<u8>,
    pub refresh: Option<Vec<u8>>,
    pub scopes: Vec<String>,
    pub expires_at: Option<DateTime<Utc>>,
}

/// Stores the token of a login, whatever was there, and resumes the schedules that waited for it.
///
/// # Errors
/// When MariaDB fails.
pub async fn put(
    connection: &mut MySqlConnection,
    user: UserId,
    token: &NewToken,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    sqlx::query!(
        "INSERT INTO twitch_tokens
             (user_id, key_id, access_token, refresh_token, scopes, expires_at, validated_at, updated_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)
         ON DUPLICATE KEY UPDATE
             key_id = VALUES(key_id), access_token = VALUES(access_token), refresh_token = VALUES(refresh_token),
             scopes = VALUES(scopes), expires_at = VALUES(expires_at), validated_at = VALUES(validated_at),
             updated_at = VALUES(updated_at), generation = generation + 1, lost_at = NULL, lost_reason = NULL",
        user.0,
        token.key_id,
        token.access,
        token.refresh,
        token.scopes.join(" "),
        token.expires_at,
        now,
        now,
    )
    .execute(&mut *connection)
    .await?;
    resume(connection, user, now).await
}

/// The user's token, if there is one.
///
/// # Errors
/// When MariaDB fails.
pub async fn find(pool: &Pool, user: UserId) -> Result<Option<StoredToken>, DbError> {
    let row = sqlx::query_as!(
        Row,
        "SELECT user_id, key_id, access_token, refresh_token, scopes, generation,
                lost_at AS `lost_at: DateTime<Utc>`, lost_reason
         FROM twitch_tokens WHERE user_id = ?",
        user.0
    )
    .fetch_optional(pool)
    .await?;
    Ok(row.map(Into::into))
}

/// The user's token, held against everybody else who would lock it until the transaction ends.
///
/// # Errors
/// When MariaDB fails, or another replica holds it for too long.
pub async fn lock(connection: &mut MySqlConnection, user: UserId) -> Result<Option<StoredToken>, DbError> {
    let row = sqlx::query_as!(
        Row,
        "SELECT user_id, key_id, access_token, refresh_token, scopes, generation,
                lost_at AS `lost_at: DateTime<Utc>`, lost_reason
         FROM twitch_tokens WHERE user_id = ? FOR UPDATE",
        user.0
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(Into::into))
}

/// Replaces the token of `generation`, also when it has been condemned meanwhile: the replacement proves that Twitch honours
/// the grant, so what the loss paused is resumed. `false`: it has been replaced already.
///
/// # Errors
/// When MariaDB fails.
pub async fn replace(
    connection: &mut MySqlConnection,
    user: UserId,
    generation: u64,
    token: &NewToken,
    now: DateTime<Utc>,
) -> Result<bool, DbError> {
    let done = sqlx::query!(
        "UPDATE twitch_tokens
         SET key_id = ?, access_token = ?, refresh_token = ?, scopes = ?, expires_at = ?, validated_at = ?,
             updated_at = ?, generation = generation + 1, lost_at = NULL, lost_reason = NULL
         WHERE user_id = ? AND generation = ?",
        token.key_id,
        token.access,
        token.refresh,
        token.scopes.join(" "),
        token.expires_at,
        now,
        now,
        user.0,
        generation,
    )
    .execute(&mut *connection)
    .await?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    resume(connection, user, now).await?;
    Ok(true)
}

/// Resumes the schedules that the loss of `user`'s grant paused. What their pause went by is no gap: nothing was wanted
/// then.
async fn resume(connection: &mut MySqlConnection, user: UserId, now: DateTime<Utc>) -> Result<(), DbError> {
    sqlx::query!(
        "UPDATE schedules SET paused_reason = NULL, updated_at = ?,
                next_slot = TIMESTAMPADD(MINUTE, (TIMESTAMPDIFF(MINUTE, '1970-01-01', ?) DIV interval_minutes + 1) * interval_minutes,
                                         '1970-01-01')
         WHERE user_id = ? AND paused_reason = ?",
        now,
        now,
        user.0,
        PAUSED_BY_LOSS
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Records that Twitch no longer honours the token of `generation`, and pauses the schedules that rest on it. `false`:
/// it has been replaced or condemned already.
///
/// # Errors
/// When MariaDB fails.
pub async fn mark_lost(
    connection: &mut MySqlConnection,
    user: UserId,
    generation: u64,
    reason: &str,
    now: DateTime<Utc>,
) -> Result<bool, DbError> {
    let done = sqlx::query!(
        "UPDATE twitch_tokens SET lost_at = ?, lost_reason = ?, updated_at = ?
         WHERE user_id = ? AND generation = ? AND lost_at IS NULL",
        now,
        reason,
        now,
        user.0,
        generation,
    )
    .execute(&mut *connection)
    .await?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    sqlx::query!(
        "UPDATE schedules SET paused_reason = ?, updated_at = ? WHERE user_id = ? AND paused_reason IS NULL",
        PAUSED_BY_LOSS,
        now,
        user.0
    )
    .execute(connection)
    .await?;
    Ok(true)
}

/// A token that was deleted here and is still to be revoked at Twitch.
#[derive(Clone, Debug)]
pub struct RemovedToken {
    /// Which encryption key made the ciphertexts.
    pub key_id: String,
    pub access: Vec<u8>,
    pub refresh: Option<Vec<u8>>,
}

/// Deletes the user's token unless a schedule needs it, and returns what is to be revoked.
///
/// # Errors
/// When MariaDB fails.
pub async fn remove_unless_scheduled(pool: &Pool, user: UserId) -> Result<Option<RemovedToken>, DbError> {
    // Not `query_as!`: MariaDB does not describe the columns of RETURNING when it prepares it.
    let removed: Option<(String, Vec<u8>, Option<Vec<u8>>)> = sqlx::query_as(
        "DELETE FROM twitch_tokens
         WHERE user_id = ? AND NOT EXISTS (SELECT 1 FROM schedules WHERE schedules.user_id = twitch_tokens.user_id)
         RETURNING key_id, access_token, refresh_token",
    )
    .bind(user.0)
    .fetch_optional(pool)
    .await?;
    Ok(removed.map(|(key_id, access, refresh)| RemovedToken { key_id, access, refresh }))
}

/// Takes up to `limit` tokens that were last validated about an hour ago (between 45 and 55 minutes, by the user's id, so
/// that tokens stored together are not validated together for ever). They come back in a minute unless [`confirm`] or a
/// replacement puts them off; other replicas do not get them meanwhile.
///
/// # Errors
/// When MariaDB fails.
pub async fn take_unvalidated(
    pool: &Pool,
    limit: u32,
    now: DateTime<Utc>,
) -> Result<Vec<StoredToken>, DbError> {
    let mut tx = pool.begin().await?;
    let rows = sqlx::query_as!(
        Row,
        "SELECT user_id, key_id, access_token, refresh_token, scopes, generation,
                lost_at AS `lost_at: DateTime<Utc>`, lost_reason
         FROM twitch_tokens
         WHERE lost_at IS NULL AND validated_at <= TIMESTAMPADD(SECOND, -2700, ?)
           AND validated_at <= TIMESTAMPADD(SECOND, -2700 - CAST(user_id % 600 AS SIGNED), ?)
         ORDER BY validated_at LIMIT ? FOR UPDATE SKIP LOCKED",
        now,
        now,
        limit
    )
    .fetch_all(&mut *tx)
    .await?;
    let users: Vec<u64> = rows.iter().map(|row| row.user_id).collect();
    sqlx::query!(
        "UPDATE JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) AS taken
         STRAIGHT_JOIN twitch_tokens ON twitch_tokens.user_id = taken.id
         SET validated_at = TIMESTAMPADD(SECOND, 60 - 2700 - CAST(user_id % 600 AS SIGNED), ?)",
        json_list(&users)?,
        now
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Puts the token of `generation` off for an hour: Twitch has just said yes to it, or it cannot be shown to Twitch.
///
/// # Errors
/// When MariaDB fails.
pub async fn confirm(pool: &Pool, user: UserId, generation: u64, now: DateTime<Utc>) -> Result<(), DbError> {
    sqlx::query!(
        "UPDATE twitch_tokens SET validated_at = ? WHERE user_id = ? AND generation = ?",
        now,
        user.0,
        generation
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// Up to `limit` tokens of users after `after` that another key than `key_id` has encrypted.
///
/// # Errors
/// When MariaDB fails.
pub async fn of_other_keys(
    pool: &Pool,
    key_id: &str,
    after: UserId,
    limit: u32,
) -> Result<Vec<StoredToken>, DbError> {
    let rows = sqlx::query_as!(
        Row,
        "SELECT user_id, key_id, access_token, refresh_token, scopes, generation,
                lost_at AS `lost_at: DateTime<Utc>`, lost_reason
         FROM twitch_tokens WHERE key_id <> ? AND user_id > ? ORDER BY user_id LIMIT ?",
        key_id,
        after.0,
        limit
    )
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Replaces the ciphertexts of `old` by others of the same tokens. `false`: they have been replaced meanwhile.
///
/// # Errors
/// When MariaDB fails.
pub async fn reseal(
    pool: &Pool,
    old: &StoredToken,
    key_id: &str,
    access: &[u8],
    refresh: Option<&[u8]>,
) -> Result<bool, DbError> {
    let done = sqlx::query!(
        "UPDATE twitch_tokens SET key_id = ?, access_token = ?, refresh_token = ?
         WHERE user_id = ? AND generation = ? AND key_id = ?",
        key_id,
        access,
        refresh,
        old.user.0,
        old.generation,
        old.key_id
    )
    .execute(pool)
    .await?;
    Ok(done.rows_affected() == 1)
}

struct Row {
    user_id: u64,
    key_id: String,
    access_token: Vec<u8>,
    refresh_token: Option<Vec<u8>>,
    scopes: String,
    generation: u64,
    lost_at: Option<DateTime<Utc>>,
    lost_reason: Option<String>,
}

impl From<Row> for StoredToken {
    fn from(row: Row) -> Self {
        Self {
            user: UserId(row.user_id),
            key_id: row.key_id,
            access: row.access_token,
            refresh: row.refresh_token,
            scopes: row.scopes.split_whitespace().map(ToOwned::to_owned).collect(),
            generation: row.generation,
            lost: row.lost_at.map(|at| (at, row.lost_reason.unwrap_or_default())),
        }
    }
}
