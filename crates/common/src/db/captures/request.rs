//! Asking for captures.
//!
//! A capture belongs to a channel and a slot of ten seconds: whoever asks for the same channel in the same slot (a
//! double click, another moderator) shares the capture and its job.

use chrono::{DateTime, Duration, DurationRound as _, Utc};
use sqlx::MySqlConnection;

use crate::{
    db::{DbError, Pool, jobs, jobs::JobState, json_list, retrying, sessions},
    ids::{CaptureId, ChannelId, JobId, SessionId, SessionUuid, UserId},
    jobs::{CaptureChatters, NewJob},
};

/// How long a slot is.
const SLOT: Duration = Duration::seconds(10);

/// Captures that were asked for, and the session that they went into.
#[derive(Clone, Debug)]
pub struct Requested {
    pub session: SessionUuid,
    /// In the order of their channels' ids.
    pub captures: Vec<RequestedCapture>,
}

#[derive(Clone, Copy, Debug)]
pub struct RequestedCapture {
    pub id: CaptureId,
    pub channel: ChannelId,
    pub job: JobId,
    pub state: JobState,
}

/// The slot that `at` lies in.
#[must_use]
pub fn slot(at: DateTime<Utc>) -> DateTime<Utc> {
    at.duration_trunc(SLOT).unwrap_or(at)
}

/// Asks for a capture of each of `channels` on behalf of `user`, in one transaction: captures, their jobs, and their
/// places in the user's active session, which lives for `session_ttl` from now. The jobs are still to be announced.
///
/// # Errors
/// When MariaDB fails; then nothing was asked for.
pub async fn request(
    pool: &Pool,
    user: UserId,
    channels: &[ChannelId],
    at: DateTime<Utc>,
    session_ttl: Duration,
    request_id: &str,
) -> Result<Requested, DbError> {
    let mut channels = channels.to_vec();
    // Requests that share channels take the rows' locks in the same order.
    channels.sort_unstable();
    channels.dedup();
    let list = json_list(&channels)?;
    let list = list.as_str();
    retrying(|| async move {
        let mut tx = pool.begin().await?;
        let (session, uuid) = sessions::active(&mut tx, user, at, session_ttl).await?;
        let captures = open(&mut tx, list, slot(at)).await?;
        link(&mut tx, session, &captures).await?;
        let mut requested = Vec::with_capacity(captures.len());
        for (id, channel) in captures {
            let (job, state) =
                enqueue(&mut tx, &CaptureChatters { capture: id, channel, user, until: None }, request_id)
                    .await?;
            requested.push(RequestedCapture { id, channel, job, state });
        }
        tx.commit().await?;
        Ok(Requested { session: uuid, captures: requested })
    })
    .await
}

async fn open(
    connection: &mut MySqlConnection,
    channels: &str,
    slot: DateTime<Utc>,
) -> Result<Vec<(CaptureId, ChannelId)>, DbError> {
    sqlx::query!(
        "INSERT INTO captures (channel_id, slot)
         SELECT wanted.id, ? FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) AS wanted
         ON DUPLICATE KEY UPDATE channel_id = VALUES(channel_id)",
        slot,
        channels
    )
    .execute(&mut *connection)
    .await?;
    let rows = sqlx::query!(
        "SELECT STRAIGHT_JOIN captures.id, captures.channel_id
         FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) AS wanted
         JOIN captures ON captures.channel_id = wanted.id AND captures.slot = ?
         ORDER BY captures.channel_id",
        channels,
        slot
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (CaptureId(row.id), ChannelId(row.channel_id))).collect())
}

async fn link(
    connection: &mut MySqlConnection,
    session: SessionId,
    captures: &[(CaptureId, ChannelId)],
) -> Result<(), DbError> {
    let ids: Vec<CaptureId> = captures.iter().map(|(id, _)| *id).collect();
    sqlx::query!(
        "INSERT INTO session_captures (session_id, capture_id)
         SELECT ?, chosen.id FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) AS chosen
         ON DUPLICATE KEY UPDATE session_id = VALUES(session_id)",
        session.0,
        json_list(&ids)?
    )
    .execute(connection)
    .await?;
    Ok(())
}

async fn enqueue(
    connection: &mut MySqlConnection,
    job: &CaptureChatters,
    request_id: &str,
) -> Result<(JobId, JobState), DbError> {
    let new = NewJob::of(job).map_err(|error| DbError::Sql(sqlx::Error::Encode(error.into())))?;
    let (id, is_new) = jobs::insert(&mut *connection, &new, request_id).await?;
    if is_new {
        return Ok((id, JobState::Ready));
    }
    // A scheduled capture of these ten seconds: somebody wants it now, however late it is.
    sqlx::query!(
        "UPDATE jobs SET payload = JSON_REMOVE(payload, '$.until') WHERE id = ? AND state = 'ready'",
        id.0
    )
    .execute(&mut *connection)
    .await?;
    let state =
        sqlx::query_scalar!("SELECT state FROM jobs WHERE id = ?", id.0).fetch_one(connection).await?;
    Ok((id, state.try_into()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_seconds_are_one_slot() {
        let at = |text: &str| slot(text.parse().unwrap()).to_rfc3339();
        assert_eq!(at("2026-11-23T21:35:10Z"), "2026-11-23T21:35:10+00:00");
        assert_eq!(at("2026-11-23T21:35:19.999999Z"), "2026-11-23T21:35:10+00:00");
        assert_eq!(at("2026-11-23T21:35:20Z"), "2026-11-23T21:35:20+00:00");
    }
}
