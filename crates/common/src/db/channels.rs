//! `channels` and `channel_roles`: which channels there are, and who may look into which, as Twitch said when it was
//! last asked.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::{DbError, Pool, json_list, retrying};
use crate::{
    clients::twitch_api::{ModeratedChannel, Role},
    ids::{CaptureId, ChannelId, UserId},
};

/// A channel that a user may look into.
#[derive(Clone, Debug, PartialEq)]
pub struct UserChannel {
    pub id: ChannelId,
    pub login: String,
    pub display_name: String,
    pub profile_image_url: Option<String>,
    pub role: Role,
    /// When Twitch last said so.
    pub checked_at: DateTime<Utc>,
    pub last_capture: Option<LastCapture>,
}

/// The latest complete capture of a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastCapture {
    pub id: CaptureId,
    pub captured_at: DateTime<Utc>,
    pub chatters_count: u32,
}

fn role(text: &str) -> Result<Role, DbError> {
    match text {
        "broadcaster" => Ok(Role::Broadcaster),
        "moderator" => Ok(Role::Moderator),
        _ => Err(DbError::corrupt("channel_roles", format!("role {text}"))),
    }
}

/// The user's channels, the own one first, then by login.
///
/// # Errors
/// When MariaDB fails.
pub async fn of_user(pool: &Pool, user: UserId) -> Result<Vec<UserChannel>, DbError> {
    let rows = sqlx::query!(
        "SELECT channels.id, channels.login, channels.display_name,
                COALESCE(channels.profile_image_url, users.profile_image_url) AS profile_image_url,
                channel_roles.role, channel_roles.checked_at AS `checked_at: DateTime<Utc>`,
                captures.id AS `capture_id?`, captures.captured_at AS `captured_at?: DateTime<Utc>`,
                captures.chatters_count AS `chatters_count?`
         FROM channel_roles
         JOIN channels ON channels.id = channel_roles.channel_id
         LEFT JOIN users ON users.id = channels.id
         LEFT JOIN captures ON captures.id = (
             SELECT latest.id FROM captures AS latest
             WHERE latest.channel_id = channel_roles.channel_id AND latest.status = 'complete'
             ORDER BY latest.captured_at DESC LIMIT 1)
         WHERE channel_roles.user_id = ?
         ORDER BY channel_roles.role, channels.login",
        user.0
    )
    .fetch_all(pool)
    .await?;
    rows.into_iter()
        .map(|row| {
            let last_capture = match (row.capture_id, row.captured_at, row.chatters_count) {
                (Some(id), Some(captured_at), Some(chatters_count)) => {
                    Some(LastCapture { id: CaptureId(id), captured_at, chatters_count })
                }
                _ => None,
            };
            Ok(UserChannel {
                id: ChannelId(row.id),
                login: row.login,
                display_name: row.display_name,
                profile_image_url: row.profile_image_url,
                role: role(&row.role)?,
                checked_at: row.checked_at,
                last_capture,
            })
        })
        .collect()
}

/// How many chatters the captures of each of the user's channels had in its latest broadcast that was captured, in the
/// order of time.
///
/// # Errors
/// When MariaDB fails.
pub async fn latest_counts(
    pool: &Pool,
    user: UserId,
) -> Result<HashMap<ChannelId, Vec<(DateTime<Utc>, Option<u32>)>>, DbError> {
    let rows = sqlx::query!(
        "SELECT STRAIGHT_JOIN captures.channel_id, COALESCE(captured_at, slot) AS `at!: DateTime<Utc>`,
                IF(captures.status = 'complete', captures.chatters_count, NULL) AS `chatters: u32`
         FROM channel_roles
         JOIN captures ON captures.stream_id = (
             SELECT latest.stream_id FROM captures AS latest
             WHERE latest.channel_id = channel_roles.channel_id AND latest.status = 'complete'
               AND latest.stream_id IS NOT NULL
             ORDER BY latest.captured_at DESC LIMIT 1)
         WHERE channel_roles.user_id = ? AND captures.status IN ('complete', 'failed', 'missed')
         ORDER BY captures.channel_id, COALESCE(captured_at, slot)",
        user.0
    )
    .fetch_all(pool)
    .await?;
    let mut counts: HashMap<ChannelId, Vec<_>> = HashMap::new();
    for row in rows {
        counts.entry(ChannelId(row.channel_id)).or_default().push((row.at, row.chatters));
    }
    Ok(counts)
}

/// Those of `channels` that the user may look into according to an answer of Twitch not older than `since`.
///
/// # Errors
/// When MariaDB fails.
pub async fn allowed_since(
    pool: &Pool,
    user: UserId,
    channels: &[ChannelId],
    since: DateTime<Utc>,
) -> Result<Vec<ChannelId>, DbError> {
    let ids = sqlx::query_scalar!(
        "SELECT STRAIGHT_JOIN channel_roles.channel_id
         FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) AS wanted
         JOIN channel_roles ON channel_roles.user_id = ? AND channel_roles.channel_id = wanted.id
         WHERE channel_roles.checked_at >= ?",
        json_list(channels)?,
        user.0,
        since
    )
    .fetch_all(pool)
    .await?;
    Ok(ids.into_iter().map(ChannelId).collect())
}

