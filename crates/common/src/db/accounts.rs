//! `accounts` and `account_names`: who has ever been seen, under a dense id, and what they were called.

use chrono::{DateTime, Utc};
use sqlx::MySqlConnection;

use super::{DbError, Pool, account_changes, json_list};
use crate::{
    clients::twitch_api::{AccountProfile, Chatter},
    ids::{AccountId, TwitchUserId},
};

/// An account as far as a capture needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    pub id: AccountId,
    pub twitch_id: TwitchUserId,
    pub login: String,
    pub display_name: String,
    /// When Twitch last described it, or did not know it.
    pub asked_at: Option<DateTime<Utc>>,
}

/// Those of `ids` that are known, in no order.
///
/// # Errors
/// When MariaDB fails.
pub async fn find(pool: &Pool, ids: &[TwitchUserId]) -> Result<Vec<Known>, DbError> {
    let rows = sqlx::query!(
        "SELECT STRAIGHT_JOIN accounts.id, accounts.twitch_id, accounts.login, accounts.display_name,
                GREATEST(COALESCE(accounts.enriched_at, accounts.gone_at),
                         COALESCE(accounts.gone_at, accounts.enriched_at)) AS `asked_at: DateTime<Utc>`
         FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) AS wanted
         JOIN accounts ON accounts.twitch_id = wanted.id",
        json_list(ids)?
    )
    .fetch_all(pool)
    .await?;
    let known = rows.into_iter().map(|row| Known {
        id: AccountId(row.id),
        twitch_id: TwitchUserId(row.twitch_id),
        login: row.login,
        display_name: row.display_name,
        asked_at: row.asked_at,
    });
    Ok(known.collect())
}

/// Gives dense ids to chatters; one that another worker inserted meanwhile keeps the id it has. They are due for
/// enrichment at once. `chatters` in the order of their ids makes neighbours of the index entries.
///
/// # Errors
/// When MariaDB fails.
pub async fn insert(pool: &Pool, chatters: &[Chatter]) -> Result<Vec<(AccountId, TwitchUserId)>, DbError> {
    if chatters.is_empty() {
        return Ok(Vec::new());
    }
    // Not `query_as!`: MariaDB does not describe the columns of INSERT … RETURNING when it prepares it.
    let rows: Vec<(u32, u64)> = sqlx::query_as(
        "INSERT INTO accounts (twitch_id, login, display_name, enrich_due_at, updated_at)
         SELECT seen.id, seen.login, seen.display_name, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6)
         FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$[0]', login VARCHAR(64) PATH '$[1]',
                                            display_name VARCHAR(128) PATH '$[2]')) AS seen
         ON DUPLICATE KEY UPDATE twitch_id = accounts.twitch_id
         RETURNING id, twitch_id",
    )
    .bind(json_list(chatters)?)
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(|(id, twitch_id)| (AccountId(id), TwitchUserId(twitch_id))).collect())
}

/// Stores new names of known accounts and keeps the old ones. Free of charge: the chatters list carries them.
///
/// # Errors
/// When MariaDB fails.
pub async fn rename(
    connection: &mut MySqlConnection,
    renamed: &[Chatter],
    at: DateTime<Utc>,
) -> Result<(), DbError> {
    if renamed.is_empty() {
        return Ok(());
    }
    let names = json_list(renamed)?;
    sqlx::query!(
        "INSERT IGNORE INTO account_names (account_id, login, display_name, replaced_at)
         SELECT STRAIGHT_JOIN accounts.id, accounts.login, accounts.display_name, ?
         FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$[0]', login VARCHAR(64) PATH '$[1]',
                                            display_name VARCHAR(128) PATH '$[2]')) AS seen
         JOIN accounts ON accounts.twitch_id = seen.id
         WHERE BINARY accounts.login <> BINARY seen.login OR BINARY accounts.display_name <> BINARY seen.display_name",
        at,
        names
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "UPDATE JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$[0]', login VARCHAR(64) PATH '$[1]',
                                              display_name VARCHAR(128) PATH '$[2]')) AS seen
         STRAIGHT_JOIN accounts ON accounts.twitch_id = seen.id
         SET accounts.login = seen.login, accounts.display_name = seen.display_name, accounts.updated_at = ?",
        names,
        at
    )
    .execute(&mut *connection)
    .await?;
    account_changes::record(connection, at).await
}

