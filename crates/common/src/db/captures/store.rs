//! Storing a capture's roster, or why there is none.

use chrono::{DateTime, Utc};
use sqlx::MySqlConnection;

use super::rosters::{self, Place};
use crate::{
    db::{DbError, Pool},
    ids::{CaptureId, ChannelId, UserId},
    roster::Roster,
};

/// What a capture adds to what was known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub chatters: u32,
    /// Never seen on this channel before.
    pub new: u32,
    /// Absent from the previous capture.
    pub arrived: u32,
    /// Present in the previous capture only.
    pub left: u32,
}

/// How a roster was read.
#[derive(Clone, Copy, Debug)]
pub struct Read {
    pub at: DateTime<Utc>,
    /// How many people it may lack, or name although they had left.
    pub uncertain: u32,
}

/// Whether the capture still waits for its roster.
///
/// # Errors
/// When MariaDB fails.
pub async fn is_pending(pool: &Pool, capture: CaptureId) -> Result<bool, DbError> {
    let status = sqlx::query_scalar!("SELECT status FROM captures WHERE id = ?", capture.0)
        .fetch_optional(pool)
        .await?;
    Ok(status.as_deref() == Some("pending"))
}

/// Stores the roster of a capture that is pending, and counts it against what this channel has seen. Runs in the
/// transaction that finishes the job; captures of one channel wait for each other on the row of `channel_seen`.
///
/// # Errors
/// When MariaDB fails, or a stored roster cannot be read.
pub async fn complete(
    connection: &mut MySqlConnection,
    capture: CaptureId,
    channel: ChannelId,
    roster: &mut Roster,
    read: Read,
) -> Result<Counts, DbError> {
    let mut seen = lock_seen(connection, channel).await?;
    let previous = previous_roster(connection, capture, channel).await?;
    let new = &roster.0 - &seen.0;
    let counts = Counts {
        chatters: roster.len(),
        new: count(new.len()),
        arrived: count((&roster.0 - &previous.0).len()),
        left: count((&previous.0 - &roster.0).len()),
    };
    let (stream, viewers) = broadcast(connection, channel, read.at).await?.unzip();
    let viewers = viewers.flatten();
    // A scheduled capture belongs to the broadcast that it was planned in, if another one has begun since.
    let place = rosters::insert(connection, roster).await?;
    let stored = sqlx::query!(
        "UPDATE captures SET status = 'complete', reason = NULL, captured_at = ?, stream_id = COALESCE(stream_id, ?),
                viewer_count = ?, chatters_count = ?, uncertain = ?, new_count = ?, arrived_count = ?, left_count = ?,
                roster_id = ?, roster_parts = ?
         WHERE id = ? AND status = 'pending'",
        read.at,
        stream,
        viewers,
        counts.chatters,
        read.uncertain,
        counts.new,
        counts.arrived,
        counts.left,
        place.first,
        place.parts,
        capture.0
    )
    .execute(&mut *connection)
    .await?;
    if stored.rows_affected() == 0 {
        rosters::remove(connection, &[place]).await?;
    }
    if !new.is_empty() {
        seen.0 |= new;
        sqlx::query!(
            "UPDATE channel_seen SET capture_id = ?, accounts = ?, roster = ? WHERE channel_id = ?",
            capture.0,
            seen.len(),
            seen.to_bytes(),
            channel.0
        )
        .execute(connection)
        .await?;
    }
    Ok(counts)
}

/// What the channel has seen, locked until the transaction ends.
pub(super) async fn lock_seen(
    connection: &mut MySqlConnection,
    channel: ChannelId,
) -> Result<Roster, DbError> {
    let locked =
        sqlx::query_scalar!("SELECT roster FROM channel_seen WHERE channel_id = ? FOR UPDATE", channel.0)
            .fetch_optional(&mut *connection)
            .await?;
    if let Some(bytes) = locked {
        return rosters::read(&bytes);
    }
    let mut nobody = Roster::default();
    // The upsert takes the row's lock, also when another capture inserts it at the same time.
    sqlx::query!(
        "INSERT INTO channel_seen (channel_id, capture_id, accounts, roster) VALUES (?, 0, 0, ?)
         ON DUPLICATE KEY UPDATE channel_id = channel_seen.channel_id",
        channel.0,
        nobody.to_bytes()
    )
    .execute(&mut *connection)
    .await?;
    let bytes =
        sqlx::query_scalar!("SELECT roster FROM channel_seen WHERE channel_id = ? FOR UPDATE", channel.0)
            .fetch_one(connection)
            .await?;
    rosters::read(&bytes)
}