/// For how long somebody whom Twitch named as a channel's moderator is told what happens there. Open pages have it asked
/// again every hour.
pub const TOLD: TimeDelta = TimeDelta::hours(2);

/// The users who may look into the channel according to an answer of Twitch not older than `since`.
///
/// # Errors
/// When MariaDB fails.
pub async fn people(pool: &Pool, channel: ChannelId, since: DateTime<Utc>) -> Result<Vec<UserId>, DbError> {
    let roles = people_of(pool, &[channel], since).await?;
    Ok(roles.into_iter().map(|(user, _)| user).collect())
}

/// The same of several channels, in the order of the users.
///
/// # Errors
/// When MariaDB fails.
pub async fn people_of(
    pool: &Pool,
    channels: &[ChannelId],
    since: DateTime<Utc>,
) -> Result<Vec<(UserId, ChannelId)>, DbError> {
    let roles = sqlx::query!(
        "SELECT STRAIGHT_JOIN user_id, channel_id
         FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) AS asked
         JOIN channel_roles ON channel_roles.channel_id = asked.id AND checked_at >= ?
         ORDER BY user_id, channel_id",
        json_list(channels)?,
        since
    )
    .fetch_all(pool)
    .await?;
    Ok(roles.into_iter().map(|role| (UserId(role.user_id), ChannelId(role.channel_id))).collect())
}

/// Stores what Twitch said about the user's channels: all of them, so that others are no longer the user's.
///
/// # Errors
/// When MariaDB fails.
pub async fn store_roles(
    pool: &Pool,
    user: UserId,
    channels: &[ModeratedChannel],
    at: DateTime<Utc>,
) -> Result<(), DbError> {
    let mut ordered = channels.to_vec();
    // Two users who share channels take the rows' locks in the same order.
    ordered.sort_unstable_by_key(|channel| channel.twitch_id);
    let list = json_list(&ordered)?;
    let list = list.as_str();
    retrying(|| async move {
        let mut tx = pool.begin().await?;
        sqlx::query!(
            "INSERT INTO channels (id, login, display_name, created_at, updated_at)
             SELECT told.id, told.login, told.display_name, ?, ?
             FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$.twitch_id', login VARCHAR(64) PATH '$.login',
                                                display_name VARCHAR(128) PATH '$.display_name')) AS told
             ON DUPLICATE KEY UPDATE login = VALUES(login), display_name = VALUES(display_name),
                    updated_at = VALUES(updated_at)",
            at,
            at,
            list
        )
        .execute(&mut *tx)
        .await?;
        sqlx::query!(
            "DELETE FROM channel_roles WHERE user_id = ? AND channel_id NOT IN (
                 SELECT told.id FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$.twitch_id')) AS told)",
            user.0,
            list
        )
        .execute(&mut *tx)
        .await?;
        sqlx::query!(
            "INSERT INTO channel_roles (user_id, channel_id, role, checked_at)
             SELECT ?, told.id, told.role, ?
             FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$.twitch_id', role VARCHAR(16) PATH '$.role')) AS told
             ON DUPLICATE KEY UPDATE role = VALUES(role), checked_at = VALUES(checked_at)",
            user.0,
            at,
            list
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(())
    })
    .await
}

/// Up to `limit` channels after `after`, in the order of their ids.
///
/// # Errors
/// When MariaDB fails.
pub async fn known_after(pool: &Pool, after: ChannelId, limit: u32) -> Result<Vec<ChannelId>, DbError> {
    let ids = sqlx::query_scalar!("SELECT id FROM channels WHERE id > ? ORDER BY id LIMIT ?", after.0, limit)
        .fetch_all(pool)
        .await?;
    Ok(ids.into_iter().map(ChannelId).collect())
}

/// Every channel with each user who may look into it and whose grant is honoured, in the order of channels and users.
///
/// # Errors
/// When MariaDB fails.
pub async fn watchable(pool: &Pool) -> Result<Vec<(ChannelId, UserId, Role)>, DbError> {
    let rows = sqlx::query!(
        "SELECT channel_roles.channel_id, channel_roles.user_id, channel_roles.role
         FROM channel_roles JOIN twitch_tokens ON twitch_tokens.user_id = channel_roles.user_id
         WHERE twitch_tokens.lost_at IS NULL
         ORDER BY channel_roles.channel_id, channel_roles.user_id"
    )
    .fetch_all(pool)
    .await?;
    rows.into_iter()
        .map(|row| Ok((ChannelId(row.channel_id), UserId(row.user_id), role(&row.role)?)))
        .collect()
}
