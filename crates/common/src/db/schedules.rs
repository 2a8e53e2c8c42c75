//! `schedules`: which channels are captured periodically, and with whose token.
//!
//! Slots are aligned to the interval (a five-minute schedule captures at :00, :05 …), so that captures of different
//! channels compare. Each moderator of a channel may have a schedule; all of them share the capture of a slot.

use chrono::{DateTime, Duration, Utc};
use sqlx::MySqlConnection;

use super::{DbError, Pool, json_list};
use crate::ids::{ChannelId, StreamId, UserId};

/// One moderator's wish that a channel be captured periodically.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    pub channel: ChannelId,
    pub user: UserId,
    pub interval_minutes: u8,
    /// Only while the channel is live.
    pub only_live: bool,
    pub next_slot: DateTime<Utc>,
    /// Why nothing is captured, by a stable code.
    pub paused_reason: Option<String>,
}

/// A schedule that is due, and what it needs to be decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    pub channel: ChannelId,
    pub user: UserId,
    pub interval_minutes: u8,
    pub only_live: bool,
    pub next_slot: DateTime<Utc>,
    /// The broadcast that runs now, as the stream poll last saw.
    pub stream: Option<StreamId>,
}

/// A broadcast, by its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broadcast {
    pub channel: ChannelId,
    pub id: StreamId,
    pub started_at: DateTime<Utc>,
    pub ended_at: Option<DateTime<Utc>>,
}

impl Broadcast {
    #[must_use]
    pub fn runs_at(&self, at: DateTime<Utc>) -> bool {
        self.started_at <= at && self.ended_at.is_none_or(|end| end > at)
    }
}

/// A slot of a channel that is to be captured, or was missed.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Slot {
    pub channel: u64,
    /// Microseconds since 1970.
    pub at: i64,
    pub stream: Option<u64>,
    /// Until when it may be captured, in microseconds since 1970.
    pub until: i64,
    /// Why it was missed; none is to be captured.
    pub missed: Option<&'static str>,
}

/// The first slot after `now` of an interval.
#[must_use]
pub fn next_slot(now: DateTime<Utc>, interval_minutes: u8) -> DateTime<Utc> {
    let step = i64::from(interval_minutes.max(1)) * 60;
    let next = (now.timestamp().div_euclid(step) + 1) * step;
    DateTime::from_timestamp(next, 0).unwrap_or(now + Duration::seconds(step))
}

/// Sets the user's schedule of a channel; a paused one runs again.
///
/// # Errors
/// When MariaDB fails.
pub async fn set(
    pool: &Pool,
    channel: ChannelId,
    user: UserId,
    interval_minutes: u8,
    only_live: bool,
    now: DateTime<Utc>,
) -> Result<Schedule, DbError> {
    let next = next_slot(now, interval_minutes);
    sqlx::query!(
        "INSERT INTO schedules (channel_id, user_id, interval_minutes, only_live, next_slot, created_at, updated_at)
         VALUES (?, ?, ?, ?, ?, ?, ?)
         ON DUPLICATE KEY UPDATE interval_minutes = VALUES(interval_minutes), only_live = VALUES(only_live),
                next_slot = VALUES(next_slot), updated_at = VALUES(updated_at), paused_reason = NULL",
        channel.0,
        user.0,
        interval_minutes,
        only_live,
        next,
        now,
        now
    )
    .execute(pool)
    .await?;
    Ok(Schedule { channel, user, interval_minutes, only_live, next_slot: next, paused_reason: None })
}

