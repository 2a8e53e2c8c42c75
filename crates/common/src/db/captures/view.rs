//! Captures as people see them: without their rosters, and with the reason where there is none.

use chrono::{DateTime, Utc};

use crate::{
    db::{DbError, Pool},
    ids::{CaptureId, ChannelId, SessionUuid, StreamId, UserId},
};

/// What became of a capture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CaptureStatus {
    /// Asked for; its roster is not there yet.
    Pending,
    /// Its roster is stored.
    Complete,
    /// It has no roster; the reason says why.
    Failed,
    /// A scheduled one that was not made; the reason says why.
    Missed,
}

/// A capture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaptureView {
    pub id: CaptureId,
    pub channel: ChannelId,
    pub slot: DateTime<Utc>,
    pub stream: Option<StreamId>,
    pub status: CaptureStatus,
    pub reason: Option<String>,
    pub captured_at: Option<DateTime<Utc>>,
    pub chatters_count: u32,
    /// How many people the roster may lack, or name although they had left.
    pub uncertain: u32,
    pub new_count: u32,
    pub arrived_count: u32,
    pub left_count: u32,
    pub viewer_count: Option<u32>,
}

/// Where a page of a list ends: the slot and id of its last capture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    pub slot: DateTime<Utc>,
    pub id: CaptureId,
}

/// Which captures of a user's sessions to list.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter {
    pub session: Option<SessionUuid>,
    pub channel: Option<ChannelId>,
    pub stream: Option<StreamId>,
}

#[derive(Debug)]
struct CaptureRow {
    id: u64,
    channel_id: u64,
    slot: DateTime<Utc>,
    stream_id: Option<u64>,
    status: String,
    reason: Option<String>,
    captured_at: Option<DateTime<Utc>>,
    chatters_count: u32,
    uncertain: u32,
    new_count: u32,
    arrived_count: u32,
    left_count: u32,
    viewer_count: Option<u32>,
}

impl TryFrom<CaptureRow> for CaptureView {
    type Error = DbError;
    fn try_from(row: CaptureRow) -> Result<Self, DbError> {
        let status = match row.status.as_str() {
            "pending" => CaptureStatus::Pending,
            "complete" => CaptureStatus::Complete,
            "failed" => CaptureStatus::Failed,
            "missed" => CaptureStatus::Missed,
            other => return Err(DbError::corrupt("captures", format!("status {other}"))),
        };
        Ok(Self {
            id: CaptureId(row.id),
            channel: ChannelId(row.channel_id),
            slot: row.slot,
            stream: row.stream_id.map(StreamId),
            status,
            reason: row.reason,
            captured_at: row.captured_at,
            chatters_count: row.chatters_count,
            uncertain: row.uncertain,
            new_count: row.new_count,
            arrived_count: row.arrived_count,
            left_count: row.left_count,
            viewer_count: row.viewer_count,
        })
    }
}

/// Up to `limit` captures of the user's sessions before `before`, the latest first.
///
/// # Errors
/// When MariaDB fails.
pub async fn of_user(
    pool: &Pool,
    user: UserId,
    filter: Filter,
    before: Option<Position>,
    limit: u32,
) -> Result<Vec<CaptureView>, DbError> {
    let session = filter.session.map(|uuid| uuid.to_string());
    let channel = filter.channel.map(|id| id.0);
    let stream = filter.stream.map(|id| id.0);
    // Without a zone: a TIMESTAMP would end in 2038.
    let (slot, id) = before.map(|position| (position.slot.naive_utc(), position.id.0)).unzip();
    let rows = sqlx::query_as!(
        CaptureRow,
        "SELECT captures.id, captures.channel_id, captures.slot AS `slot: DateTime<Utc>`, captures.stream_id,
                captures.status, captures.reason, captures.captured_at AS `captured_at: DateTime<Utc>`,
                captures.chatters_count, captures.uncertain, captures.new_count, captures.arrived_count, captures.left_count,
                captures.viewer_count
         FROM captures
         WHERE captures.id IN (
                 SELECT session_captures.capture_id FROM sessions
                 JOIN session_captures ON session_captures.session_id = sessions.id
                 WHERE sessions.user_id = ? AND sessions.status <> 'deleted' AND (? IS NULL OR sessions.uuid = ?))
           AND (? IS NULL OR captures.channel_id = ?) AND (? IS NULL OR captures.stream_id = ?)
           AND (? IS NULL OR captures.slot < ? OR (captures.slot = ? AND captures.id < ?))
         ORDER BY captures.slot DESC, captures.id DESC LIMIT ?",
        user.0,
        session,
        session,
        channel,
        channel,
        stream,
        stream,
        slot,
        slot,
        slot,
        id,
        limit
    )
    .fetch_all(pool)
    .await?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// A capture, if it is in a session of the user's.
///
/// # Errors
/// When MariaDB fails.
pub async fn find(pool: &Pool, user: UserId, capture: CaptureId) -> Result<Option<CaptureView>, DbError> {
    let row = sqlx::query_as!(
        CaptureRow,
        "SELECT captures.id, captures.channel_id, captures.slot AS `slot: DateTime<Utc>`, captures.stream_id,
                captures.status, captures.reason, captures.captured_at AS `captured_at: DateTime<Utc>`,
                captures.chatters_count, captures.uncertain, captures.new_count, captures.arrived_count, captures.left_count,
                captures.viewer_count
         FROM captures
         WHERE captures.id = ? AND EXISTS (
             SELECT 1 FROM session_captures JOIN sessions ON sessions.id = session_captures.session_id
             WHERE session_captures.capture_id = captures.id AND sessions.user_id = ? AND sessions.status <> 'deleted')",
        capture.0,
        user.0
    )
    .fetch_optional(pool)
    .await?;
    row.map(TryInto::try_into).transpose()
}

/// Whose capture it is; none when there is no such capture.
///
/// # Errors
/// When MariaDB fails.
pub async fn channel_of(pool: &Pool, capture: CaptureId) -> Result<Option<ChannelId>, DbError> {
    let channel = sqlx::query_scalar!("SELECT channel_id FROM captures WHERE id = ?", capture.0)
        .fetch_optional(pool)
        .await?;
    Ok(channel.map(ChannelId))
}
