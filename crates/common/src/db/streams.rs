//! `streams`: one broadcast each, from its start to its end.

use chrono::{DateTime, Utc};

use super::{DbError, Pool, json_list};
use crate::{
    clients::twitch_api::LiveStream,
    ids::{ChannelId, StreamId},
};

/// A broadcast.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stream {
    pub id: StreamId,
    pub channel: ChannelId,
    pub title: String,
    pub started_at: DateTime<Utc>,
    /// None while it runs, or when nobody saw it end.
    pub ended_at: Option<DateTime<Utc>>,
}

/// The broadcasts on `channels` that began before `to` and had not ended at `from`, in the order of their beginnings;
/// at most `limit`.
///
/// # Errors
/// When MariaDB fails.
pub async fn during(
    pool: &Pool,
    channels: &[ChannelId],
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    limit: u32,
) -> Result<Vec<Stream>, DbError> {
    // Bounds go without a zone: a TIMESTAMP would end in 2038.
    // No broadcast lasts longer than Twitch allows, two days: the index can be read from there.
    let rows = sqlx::query!(
        "SELECT STRAIGHT_JOIN streams.id, channel_id, title, started_at AS `started_at: DateTime<Utc>`,
                ended_at AS `ended_at: DateTime<Utc>`
         FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) AS chosen
         JOIN streams ON streams.channel_id = chosen.id
           AND streams.started_at >= TIMESTAMPADD(DAY, -3, ?) AND streams.started_at < ?
         WHERE COALESCE(ended_at, seen_at) >= ?
         ORDER BY started_at DESC, streams.id DESC LIMIT ?",
        json_list(channels)?,
        from.naive_utc(),
        to.naive_utc(),
        from.naive_utc(),
        limit
    )
    .fetch_all(pool)
    .await?;
    let streams = rows.into_iter().rev().map(|row| Stream {
        id: StreamId(row.id),
        channel: ChannelId(row.channel_id),
        title: row.title,
        started_at: row.started_at,
        ended_at: row.ended_at,
    });
    Ok(streams.collect())
}

/// Whose broadcast it is; none when there is no such broadcast.
///
/// # Errors
/// When MariaDB fails.
pub async fn channel_of(pool: &Pool, stream: StreamId) -> Result<Option<ChannelId>, DbError> {
    let channel = sqlx::query_scalar!("SELECT channel_id FROM streams WHERE id = ?", stream.0)
        .fetch_optional(pool)
        .await?;
    Ok(channel.map(ChannelId))
}

/// A broadcast, and what was captured of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overview {
    pub stream: Stream,
    /// Complete ones.
    pub captures: u32,
    /// The most chatters in one capture.
    pub chatters_peak: Option<u32>,
}

/// Up to `limit` broadcasts of a channel, the latest first, from the one after `before` on. Twitch numbers broadcasts
/// in the order of their beginnings.
///
/// # Errors
/// When MariaDB fails.
pub async fn overviews(
    pool: &Pool,
    channel: ChannelId,
    before: Option<StreamId>,
    limit: u32,
) -> Result<Vec<Overview>, DbError> {
    let rows = sqlx::query!(
        "SELECT shown.id, shown.title, shown.started_at AS `started_at: DateTime<Utc>`,
                shown.ended_at AS `ended_at: DateTime<Utc>`, COUNT(captures.id) AS `captures!: i64`,
                MAX(captures.chatters_count) AS `chatters_peak?: u32`
         FROM (SELECT id, title, started_at, ended_at FROM streams
               WHERE channel_id = ? AND id < ? ORDER BY id DESC LIMIT ?) AS shown
         LEFT JOIN captures ON captures.stream_id = shown.id AND captures.status = 'complete'
         GROUP BY shown.id ORDER BY shown.id DESC",
        channel.0,
        before.map_or(u64::MAX, |before| before.0),
        limit
    )
    .fetch_all(pool)
    .await?;
    let overviews = rows.into_iter().map(|row| Overview {
        stream: Stream {
            id: StreamId(row.id),
            channel,
            title: row.title,
            started_at: row.started_at,
            ended_at: row.ended_at,
        },
        captures: u32::try_from(row.captures).unwrap_or(u32::MAX),
        chatters_peak: row.chatters_peak,
    });
    Ok(overviews.collect())
}

