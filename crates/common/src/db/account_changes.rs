//! `account_changes`: the log by which copies of `accounts` in memory are kept current.
//!
//! Every transaction that changes accounts adds a row with the `updated_at` it gave them. A reader that has seen a set
//! of rows asks for the others, and finds the accounts through the index on `updated_at`: it reads what changed and
//! nothing twice, and need not trust the writers' clocks.
//!
//! Ids are given out before the commit, so a row may become visible after one with a greater id. The state of the log
//! is therefore the newest id *and* the number of rows near it ([`Mark`]): a late row changes the number. "Near" is
//! [`WINDOW`] ids; a transaction would have to stay open while that many others commit to be missed.

use chrono::{DateTime, Utc};
use sqlx::MySqlConnection;

use super::{DbError, Pool};

/// How far behind the newest id a row may still appear.
pub const WINDOW: u64 = 1024;

/// How many rows are kept: who is further behind reads the accounts anew.
const KEPT: u64 = 65_536;

/// The state of the log: equal marks, equal accounts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Mark {
    /// The greatest id.
    pub newest: u64,
    /// How many rows there are among the last [`WINDOW`] ids.
    pub recent: u64,
}

impl Mark {
    /// Rows with greater ids than this may still appear.
    #[must_use]
    pub fn floor(self) -> u64 {
        self.newest.saturating_sub(WINDOW)
    }
}

/// Records, in the transaction of the change, that accounts were given this `updated_at`.
///
/// # Errors
/// When MariaDB fails.
pub async fn record(connection: &mut MySqlConnection, at: DateTime<Utc>) -> Result<(), DbError> {
    let id = sqlx::query!("INSERT INTO account_changes (at) VALUES (?)", at)
        .execute(&mut *connection)
        .await?
        .last_insert_id();
    // One writer in many trims for all; two that do it at once would wait for each other.
    if id.is_multiple_of(WINDOW) {
        sqlx::query!("DELETE FROM account_changes WHERE id < ?", id.saturating_sub(KEPT))
            .execute(connection)
            .await?;
    }
    Ok(())
}

/// The state of the log now; reads at most [`WINDOW`] index entries.
///
/// # Errors
/// When MariaDB fails.
pub async fn mark(pool: &Pool) -> Result<Mark, DbError> {
    let row = sqlx::query!(
        "SELECT MAX(id) AS newest, COUNT(*) AS `recent!: i64` FROM account_changes
         WHERE id > (SELECT COALESCE(MAX(id), 0) FROM account_changes) - CAST(? AS SIGNED)",
        WINDOW
    )
    .fetch_one(pool)
    .await?;
    Ok(Mark { newest: row.newest.unwrap_or(0), recent: u64::try_from(row.recent).unwrap_or(0) })
}

/// The ids of all rows after `floor`, ascending, and whether rows after `floor` may have been trimmed.
///
/// # Errors
/// When MariaDB fails.
pub async fn after(pool: &Pool, floor: u64) -> Result<(Vec<u64>, bool), DbError> {
    let oldest = sqlx::query_scalar!("SELECT MIN(id) FROM account_changes").fetch_one(pool).await?;
    let ids = sqlx::query_scalar!("SELECT id FROM account_changes WHERE id > ? ORDER BY id", floor)
        .fetch_all(pool)
        .await?;
    Ok((ids, floor > 0 && oldest.is_none_or(|oldest| oldest > floor + 1)))
}
