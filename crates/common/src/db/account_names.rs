//! `account_names`: what accounts were called before; and one account as a whole.

use chrono::{DateTime, Utc};

use super::{DbError, Pool, json_list};
use crate::ids::{AccountId, TwitchUserId};

/// A name that an account no longer has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Former {
    pub account: AccountId,
    pub login: String,
    pub display_name: String,
    /// When another one was first seen.
    pub replaced_at: DateTime<Utc>,
}

/// An account as Twitch described it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    pub id: AccountId,
    pub twitch_id: TwitchUserId,
    pub login: String,
    pub display_name: String,
    pub created_at: Option<DateTime<Utc>>,
    pub broadcaster_type: String,
    pub default_picture: Option<bool>,
    pub has_description: Option<bool>,
    pub gone: bool,
}

struct Row {
    id: u32,
    twitch_id: u64,
    login: String,
    display_name: String,
    created_at: Option<DateTime<Utc>>,
    broadcaster_type: String,
    default_picture: Option<bool>,
    has_description: Option<bool>,
    gone: bool,
}

impl From<Row> for Profile {
    fn from(row: Row) -> Self {
        Self {
            id: AccountId(row.id),
            twitch_id: TwitchUserId(row.twitch_id),
            login: row.login,
            display_name: row.display_name,
            created_at: row.created_at,
            broadcaster_type: row.broadcaster_type,
            default_picture: row.default_picture,
            has_description: row.has_description,
            gone: row.gone,
        }
    }
}

/// The account with a Twitch id; none when it was never seen.
///
/// # Errors
/// When MariaDB fails.
pub async fn profile(pool: &Pool, twitch_id: TwitchUserId) -> Result<Option<Profile>, DbError> {
    let row = sqlx::query_as!(
        Row,
        "SELECT id, twitch_id, login, display_name, created_at AS `created_at: DateTime<Utc>`, broadcaster_type,
                default_picture AS `default_picture: bool`, has_description AS `has_description: bool`,
                gone_at IS NOT NULL AS `gone!: bool`
         FROM accounts WHERE twitch_id = ?",
        twitch_id.0
    )
    .fetch_optional(pool)
    .await?;
    Ok(row.map(Profile::from))
}

/// The profiles of `accounts`, ascending by id; unknown ones are left out.
///
/// # Errors
/// When MariaDB fails.
pub async fn profiles(pool: &Pool, accounts: &[AccountId]) -> Result<Vec<Profile>, DbError> {
    let accounts: Vec<u32> = accounts.iter().map(|account| account.0).collect();
    let rows = sqlx::query_as!(
        Row,
        "SELECT STRAIGHT_JOIN accounts.id, twitch_id, login, display_name,
                created_at AS `created_at: DateTime<Utc>`, broadcaster_type,
                default_picture AS `default_picture: bool`, has_description AS `has_description: bool`,
                gone_at IS NOT NULL AS `gone!: bool`
         FROM JSON_TABLE(?, '$[*]' COLUMNS (id INT UNSIGNED PATH '$')) AS wanted
         JOIN accounts ON accounts.id = wanted.id
         ORDER BY accounts.id",
        json_list(&accounts)?
    )
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(Profile::from).collect())
}

/// Former names of `accounts`, by account, oldest first; of each the latest `limit`.
///
/// # Errors
/// When MariaDB fails.
pub async fn of(pool: &Pool, accounts: &[AccountId], limit: u32) -> Result<Vec<Former>, DbError> {
    if accounts.is_empty() {
        return Ok(Vec::new());
    }
    let accounts: Vec<u32> = accounts.iter().map(|account| account.0).collect();
    let rows = sqlx::query!(
        "SELECT account_id AS `account_id!: u32`, login AS `login!`, display_name AS `display_name!`,
                replaced_at AS `replaced_at!: DateTime<Utc>`
         FROM (SELECT STRAIGHT_JOIN account_id, login, display_name, replaced_at,
                      ROW_NUMBER() OVER (PARTITION BY account_id ORDER BY replaced_at DESC) AS place
               FROM JSON_TABLE(?, '$[*]' COLUMNS (id INT UNSIGNED PATH '$')) AS wanted
               JOIN account_names ON account_names.account_id = wanted.id) AS named
         WHERE place <= ? ORDER BY account_id, replaced_at",
        json_list(&accounts)?,
        limit
    )
    .fetch_all(pool)
    .await?;
    let former = rows.into_iter().map(|row| Former {
        account: AccountId(row.account_id),
        login: row.login,
        display_name: row.display_name,
        replaced_at: row.replaced_at,
    });
    Ok(former.collect())
}

/// All accounts that were renamed at least `least` times, ascending. Reads the whole table's index: former names are
/// few beside accounts.
///
/// # Errors
/// When MariaDB fails.
pub async fn renamed(pool: &Pool, least: u32) -> Result<Vec<AccountId>, DbError> {
    let ids = sqlx::query_scalar!(
        "SELECT account_id FROM account_names GROUP BY account_id HAVING COUNT(*) >= ? ORDER BY account_id",
        least
    )
    .fetch_all(pool)
    .await?;
    Ok(ids.into_iter().map(AccountId).collect())
}
