//! `raids`: who sent their viewers where, as Twitch announced it.

use chrono::{DateTime, Utc};

use super::{DbError, Pool, json_list};
use crate::ids::ChannelId;

/// A raid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raid {
    pub id: u64,
    pub from: ChannelId,
    pub to: ChannelId,
    pub from_login: String,
    /// How many, as announced.
    pub viewers: u32,
    pub raided_at: DateTime<Utc>,
}

/// The raids on `channels` with `from <= raided_at < to`, in the order of time; the last `limit` of them.
/// Bounds go without a zone: a TIMESTAMP would end in 2038.
///
/// # Errors
/// When MariaDB fails.
pub async fn on_channels(
    pool: &Pool,
    channels: &[ChannelId],
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    limit: u32,
) -> Result<Vec<Raid>, DbError> {
    let rows = sqlx::query!(
        "SELECT STRAIGHT_JOIN raids.id, from_channel_id, to_channel_id, from_login, viewers,
                raided_at AS `raided_at: DateTime<Utc>`
         FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) AS chosen
         JOIN raids ON raids.to_channel_id = chosen.id AND raids.raided_at >= ? AND raids.raided_at < ?
         ORDER BY raided_at DESC, raids.id DESC LIMIT ?",
        json_list(channels)?,
        from.naive_utc(),
        to.naive_utc(),
        limit
    )
    .fetch_all(pool)
    .await?;
    let raids = rows.into_iter().rev().map(|row| Raid {
        id: row.id,
        from: ChannelId(row.from_channel_id),
        to: ChannelId(row.to_channel_id),
        from_login: row.from_login,
        viewers: row.viewers,
        raided_at: row.raided_at,
    });
    Ok(raids.collect())
}

/// A raid about to be stored.
#[derive(Clone, Debug)]
pub struct NewRaid {
    pub message_id: String,
    pub from: ChannelId,
    pub to: ChannelId,
    pub from_login: String,
    pub viewers: u32,
    pub raided_at: DateTime<Utc>,
}

/// Stores a raid. `false`: it is there already, be it under another message id (two replicas may have listened).
///
/// # Errors
/// When MariaDB fails.
pub async fn store(pool: &Pool, raid: &NewRaid) -> Result<bool, DbError> {
    let done = sqlx::query!(
        "INSERT IGNORE INTO raids (message_id, from_channel_id, to_channel_id, from_login, viewers, raided_at)
         SELECT ?, ?, ?, ?, ?, ? FROM DUAL
         WHERE NOT EXISTS (SELECT 1 FROM raids WHERE to_channel_id = ? AND from_channel_id = ?
                             AND raided_at BETWEEN TIMESTAMPADD(SECOND, -60, ?) AND TIMESTAMPADD(SECOND, 60, ?))",
        raid.message_id,
        raid.from.0,
        raid.to.0,
        raid.from_login,
        raid.viewers,
        raid.raided_at,
        raid.to.0,
        raid.from.0,
        raid.raided_at,
        raid.raided_at,
    )
    .execute(pool)
    .await?;
    Ok(done.rows_affected() == 1)
}
