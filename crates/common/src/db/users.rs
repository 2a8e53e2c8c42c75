//! `users`: people who log in here.

use chrono::{DateTime, Utc};

use super::{DbError, Pool};
use crate::{clients::twitch_api::TwitchUser, ids::UserId};

/// Somebody who has logged in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    pub id: UserId,
    pub login: String,
    pub display_name: String,
    pub profile_image_url: Option<String>,
}

/// Records a login: who it is, as Twitch said just now.
///
/// # Errors
/// When MariaDB fails.
pub async fn logged_in(pool: &Pool, user: &TwitchUser, at: DateTime<Utc>) -> Result<UserId, DbError> {
    let id = UserId::from(user.twitch_id);
    sqlx::query!(
        "INSERT INTO users (id, login, display_name, profile_image_url, created_at, last_login_at)
         VALUES (?, ?, ?, ?, ?, ?)
         ON DUPLICATE KEY UPDATE login = VALUES(login), display_name = VALUES(display_name),
                profile_image_url = VALUES(profile_image_url), last_login_at = VALUES(last_login_at)",
        id.0,
        user.login,
        user.display_name,
        user.profile_image_url,
        at,
        at
    )
    .execute(pool)
    .await?;
    Ok(id)
}

/// One person, if known.
///
/// # Errors
/// When MariaDB fails.
pub async fn find(pool: &Pool, user: UserId) -> Result<Option<User>, DbError> {
    let row =
        sqlx::query!("SELECT id, login, display_name, profile_image_url FROM users WHERE id = ?", user.0)
            .fetch_optional(pool)
            .await?;
    Ok(row.map(|row| User {
        id: UserId(row.id),
        login: row.login,
        display_name: row.display_name,
        profile_image_url: row.profile_image_url,
    }))
}
