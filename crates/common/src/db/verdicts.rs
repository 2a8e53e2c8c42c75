//! `verdicts`: what moderators say of accounts on their channel. All moderators of a channel see and change the same.

use chrono::{DateTime, Utc};

use super::{DbError, Pool, json_list};
use crate::ids::{AccountId, ChannelId, TwitchUserId, UserId};

/// A moderator's own mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// These are people, whatever they look like.
    People,
    Suspicious,
}

impl Verdict {
    fn name(self) -> &'static str {
        match self {
            Self::People => "people",
            Self::Suspicious => "suspicious",
        }
    }

    fn parse(text: &str) -> Result<Self, DbError> {
        match text {
            "people" => Ok(Self::People),
            "suspicious" => Ok(Self::Suspicious),
            _ => Err(DbError::corrupt("verdicts", format!("verdict {text}"))),
        }
    }
}

/// A verdict as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marked {
    pub channel: ChannelId,
    /// Its place in lists.
    pub account: AccountId,
    pub twitch_id: TwitchUserId,
    pub verdict: Verdict,
    pub marked_at: DateTime<Utc>,
    pub marked_by: UserId,
}

struct Row {
    channel_id: u64,
    account_id: u32,
    twitch_id: u64,
    verdict: String,
    marked_at: DateTime<Utc>,
    user_id: u64,
}

impl TryFrom<Row> for Marked {
    type Error = DbError;
    fn try_from(row: Row) -> Result<Self, DbError> {
        Ok(Self {
            channel: ChannelId(row.channel_id),
            account: AccountId(row.account_id),
            twitch_id: TwitchUserId(row.twitch_id),
            verdict: Verdict::parse(&row.verdict)?,
            marked_at: row.marked_at,
            marked_by: UserId(row.user_id),
        })
    }
}

/// Marks those of `accounts` that we know; the last word counts. Returns how many are known.
///
/// # Errors
/// When MariaDB fails.
pub async fn mark(
    pool: &Pool,
    channel: ChannelId,
    accounts: &[TwitchUserId],
    verdict: Verdict,
    by: UserId,
    at: DateTime<Utc>,
) -> Result<u64, DbError> {
    let list = json_list(accounts)?;
    let mut tx = pool.begin().await?;
    let known = sqlx::query_scalar!(
        "SELECT STRAIGHT_JOIN COUNT(DISTINCT accounts.id)
         FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) AS wanted
         JOIN accounts ON accounts.twitch_id = wanted.id",
        list
    )
    .fetch_one(&mut *tx)
    .await?;
    sqlx::query!(
        "INSERT INTO verdicts (channel_id, account_id, user_id, verdict, marked_at)
         SELECT STRAIGHT_JOIN ?, accounts.id, ?, ?, ?
         FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) AS wanted
         JOIN accounts ON accounts.twitch_id = wanted.id
         ON DUPLICATE KEY UPDATE user_id = VALUES(user_id), verdict = VALUES(verdict), marked_at = VALUES(marked_at)",
        channel.0,
        by.0,
        verdict.name(),
        at,
        list
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(u64::try_from(known).unwrap_or(0))
}

/// Takes back the verdicts on `accounts`; returns how many there were.
///
/// # Errors
/// When MariaDB fails.
pub async fn unmark(pool: &Pool, channel: ChannelId, accounts: &[TwitchUserId]) -> Result<u64, DbError> {
    let done = sqlx::query!(
        "DELETE verdicts FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) AS wanted
         STRAIGHT_JOIN accounts ON accounts.twitch_id = wanted.id
         STRAIGHT_JOIN verdicts ON verdicts.channel_id = ? AND verdicts.account_id = accounts.id",
        json_list(accounts)?,
        channel.0
    )
    .execute(pool)
    .await?;
    Ok(done.rows_affected())
}

/// Up to `limit` verdicts on a channel after the account `after`, in the order of accounts.
///
/// # Errors
/// When MariaDB fails.
pub async fn of_channel(
    pool: &Pool,
    channel: ChannelId,
    after: AccountId,
    limit: u32,
) -> Result<Vec<Marked>, DbError> {
    let rows = sqlx::query_as!(
        Row,
        "SELECT STRAIGHT_JOIN verdicts.channel_id, verdicts.account_id, accounts.twitch_id, verdicts.verdict,
                verdicts.marked_at AS `marked_at: DateTime<Utc>`, verdicts.user_id
         FROM verdicts JOIN accounts ON accounts.id = verdicts.account_id
         WHERE verdicts.channel_id = ? AND verdicts.account_id > ? ORDER BY verdicts.account_id LIMIT ?",
        channel.0,
        after.0,
        limit
    )
    .fetch_all(pool)
    .await?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// What is said of one account on those of `channels` where something is.
///
/// # Errors
/// When MariaDB fails.
pub async fn of_account(
    pool: &Pool,
    account: TwitchUserId,
    channels: &[ChannelId],
) -> Result<Vec<Marked>, DbError> {
    let rows = sqlx::query_as!(
        Row,
        "SELECT STRAIGHT_JOIN verdicts.channel_id, verdicts.account_id, accounts.twitch_id, verdicts.verdict,
                verdicts.marked_at AS `marked_at: DateTime<Utc>`, verdicts.user_id
         FROM accounts
         JOIN JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) AS chosen
         JOIN verdicts ON verdicts.channel_id = chosen.id AND verdicts.account_id = accounts.id
         WHERE accounts.twitch_id = ? ORDER BY verdicts.channel_id",
        json_list(channels)?,
        account.0
    )
    .fetch_all(pool)
    .await?;
    rows.into_iter().map(TryInto::try_into).collect()
}