/// The broadcast of the channel that runs at `at`, and its viewers when it was last asked about; none when it has not been
/// yet: EventSub tells of a broadcast without them.
async fn broadcast(
    connection: &mut MySqlConnection,
    channel: ChannelId,
    at: DateTime<Utc>,
) -> Result<Option<(u64, Option<u32>)>, DbError> {
    let row = sqlx::query!(
        "SELECT id, NULLIF(viewer_count, 0) AS viewer_count FROM streams
         WHERE channel_id = ? AND started_at <= ? AND (ended_at IS NULL OR ended_at > ?) ORDER BY started_at DESC LIMIT 1",
        channel.0,
        at.naive_utc(),
        at.naive_utc()
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| (row.id, row.viewer_count)))
}

async fn previous_roster(
    connection: &mut MySqlConnection,
    capture: CaptureId,
    channel: ChannelId,
) -> Result<Roster, DbError> {
    for _ in 0..rosters::ATTEMPTS {
        let previous = sqlx::query!(
            "SELECT earlier.roster_id AS `first!`, earlier.roster_parts AS parts
             FROM captures AS this JOIN captures AS earlier
               ON earlier.channel_id = ? AND earlier.status = 'complete' AND earlier.slot < this.slot
             WHERE this.id = ? ORDER BY earlier.slot DESC LIMIT 1",
            channel.0,
            capture.0
        )
        .fetch_optional(&mut *connection)
        .await?;
        let Some(previous) = previous else { return Ok(Roster::default()) };
        let place = Place { first: previous.first, parts: previous.parts };
        if let Some(roster) = rosters::at(connection, place).await? {
            return Ok(roster);
        }
    }
    Err(DbError::corrupt("rosters", format!("parts are missing before capture {capture}")))
}

fn count(accounts: u64) -> u32 {
    u32::try_from(accounts).unwrap_or(u32::MAX)
}

/// How a capture ends that will never have a roster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gap {
    /// It was tried in vain.
    Failed,
    /// It came too late for its slot.
    Missed,
}

/// Makes a pending capture a gap of the broadcast that ran at its slot, and says why.
///
/// # Errors
/// When MariaDB fails.
pub async fn give_up(
    connection: &mut MySqlConnection,
    capture: CaptureId,
    gap: Gap,
    reason: &str,
) -> Result<(), DbError> {
    let status = match gap {
        Gap::Failed => "failed",
        Gap::Missed => "missed",
    };
    sqlx::query!(
        "UPDATE captures SET status = ?, reason = ?,
                stream_id = COALESCE(stream_id, (SELECT streams.id FROM streams
                    WHERE streams.channel_id = captures.channel_id AND started_at <= slot
                      AND (ended_at IS NULL OR ended_at > slot) ORDER BY started_at DESC LIMIT 1))
         WHERE id = ? AND status = 'pending'",
        status,
        reason,
        capture.0
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Who is to be told about the capture: whose active sessions hold it, and who may look into its channel according to an
/// answer of Twitch not older than `since`.
///
/// # Errors
/// When MariaDB fails.
pub async fn watchers(pool: &Pool, capture: CaptureId, since: DateTime<Utc>) -> Result<Vec<UserId>, DbError> {
    let users = sqlx::query_scalar!(
        "SELECT sessions.user_id AS `user!` FROM session_captures JOIN sessions ON sessions.id = session_captures.session_id
         WHERE session_captures.capture_id = ? AND sessions.status = 'active'
         UNION SELECT channel_roles.user_id FROM captures
         JOIN channel_roles ON channel_roles.channel_id = captures.channel_id AND channel_roles.checked_at >= ?
         WHERE captures.id = ?",
        capture.0,
        since,
        capture.0
    )
    .fetch_all(pool)
    .await?;
    Ok(users.into_iter().map(UserId).collect())
}
