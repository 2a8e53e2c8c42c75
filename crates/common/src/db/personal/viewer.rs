//! A person as a viewer in captured chats.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::export::ExportedVerdict;
use crate::{
    db::{
        DbError, Pool,
        captures::{removed, take_out},
    },
    ids::{AccountId, ChannelId, TwitchUserId, UserId},
};

#[derive(Debug, Serialize, ToSchema)]
pub struct ExportedViewer {
    pub login: String,
    pub display_name: String,
    /// Of the Twitch account; none until it was described.
    #[schema(required)]
    pub created_at: Option<DateTime<Utc>>,
    pub account_type: String,
    pub broadcaster_type: String,
    #[schema(required)]
    pub default_picture: Option<bool>,
    #[schema(required)]
    pub has_description: Option<bool>,
    #[schema(required)]
    pub enriched_at: Option<DateTime<Utc>>,
    pub earlier_names: Vec<ExportedName>,
    /// What moderators marked.
    pub verdicts: Vec<ExportedVerdict>,
    /// The channels on which this account was ever seen.
    pub seen_on: Vec<ExportedSight>,
    /// The captures in which this account was present.
    pub presences: Vec<ExportedPresence>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ExportedSight {
    pub channel_id: ChannelId,
    /// The first day (UTC) on which a capture that is gone had seen it; none when no such capture had.
    #[schema(required)]
    pub first_day_of_removed: Option<NaiveDate>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ExportedName {
    pub login: String,
    pub display_name: String,
    pub replaced_at: DateTime<Utc>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ExportedPresence {
    pub channel_id: ChannelId,
    pub at: DateTime<Utc>,
}

/// The person as a viewer; none when never seen.
pub(super) async fn export(pool: &Pool, user: UserId) -> Result<Option<ExportedViewer>, DbError> {
    let account = sqlx::query!(
        "SELECT id, login, display_name, created_at AS `created_at: DateTime<Utc>`, account_type, broadcaster_type,
                default_picture AS `default_picture: bool`, has_description AS `has_description: bool`,
                enriched_at AS `enriched_at: DateTime<Utc>`
         FROM accounts WHERE twitch_id = ?",
        user.0
    )
    .fetch_optional(pool)
    .await?;
    let Some(account) = account else { return Ok(None) };
    let id = AccountId(account.id);
    let earlier_names = sqlx::query_as!(
        ExportedName,
        "SELECT login, display_name, replaced_at AS `replaced_at: DateTime<Utc>`
         FROM account_names WHERE account_id = ? ORDER BY replaced_at",
        id.0
    )
    .fetch_all(pool)
    .await?;
    let marks = sqlx::query!(
        "SELECT channel_id, verdict, marked_at AS `marked_at: DateTime<Utc>` FROM verdicts WHERE account_id = ?",
        id.0
    )
    .fetch_all(pool)
    .await?;
    let verdicts = marks.into_iter().map(|row| ExportedVerdict {
        channel_id: ChannelId(row.channel_id),
        twitch_id: Some(TwitchUserId(user.0)),
        verdict: row.verdict,
        marked_at: row.marked_at,
    });
    let (mut seen_on, mut presences) = (Vec::new(), Vec::new());
    for channel_id in take_out::channels_that_saw(pool, id).await? {
        let times = take_out::times_of(pool, channel_id, id).await?;
        presences.extend(times.into_iter().map(|at| ExportedPresence { channel_id, at }));
        let first_day_of_removed = removed::first_day(pool, channel_id, id).await?;
        seen_on.push(ExportedSight { channel_id, first_day_of_removed });
    }
    Ok(Some(ExportedViewer {
        login: account.login,
        display_name: account.display_name,
        created_at: account.created_at,
        account_type: account.account_type,
        broadcaster_type: account.broadcaster_type,
        default_picture: account.default_picture,
        has_description: account.has_description,
        enriched_at: account.enriched_at,
        earlier_names,
        verdicts: verdicts.collect(),
        seen_on,
        presences,
    }))
}