/// Stores what Twitch lists as live: new broadcasts begin, known ones go on. A broadcast that another one of the same
/// channel follows has ended.
///
/// # Errors
/// When MariaDB fails.
pub async fn seen(pool: &Pool, live: &[LiveStream], now: DateTime<Utc>) -> Result<(), DbError> {
    if live.is_empty() {
        return Ok(());
    }
    // Two who store some of the same take the rows' locks in the same order.
    let mut live: Vec<&LiveStream> = live.iter().collect();
    live.sort_unstable_by_key(|one| one.twitch_id);
    let list: Vec<_> = live
        .into_iter()
        .map(|one| {
            (
                one.twitch_id,
                one.broadcaster_id,
                &one.title,
                one.started_at.timestamp_micros(),
                one.viewer_count,
            )
        })
        .collect();
    let list = json_list(&list)?;
    sqlx::query!(
        "INSERT INTO streams (id, channel_id, title, started_at, seen_at, viewer_count)
         SELECT live.id, live.channel, LEFT(live.title, 255), TIMESTAMPADD(MICROSECOND, live.started, '1970-01-01'), ?,
                live.viewers
         FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$[0]', channel BIGINT UNSIGNED PATH '$[1]',
                          title VARCHAR(1024) PATH '$[2]', started BIGINT PATH '$[3]',
                          viewers INT UNSIGNED PATH '$[4]')) AS live
         ON DUPLICATE KEY UPDATE title = VALUES(title), seen_at = VALUES(seen_at), ended_at = NULL,
                viewer_count = VALUES(viewer_count)",
        now,
        list
    )
    .execute(pool)
    .await?;
    sqlx::query!(
        "UPDATE JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$[0]', channel BIGINT UNSIGNED PATH '$[1]')) AS live
         STRAIGHT_JOIN streams ON streams.channel_id = live.channel
         SET streams.ended_at = streams.seen_at WHERE streams.ended_at IS NULL AND streams.id < live.id",
        list
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// Stores broadcasts that Twitch lists as live and that are not known yet: captures made now belong to them.
///
/// # Errors
/// When MariaDB fails.
pub async fn noticed(pool: &Pool, live: &[LiveStream], now: DateTime<Utc>) -> Result<(), DbError> {
    for one in live {
        sqlx::query!(
            "INSERT IGNORE INTO streams (id, channel_id, title, started_at, seen_at, viewer_count)
             VALUES (?, ?, LEFT(?, 255), ?, ?, ?)",
            one.twitch_id.0,
            one.broadcaster_id.0,
            one.title,
            one.started_at,
            now,
            one.viewer_count
        )
        .execute(pool)
        .await?;
    }
    Ok(())
}

/// Stores that a broadcast has begun, as Twitch announced: its title and its viewers are not told. A broadcast that a poll
/// has seen keeps those; a new one has none until it is polled. The channel's earlier broadcasts have ended.
///
/// # Errors
/// When MariaDB fails.
pub async fn began(
    pool: &Pool,
    stream: StreamId,
    channel: ChannelId,
    at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    sqlx::query!(
        "INSERT INTO streams (id, channel_id, started_at, seen_at) VALUES (?, ?, ?, ?)
         ON DUPLICATE KEY UPDATE seen_at = VALUES(seen_at), ended_at = NULL",
        stream.0,
        channel.0,
        at,
        now
    )
    .execute(pool)
    .await?;
    sqlx::query!(
        "UPDATE streams SET ended_at = seen_at WHERE channel_id = ? AND ended_at IS NULL AND id < ?",
        channel.0,
        stream.0
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// Ends the broadcasts of `asked` channels that Twitch has not listed since `since`: when it last did. Twitch's list
/// misses some at times, so once is not enough.
///
/// # Errors
/// When MariaDB fails.
pub async fn end_unseen(pool: &Pool, asked: &[ChannelId], since: DateTime<Utc>) -> Result<(), DbError> {
    sqlx::query!(
        "UPDATE JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) AS asked
         STRAIGHT_JOIN streams ON streams.channel_id = asked.id
         SET streams.ended_at = streams.seen_at WHERE streams.ended_at IS NULL AND streams.seen_at < ?",
        json_list(asked)?,
        since
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// Ends the channel's broadcasts that began before `at`, as Twitch announced.
///
/// # Errors
/// When MariaDB fails.
pub async fn ended(pool: &Pool, channel: ChannelId, at: DateTime<Utc>) -> Result<(), DbError> {
    sqlx::query!(
        "UPDATE streams SET ended_at = ? WHERE channel_id = ? AND ended_at IS NULL AND started_at < ?",
        at,
        channel.0,
        at
    )
    .execute(pool)
    .await?;
    Ok(())
}