/// Removes the user's schedule of a channel; `false` when there was none.
///
/// # Errors
/// When MariaDB fails.
pub async fn remove(pool: &Pool, channel: ChannelId, user: UserId) -> Result<bool, DbError> {
    let done = sqlx::query!("DELETE FROM schedules WHERE channel_id = ? AND user_id = ?", channel.0, user.0)
        .execute(pool)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// The user's schedules.
///
/// # Errors
/// When MariaDB fails.
pub async fn of_user(pool: &Pool, user: UserId) -> Result<Vec<Schedule>, DbError> {
    let rows = sqlx::query!(
        "SELECT channel_id, interval_minutes, only_live AS `only_live: bool`,
                next_slot AS `next_slot: DateTime<Utc>`, paused_reason
         FROM schedules WHERE user_id = ? ORDER BY channel_id",
        user.0
    )
    .fetch_all(pool)
    .await?;
    let schedules = rows.into_iter().map(|row| Schedule {
        channel: ChannelId(row.channel_id),
        user,
        interval_minutes: row.interval_minutes,
        only_live: row.only_live,
        next_slot: row.next_slot,
        paused_reason: row.paused_reason,
    });
    Ok(schedules.collect())
}

/// The users whose schedules keep the channel captured, the oldest first: whose token may be used.
///
/// # Errors
/// When MariaDB fails.
pub async fn owners(pool: &Pool, channel: ChannelId) -> Result<Vec<UserId>, DbError> {
    let users = sqlx::query_scalar!(
        "SELECT user_id FROM schedules WHERE channel_id = ? AND paused_reason IS NULL ORDER BY created_at, user_id",
        channel.0
    )
    .fetch_all(pool)
    .await?;
    Ok(users.into_iter().map(UserId).collect())
}

/// Takes due schedules, locked until the transaction ends; those that another scheduler has are skipped.
///
/// # Errors
/// When MariaDB fails.
pub async fn take_due(
    connection: &mut MySqlConnection,
    now: DateTime<Utc>,
    limit: u32,
) -> Result<Vec<Due>, DbError> {
    let rows = sqlx::query!(
        "SELECT schedules.channel_id, schedules.user_id, schedules.interval_minutes,
                schedules.only_live AS `only_live: bool`, schedules.next_slot AS `next_slot: DateTime<Utc>`,
                (SELECT MAX(streams.id) FROM streams
                 WHERE streams.channel_id = schedules.channel_id AND streams.ended_at IS NULL) AS `stream: u64`
         FROM schedules WHERE schedules.paused_reason IS NULL AND schedules.next_slot <= ?
         ORDER BY schedules.next_slot LIMIT ? FOR UPDATE SKIP LOCKED",
        now,
        limit
    )
    .fetch_all(connection)
    .await?;
    let due = rows.into_iter().map(|row| Due {
        channel: ChannelId(row.channel_id),
        user: UserId(row.user_id),
        interval_minutes: row.interval_minutes,
        only_live: row.only_live,
        next_slot: row.next_slot,
        stream: row.stream.map(StreamId),
    });
    Ok(due.collect())
}

/// A broadcast that the poll has not seen for so long may have ended when it last was seen.
const UNSEEN: Duration = Duration::minutes(10);

/// The broadcasts of `channels` that had not ended by `since`.
///
/// # Errors
/// When MariaDB fails.
pub async fn broadcasts(
    connection: &mut MySqlConnection,
    channels: &[ChannelId],
    since: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Vec<Broadcast>, DbError> {
    let rows = sqlx::query!(
        "SELECT STRAIGHT_JOIN streams.id, streams.channel_id, streams.started_at AS `started_at: DateTime<Utc>`,
                COALESCE(streams.ended_at, IF(streams.seen_at < ?, streams.seen_at, NULL)) AS `ended_at: DateTime<Utc>`
         FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) AS wanted
         JOIN streams ON streams.channel_id = wanted.id AND (streams.ended_at IS NULL OR streams.ended_at > ?)",
        now - UNSEEN,
        json_list(channels)?,
        since
    )
    .fetch_all(connection)
    .await?;
    let broadcasts = rows.into_iter().map(|row| Broadcast {
        channel: ChannelId(row.channel_id),
        id: StreamId(row.id),
        started_at: row.started_at,
        ended_at: row.ended_at,
    });
    Ok(broadcasts.collect())
}

/// Moves taken schedules on to the first slot after `now`.
///
/// # Errors
/// When MariaDB fails.
pub async fn advance(
    connection: &mut MySqlConnection,
    due: &[Due],
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let next: Vec<_> = due
        .iter()
        .map(|due| (due.channel, due.user, next_slot(now, due.interval_minutes).timestamp_micros()))
        .collect();
    sqlx::query!(
        "UPDATE JSON_TABLE(?, '$[*]' COLUMNS (channel BIGINT UNSIGNED PATH '$[0]', user BIGINT UNSIGNED PATH '$[1]',
                                              at BIGINT PATH '$[2]')) AS next
         STRAIGHT_JOIN schedules ON schedules.channel_id = next.channel AND schedules.user_id = next.user
         SET schedules.next_slot = TIMESTAMPADD(MICROSECOND, next.at, '1970-01-01')",
        json_list(&next)?
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Opens the slots: a pending capture each, or a gap with its reason. A slot that somebody opened before stays as it is.
///
/// # Errors
/// When MariaDB fails.
pub async fn open_slots(connection: &mut MySqlConnection, slots: &[Slot]) -> Result<(), DbError> {
    sqlx::query!(
        "INSERT INTO captures (channel_id, slot, stream_id, status, reason)
         SELECT slots.channel, TIMESTAMPADD(MICROSECOND, slots.at, '1970-01-01'), slots.stream,
                IF(slots.missed IS NULL, 'pending', 'missed'), slots.missed
         FROM JSON_TABLE(?, '$[*]' COLUMNS (channel BIGINT UNSIGNED PATH '$.channel', at BIGINT PATH '$.at',
                          stream BIGINT UNSIGNED PATH '$.stream', missed VARCHAR(64) PATH '$.missed')) AS slots
         ON DUPLICATE KEY UPDATE channel_id = VALUES(channel_id)",
        json_list(slots)?
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Opens an active session, until `expires_at`, for those of `users` who have none that has not expired, and keeps the
/// others' alive.
///
/// # Errors
/// When MariaDB fails.
pub async fn open_sessions(
    connection: &mut MySqlConnection,
    users: &[UserId],
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> Result<(), DbError> {
    let users = json_list(users)?;
    sqlx::query!(
        "UPDATE JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) AS users
         STRAIGHT_JOIN sessions ON sessions.active_user = users.id
         SET sessions.status = 'expired', sessions.updated_at = ? WHERE sessions.expires_at <= ?",
        users,
        now,
        now
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "INSERT INTO sessions (uuid, user_id, created_at, updated_at, expires_at)
         SELECT UUID(), users.id, ?, ?, ? FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) AS users
         ON DUPLICATE KEY UPDATE updated_at = VALUES(updated_at), expires_at = VALUES(expires_at)",
        now,
        now,
        expires_at,
        users
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Puts the slots' captures, gaps too, into the active sessions of everybody who has a schedule on the channel, whatever
/// its interval: moderators of a channel share its captures. Who wants only what is live gets nothing else.
///
/// # Errors
/// When MariaDB fails.
pub async fn link_slots(
    connection: &mut MySqlConnection,
    slots: &[Slot],
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    sqlx::query!(
        "INSERT INTO session_captures (session_id, capture_id)
         SELECT STRAIGHT_JOIN sessions.id, captures.id
         FROM JSON_TABLE(?, '$[*]' COLUMNS (channel BIGINT UNSIGNED PATH '$.channel', at BIGINT PATH '$.at',
                          stream BIGINT UNSIGNED PATH '$.stream')) AS slots
         JOIN captures ON captures.channel_id = slots.channel
                      AND captures.slot = TIMESTAMPADD(MICROSECOND, slots.at, '1970-01-01')
         JOIN schedules ON schedules.channel_id = slots.channel AND schedules.paused_reason IS NULL
                       AND (slots.stream IS NOT NULL OR NOT schedules.only_live)
         JOIN sessions ON sessions.active_user = schedules.user_id AND sessions.expires_at > ?
         ON DUPLICATE KEY UPDATE session_id = VALUES(session_id)",
        json_list(slots)?,
        now
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Enqueues the captures of the slots that are still pending, each on behalf of the moderator whose schedule on the
/// channel is oldest.
///
/// # Errors
/// When MariaDB fails.
pub async fn enqueue_slots(
    connection: &mut MySqlConnection,
    slots: &[Slot],
    kind: &str,
    priority: u8,
    max_attempt: u16,
) -> Result<(), DbError> {
    sqlx::query!(
        "INSERT INTO jobs (kind, dedup, tenant, priority, max_attempt, run_at, payload, created_at)
         SELECT STRAIGHT_JOIN ?, captures.id, owner.user_id, ?, ?, UTC_TIMESTAMP(6),
                JSON_OBJECT('capture', CAST(captures.id AS CHAR), 'channel', CAST(captures.channel_id AS CHAR),
                            'user', CAST(owner.user_id AS CHAR),
                            'until', DATE_FORMAT(TIMESTAMPADD(MICROSECOND, slots.until, '1970-01-01'),
                                                 '%Y-%m-%dT%H:%i:%s.%fZ')),
                UTC_TIMESTAMP(6)
         FROM JSON_TABLE(?, '$[*]' COLUMNS (channel BIGINT UNSIGNED PATH '$.channel', at BIGINT PATH '$.at',
                          until BIGINT PATH '$.until')) AS slots
         JOIN captures ON captures.channel_id = slots.channel
                      AND captures.slot = TIMESTAMPADD(MICROSECOND, slots.at, '1970-01-01')
         JOIN schedules AS owner ON owner.channel_id = slots.channel AND owner.paused_reason IS NULL
         WHERE captures.status = 'pending'
           AND NOT EXISTS (SELECT 1 FROM schedules AS older
                           WHERE older.channel_id = owner.channel_id AND older.paused_reason IS NULL
                             AND (older.created_at, older.user_id) < (owner.created_at, owner.user_id))
         ON DUPLICATE KEY UPDATE id = jobs.id",
        kind,
        priority,
        max_attempt,
        json_list(slots)?
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Pauses all schedules of a user, whose grant was lost; returns the channels.
///
/// # Errors
/// When MariaDB fails.
pub async fn pause_user(pool: &Pool, user: UserId, reason: &str) -> Result<u64, DbError> {
    let done = sqlx::query!(
        "UPDATE schedules SET paused_reason = ? WHERE user_id = ? AND paused_reason IS NULL",
        reason,
        user.0
    )
    .execute(pool)
    .await?;
    Ok(done.rows_affected())
}

/// Pauses one schedule: its user may no longer look into the channel.
///
/// # Errors
/// When MariaDB fails.
pub async fn pause(pool: &Pool, channel: ChannelId, user: UserId, reason: &str) -> Result<bool, DbError> {
    let done = sqlx::query!(
        "UPDATE schedules SET paused_reason = ? WHERE channel_id = ? AND user_id = ? AND paused_reason IS NULL",
        reason,
        channel.0,
        user.0
    )
    .execute(pool)
    .await?;
    Ok(done.rows_affected() == 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_next_slot_is_aligned_and_at_most_an_interval_away(seconds in 0i64..4_000_000_000, minutes in 1u8..=60) {
            let now = DateTime::from_timestamp(seconds, 0).unwrap();
            let next = next_slot(now, minutes);
            prop_assert_eq!(next.timestamp() % (i64::from(minutes) * 60), 0);
            prop_assert!(next > now && next - now <= Duration::minutes(minutes.into()));
        }
    }
}
