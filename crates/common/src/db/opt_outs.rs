//! `opt_outs`: viewers who asked to be left out of captures, by the hash of their Twitch ids.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use sqlx::MySqlConnection;

use super::{DbError, Pool, account_changes};
use crate::{
    ids::{AccountId, TwitchUserId},
    opt_out::OptOutHash,
};

/// The state of the table: equal marks, equal rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    pub rows: i64,
    pub newest: u64,
}

/// The state of the table now; reads an index.
///
/// # Errors
/// When MariaDB fails.
pub async fn mark(pool: &Pool) -> Result<Mark, DbError> {
    let row = sqlx::query!("SELECT COUNT(*) AS `rows!: i64`, MAX(id) AS newest FROM opt_outs")
        .fetch_one(pool)
        .await?;
    Ok(Mark { rows: row.rows, newest: row.newest.unwrap_or(0) })
}

/// Everybody who opted out.
///
/// # Errors
/// When MariaDB fails.
pub async fn all(pool: &Pool) -> Result<HashSet<OptOutHash>, DbError> {
    let rows = sqlx::query_scalar!("SELECT hash FROM opt_outs").fetch_all(pool).await?;
    rows.into_iter().map(|hash| hash.try_into().map_err(|_| DbError::corrupt("opt_outs", "hash"))).collect()
}

/// Leaves somebody out from now on: keeps the hash, and removes the account with its names and what moderators marked.
/// The account, if it was known, is still a number in rosters, which nobody can tell the meaning of any more.
///
/// # Errors
/// When MariaDB fails.
pub async fn leave_out(
    connection: &mut MySqlConnection,
    twitch_id: TwitchUserId,
    hash: &OptOutHash,
    now: DateTime<Utc>,
) -> Result<Option<AccountId>, DbError> {
    sqlx::query!(
        "INSERT INTO opt_outs (hash, asked_at) VALUES (?, ?) ON DUPLICATE KEY UPDATE hash = VALUES(hash)",
        hash.as_slice(),
        now
    )
    .execute(&mut *connection)
    .await?;
    let account = sqlx::query_scalar!("SELECT id FROM accounts WHERE twitch_id = ? FOR UPDATE", twitch_id.0)
        .fetch_optional(&mut *connection)
        .await?;
    let Some(account) = account else { return Ok(None) };
    sqlx::query!("DELETE FROM account_names WHERE account_id = ?", account).execute(&mut *connection).await?;
    sqlx::query!("DELETE FROM verdicts WHERE account_id = ?", account).execute(&mut *connection).await?;
    sqlx::query!("DELETE FROM accounts WHERE id = ?", account).execute(&mut *connection).await?;
    account_changes::record(connection, now).await?;
    Ok(Some(AccountId(account)))
}