/// Makes known accounts due for enrichment.
///
/// # Errors
/// When MariaDB fails.
pub async fn refresh(pool: &Pool, accounts: &[AccountId]) -> Result<(), DbError> {
    sqlx::query!(
        "UPDATE JSON_TABLE(?, '$[*]' COLUMNS (id INT UNSIGNED PATH '$')) AS stale
         STRAIGHT_JOIN accounts ON accounts.id = stale.id
         SET accounts.enrich_due_at = UTC_TIMESTAMP(6)
         WHERE accounts.enrich_due_at IS NULL",
        json_list(accounts)?
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// Takes up to `limit` accounts that are due, oldest first, and hides them from others for `lease_seconds`. Accounts
/// that another worker is taking at this moment are skipped, not waited for.
///
/// # Errors
/// When MariaDB fails.
pub async fn take_due(pool: &Pool, limit: u32, lease_seconds: u32) -> Result<Vec<TwitchUserId>, DbError> {
    let mut tx = pool.begin().await?;
    let rows = sqlx::query!(
        "SELECT id, twitch_id FROM accounts WHERE enrich_due_at <= UTC_TIMESTAMP(6)
         ORDER BY enrich_due_at LIMIT ? FOR UPDATE SKIP LOCKED",
        limit
    )
    .fetch_all(&mut *tx)
    .await?;
    let ids: Vec<u32> = rows.iter().map(|row| row.id).collect();
    sqlx::query!(
        "UPDATE JSON_TABLE(?, '$[*]' COLUMNS (id INT UNSIGNED PATH '$')) AS taken
         STRAIGHT_JOIN accounts ON accounts.id = taken.id
         SET accounts.enrich_due_at = TIMESTAMPADD(SECOND, ?, UTC_TIMESTAMP(6))",
        json_list(&ids)?,
        lease_seconds
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(rows.into_iter().map(|row| TwitchUserId(row.twitch_id)).collect())
}

/// Makes accounts that were taken due again at once.
///
/// # Errors
/// When MariaDB fails.
pub async fn give_back(pool: &Pool, ids: &[TwitchUserId]) -> Result<(), DbError> {
    sqlx::query!(
        "UPDATE JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) AS taken
         STRAIGHT_JOIN accounts ON accounts.twitch_id = taken.id
         SET accounts.enrich_due_at = UTC_TIMESTAMP(6)",
        json_list(ids)?
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// Stores what Twitch said about accounts that were taken: those described are enriched, those absent are gone.
///
/// # Errors
/// When MariaDB fails.
pub async fn store_profiles(
    connection: &mut MySqlConnection,
    profiles: &[AccountProfile],
    absent: &[TwitchUserId],
    at: DateTime<Utc>,
) -> Result<(), DbError> {
    sqlx::query!(
        "UPDATE JSON_TABLE(?, '$[*]' COLUMNS (
                    id BIGINT UNSIGNED PATH '$.twitch_id', created_at VARCHAR(40) PATH '$.created_at',
                    account_type VARCHAR(16) PATH '$.account_type',
                    broadcaster_type VARCHAR(16) PATH '$.broadcaster_type',
                    default_picture BOOLEAN PATH '$.default_picture',
                    has_description BOOLEAN PATH '$.has_description')) AS told
         STRAIGHT_JOIN accounts ON accounts.twitch_id = told.id
         SET accounts.created_at = CAST(REPLACE(LEFT(told.created_at, 19), 'T', ' ') AS DATETIME(6)),
             accounts.account_type = told.account_type, accounts.broadcaster_type = told.broadcaster_type,
             accounts.default_picture = told.default_picture, accounts.has_description = told.has_description,
             accounts.enriched_at = ?, accounts.updated_at = ?, accounts.enrich_due_at = NULL,
             accounts.gone_at = NULL",
        json_list(profiles)?,
        at,
        at
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "UPDATE JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) AS absent
         STRAIGHT_JOIN accounts ON accounts.twitch_id = absent.id
         SET accounts.gone_at = ?, accounts.updated_at = ?, accounts.enrich_due_at = NULL",
        json_list(absent)?,
        at,
        at
    )
    .execute(&mut *connection)
    .await?;
    account_changes::record(connection, at).await
}

/// How many accounts wait to be enriched.
///
/// # Errors
/// When MariaDB fails.
pub async fn pending(pool: &Pool) -> Result<u64, DbError> {
    let count = sqlx::query_scalar!("SELECT COUNT(*) FROM accounts WHERE enrich_due_at IS NOT NULL")
        .fetch_one(pool)
        .await?;
    Ok(u64::try_from(count).unwrap_or(0))
}

/// Whether any account has been due for enrichment for longer than `wait`.
///
/// # Errors
/// When MariaDB fails.
pub async fn is_overdue(pool: &Pool, wait: std::time::Duration) -> Result<bool, DbError> {
    let seconds = i64::try_from(wait.as_secs()).unwrap_or(i64::MAX);
    let found = sqlx::query_scalar!(
        "SELECT id FROM accounts WHERE enrich_due_at < TIMESTAMPADD(SECOND, -?, UTC_TIMESTAMP(6)) LIMIT 1",
        seconds
    )
    .fetch_optional(pool)
    .await?;
    Ok(found.is_some())
}
