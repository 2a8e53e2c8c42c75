//! What is counted about accounts, in the form in which it is kept in memory: a time and a few flags.

use super::{DbError, Pool, json_list};
use crate::ids::{AccountId, TwitchUserId};

/// Twitch has described the account to us.
pub const ENRICHED: u8 = 1;
/// Twitch no longer knows it.
pub const GONE: u8 = 1 << 1;
/// Its profile picture is one of Twitch's own.
pub const DEFAULT_PICTURE: u8 = 1 << 2;
/// Its profile has a description.
pub const DESCRIPTION: u8 = 1 << 3;
/// It streams as an affiliate or a partner.
pub const STREAMER: u8 = 1 << 4;
/// It is Twitch's own: staff, admin, global moderator.
pub const STAFF: u8 = 1 << 5;

/// The counted columns of one account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Columns {
    pub id: AccountId,
    /// When the Twitch account was created, in seconds of Unix time; 0 is unknown.
    pub created: u32,
    pub flags: u8,
}

/// What an account is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    pub id: AccountId,
    pub twitch_id: TwitchUserId,
    pub login: String,
    pub display_name: String,
}

struct Row {
    id: u32,
    created: i64,
    flags: i64,
}

impl From<Row> for Columns {
    fn from(row: Row) -> Self {
        Self {
            id: AccountId(row.id),
            created: u32::try_from(row.created).unwrap_or(0),
            flags: u8::try_from(row.flags).unwrap_or(0),
        }
    }
}

/// The accounts of a range of ids, both ends included, ascending.
///
/// # Errors
/// When MariaDB fails.
pub async fn range(pool: &Pool, first: AccountId, last: AccountId) -> Result<Vec<Columns>, DbError> {
    let rows = sqlx::query_as!(
        Row,
        "SELECT id, COALESCE(TIMESTAMPDIFF(SECOND, '1970-01-01', created_at), 0) AS `created!: i64`,
                (enriched_at IS NOT NULL) + 2 * (gone_at IS NOT NULL) + 4 * (default_picture <=> TRUE)
                + 8 * (has_description <=> TRUE) + 16 * (broadcaster_type <> '') + 32 * (account_type <> '')
                AS `flags!: i64`
         FROM accounts WHERE id BETWEEN ? AND ? ORDER BY id",
        first.0,
        last.0
    )
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(Columns::from).collect())
}

/// The account with the greatest id; none when nobody was ever seen.
///
/// # Errors
/// When MariaDB fails.
pub async fn newest(pool: &Pool) -> Result<Option<AccountId>, DbError> {
    Ok(sqlx::query_scalar!("SELECT MAX(id) FROM accounts").fetch_one(pool).await?.map(AccountId))
}

/// The accounts that the rows `changes` of the log are about, as they are now. What was changed again since is found
/// through its later row.
///
/// # Errors
/// When MariaDB fails.
pub async fn changed(pool: &Pool, changes: &[u64]) -> Result<Vec<Columns>, DbError> {
    let rows = sqlx::query_as!(
        Row,
        "SELECT STRAIGHT_JOIN accounts.id,
                COALESCE(TIMESTAMPDIFF(SECOND, '1970-01-01', accounts.created_at), 0) AS `created!: i64`,
                (enriched_at IS NOT NULL) + 2 * (gone_at IS NOT NULL) + 4 * (default_picture <=> TRUE)
                + 8 * (has_description <=> TRUE) + 16 * (broadcaster_type <> '') + 32 * (account_type <> '')
                AS `flags!: i64`
         FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) AS wanted
         JOIN account_changes ON account_changes.id = wanted.id
         JOIN accounts ON accounts.updated_at = account_changes.at",
        json_list(changes)?
    )
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(Columns::from).collect())
}

/// What `accounts` are called, in no order; unknown ones are left out.
///
/// # Errors
/// When MariaDB fails.
pub async fn names(pool: &Pool, accounts: &[AccountId]) -> Result<Vec<Name>, DbError> {
    if accounts.is_empty() {
        return Ok(Vec::new());
    }
    let accounts: Vec<u32> = accounts.iter().map(|account| account.0).collect();
    let rows = sqlx::query!(
        "SELECT STRAIGHT_JOIN accounts.id, accounts.twitch_id, accounts.login, accounts.display_name
         FROM JSON_TABLE(?, '$[*]' COLUMNS (id INT UNSIGNED PATH '$')) AS wanted
         JOIN accounts ON accounts.id = wanted.id",
        json_list(&accounts)?
    )
    .fetch_all(pool)
    .await?;
    let named = rows.into_iter().map(|row| Name {
        id: AccountId(row.id),
        twitch_id: TwitchUserId(row.twitch_id),
        login: row.login,
        display_name: row.display_name,
    });
    Ok(named.collect())
}
