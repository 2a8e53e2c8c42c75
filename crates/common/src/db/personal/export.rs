//! Everything that is kept about a person, as that person gets it. Tokens and secrets are named and not told.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::viewer::{self, ExportedViewer};
use crate::{
    db::{DbError, Pool},
    ids::{CaptureId, ChannelId, TwitchUserId, UserId},
};

/// Everything about somebody.
#[derive(Debug, Serialize, ToSchema)]
pub struct Export {
    pub exported_at: DateTime<Utc>,
    pub user: ExportedUser,
    /// What was allowed us at Twitch; none when logged out.
    #[schema(required)]
    pub grant: Option<ExportedGrant>,
    /// Channels that Twitch listed, and as what.
    pub channels: Vec<ExportedRole>,
    pub sessions: Vec<ExportedSession>,
    /// Which captures each session holds.
    pub session_captures: Vec<ExportedCapture>,
    pub schedules: Vec<ExportedSchedule>,
    /// What this person marked in the channels' chats.
    pub verdicts: Vec<ExportedVerdict>,
    pub api_keys: Vec<ExportedKey>,
    pub webhooks: Vec<ExportedWebhook>,
    /// What this person did that was noted.
    pub actions: Vec<ExportedAction>,
    /// Jobs of the last day.
    pub jobs: Vec<ExportedJob>,
    /// This person as a viewer in captured chats; none when never seen.
    #[schema(required)]
    pub viewer: Option<ExportedViewer>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ExportedUser {
    pub id: UserId,
    pub login: String,
    pub display_name: String,
    #[schema(required)]
    pub profile_image_url: Option<String>,
    pub created_at: DateTime<Utc>,
    pub last_login_at: DateTime<Utc>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ExportedGrant {
    pub scopes: Vec<String>,
    pub updated_at: DateTime<Utc>,
    #[schema(required)]
    pub lost_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ExportedRole {
    pub channel_id: ChannelId,
    pub login: String,
    pub role: String,
    pub checked_at: DateTime<Utc>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ExportedSession {
    pub uuid: String,
    /// `active`, `saved`, `expired` or `deleted`.
    pub status: String,
    pub name: String,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    #[schema(required)]
    pub expires_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ExportedCapture {
    pub session: String,
    pub capture_id: CaptureId,
    pub channel_id: ChannelId,
    pub slot: DateTime<Utc>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ExportedSchedule {
    pub channel_id: ChannelId,
    pub interval_minutes: u8,
    pub only_live: bool,
    pub created_at: DateTime<Utc>,
    #[schema(required)]
    pub paused_reason: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ExportedVerdict {
    pub channel_id: ChannelId,
    /// None when the account is no longer known.
    #[schema(required)]
    pub twitch_id: Option<TwitchUserId>,
    pub verdict: String,
    pub marked_at: DateTime<Utc>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ExportedKey {
    pub name: String,
    pub hint: String,
    pub created_at: DateTime<Utc>,
    #[schema(required)]
    pub last_used_at: Option<DateTime<Utc>>,
    #[schema(required)]
    pub revoked_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ExportedWebhook {
    #[schema(required)]
    pub channel_id: Option<ChannelId>,
    pub kind: String,
    pub url: String,
    pub created_at: DateTime<Utc>,
    #[schema(required)]
    pub disabled_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ExportedAction {
    pub at: DateTime<Utc>,
    pub action: String,
    pub subject: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ExportedJob {
    pub kind: String,
    pub state: String,
    pub created_at: DateTime<Utc>,
}

/// Everything about `id`; none when there is no such user. Reads the rosters of all channels in which the person was
/// ever seen, a step at a time.
///
/// # Errors
/// When MariaDB fails, or a stored roster cannot be read.
pub async fn export(pool: &Pool, id: UserId, now: DateTime<Utc>) -> Result<Option<Export>, DbError> {
    let user = sqlx::query!(
        "SELECT login, display_name, profile_image_url, created_at AS `created_at: DateTime<Utc>`,
                last_login_at AS `last_login_at: DateTime<Utc>` FROM users WHERE id = ?",
        id.0
    )
    .fetch_optional(pool)
    .await?;
    let Some(user) = user else { return Ok(None) };
    Ok(Some(Export {
        exported_at: now,
        user: ExportedUser {
            id,
            login: user.login,
            display_name: user.display_name,
            profile_image_url: user.profile_image_url,
            created_at: user.created_at,
            last_login_at: user.last_login_at,
        },
        grant: grant(pool, id).await?,
        channels: channels(pool, id).await?,
        sessions: sessions(pool, id).await?,
        session_captures: session_captures(pool, id).await?,
        schedules: schedules(pool, id).await?,
        verdicts: verdicts(pool, id).await?,
        api_keys: api_keys(pool, id).await?,
        webhooks: webhooks(pool, id).await?,
        actions: actions(pool, id).await?,
        jobs: jobs(pool, id).await?,
        viewer: viewer::export(pool, id).await?,
    }))
}

async fn grant(pool: &Pool, user: UserId) -> Result<Option<ExportedGrant>, DbError> {
    let row = sqlx::query!(
        "SELECT scopes, updated_at AS `updated_at: DateTime<Utc>`, lost_at AS `lost_at: DateTime<Utc>`
         FROM twitch_tokens WHERE user_id = ?",
        user.0
    )
    .fetch_optional(pool)
    .await?;
    Ok(row.map(|row| ExportedGrant {
        scopes: row.scopes.split_whitespace().map(str::to_owned).collect(),
        updated_at: row.updated_at,
        lost_at: row.lost_at,
    }))
}

async fn channels(pool: &Pool, user: UserId) -> Result<Vec<ExportedRole>, DbError> {
    let rows = sqlx::query!(
        "SELECT channel_id, COALESCE(channels.login, '') AS `login!`, role, checked_at AS `checked_at: DateTime<Utc>`
         FROM channel_roles LEFT JOIN channels ON channels.id = channel_id WHERE user_id = ? ORDER BY channel_id",
        user.0
    )
    .fetch_all(pool)
    .await?;
    let roles = rows.into_iter().map(|row| ExportedRole {
        channel_id: ChannelId(row.channel_id),
        login: row.login,
        role: row.role,
        checked_at: row.checked_at,
    });
    Ok(roles.collect())
}

async fn sessions(pool: &Pool, user: UserId) -> Result<Vec<ExportedSession>, DbError> {
    Ok(sqlx::query_as!(
        ExportedSession,
        "SELECT uuid, status, name, created_at AS `created_at: DateTime<Utc>`,
                updated_at AS `updated_at: DateTime<Utc>`, expires_at AS `expires_at: DateTime<Utc>`
         FROM sessions WHERE user_id = ? ORDER BY created_at",
        user.0
    )
    .fetch_all(pool)
    .await?)
}

async fn session_captures(pool: &Pool, user: UserId) -> Result<Vec<ExportedCapture>, DbError> {
    let rows = sqlx::query!(
        "SELECT sessions.uuid, captures.id, captures.channel_id, captures.slot AS `slot: DateTime<Utc>`
         FROM sessions JOIN session_captures ON session_id = sessions.id JOIN captures ON captures.id = capture_id
         WHERE user_id = ? ORDER BY sessions.created_at, captures.slot",
        user.0
    )
    .fetch_all(pool)
    .await?;
    let captures = rows.into_iter().map(|row| ExportedCapture {
        session: row.uuid,
        capture_id: CaptureId(row.id),
        channel_id: ChannelId(row.channel_id),
        slot: row.slot,
    });
    Ok(captures.collect())
}

async fn schedules(pool: &Pool, user: UserId) -> Result<Vec<ExportedSchedule>, DbError> {
    let rows = sqlx::query!(
        "SELECT channel_id, interval_minutes, only_live AS `only_live: bool`,
                created_at AS `created_at: DateTime<Utc>`, paused_reason
         FROM schedules WHERE user_id = ? ORDER BY channel_id",
        user.0
    )
    .fetch_all(pool)
    .await?;
    let schedules = rows.into_iter().map(|row| ExportedSchedule {
        channel_id: ChannelId(row.channel_id),
        interval_minutes: row.interval_minutes,
        only_live: row.only_live,
        created_at: row.created_at,
        paused_reason: row.paused_reason,
    });
    Ok(schedules.collect())
}

async fn verdicts(pool: &Pool, user: UserId) -> Result<Vec<ExportedVerdict>, DbError> {
    let rows = sqlx::query!(
        "SELECT channel_id, accounts.twitch_id AS `twitch_id?: u64`, verdict, marked_at AS `marked_at: DateTime<Utc>`
         FROM verdicts LEFT JOIN accounts ON accounts.id = account_id WHERE user_id = ? ORDER BY marked_at",
        user.0
    )
    .fetch_all(pool)
    .await?;
    let verdicts = rows.into_iter().map(|row| ExportedVerdict {
        channel_id: ChannelId(row.channel_id),
        twitch_id: row.twitch_id.map(TwitchUserId),
        verdict: row.verdict,
        marked_at: row.marked_at,
    });
    Ok(verdicts.collect())
}

async fn api_keys(pool: &Pool, user: UserId) -> Result<Vec<ExportedKey>, DbError> {
    Ok(sqlx::query_as!(
        ExportedKey,
        "SELECT name, hint, created_at AS `created_at: DateTime<Utc>`, last_used_at AS `last_used_at: DateTime<Utc>`,
                revoked_at AS `revoked_at: DateTime<Utc>` FROM api_keys WHERE user_id = ? ORDER BY created_at",
        user.0
    )
    .fetch_all(pool)
    .await?)
}

async fn webhooks(pool: &Pool, user: UserId) -> Result<Vec<ExportedWebhook>, DbError> {
    let rows = sqlx::query!(
        "SELECT channel_id, kind, url, created_at AS `created_at: DateTime<Utc>`,
                disabled_at AS `disabled_at: DateTime<Utc>` FROM webhooks WHERE user_id = ? ORDER BY created_at",
        user.0
    )
    .fetch_all(pool)
    .await?;
    let webhooks = rows.into_iter().map(|row| ExportedWebhook {
        channel_id: row.channel_id.map(ChannelId),
        kind: row.kind,
        url: row.url,
        created_at: row.created_at,
        disabled_at: row.disabled_at,
    });
    Ok(webhooks.collect())
}

async fn actions(pool: &Pool, user: UserId) -> Result<Vec<ExportedAction>, DbError> {
    Ok(sqlx::query_as!(
        ExportedAction,
        "SELECT at AS `at: DateTime<Utc>`, action, subject FROM audit_logs WHERE user_id = ? ORDER BY at",
        user.0
    )
    .fetch_all(pool)
    .await?)
}

async fn jobs(pool: &Pool, user: UserId) -> Result<Vec<ExportedJob>, DbError> {
    Ok(sqlx::query_as!(
        ExportedJob,
        "SELECT kind, state, created_at AS `created_at: DateTime<Utc>` FROM jobs WHERE tenant = ? ORDER BY created_at",
        user.0
    )
    .fetch_all(pool)
    .await?)
}
