//! `audit_logs`: who did what that cannot be seen from what is there now.

use chrono::{DateTime, Utc};
use sqlx::MySqlConnection;

use super::DbError;
use crate::ids::UserId;

/// Notes that `user` (0 is the system) did `action` to `subject`; `detail` is JSON.
///
/// # Errors
/// When MariaDB fails.
pub async fn note(
    connection: &mut MySqlConnection,
    at: DateTime<Utc>,
    user: UserId,
    action: &str,
    subject: &str,
    detail: &serde_json::Value,
) -> Result<(), DbError> {
    sqlx::query!(
        "INSERT INTO audit_logs (at, user_id, action, subject, detail) VALUES (?, ?, ?, LEFT(?, 128), ?)",
        at,
        user.0,
        action,
        subject,
        detail.to_string()
    )
    .execute(connection)
    .await?;
    Ok(())
}
