//! Removing a person: at once what has their name on it, and by a job their place in stored rosters.

use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::MySqlConnection;

use crate::{
    db::{DbError, Pool, audit_logs, jobs, opt_outs, retrying},
    ids::{JobId, TwitchUserId, UserId},
    jobs::{ForgetViewer, NewJob},
    opt_out::OptOutHash,
};

/// Rows of one statement.
const STEP: u32 = 5_000;

/// What is still to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Removed {
    /// Takes the account out of stored rosters.
    pub job: JobId,
}

/// Removes the user's schedules, without which `twitch-api` gives the token up at logout.
///
/// # Errors
/// When MariaDB fails.
pub async fn remove_schedules(pool: &Pool, user: UserId) -> Result<u64, DbError> {
    let done = sqlx::query!("DELETE FROM schedules WHERE user_id = ?", user.0).execute(pool).await?;
    Ok(done.rows_affected())
}

/// Removes everything about the user but what other moderators of the same channels made, and leaves the account out of
/// captures from now on. Captures that no other session holds are for the retention job.
///
/// # Errors
/// When MariaDB fails; it can be repeated.
pub async fn remove(
    pool: &Pool,
    user: UserId,
    hash: &OptOutHash,
    now: DateTime<Utc>,
) -> Result<Removed, DbError> {
    // Large, and of no meaning without the sessions: in steps, before the rest.
    loop {
        let unlinked = sqlx::query!(
            "DELETE FROM session_captures WHERE session_id IN (SELECT id FROM sessions WHERE user_id = ?) LIMIT ?",
            user.0,
            STEP
        )
        .execute(pool)
        .await?;
        if unlinked.rows_affected() < u64::from(STEP) {
            break;
        }
    }
    retrying(|| async move {
        let mut tx = pool.begin().await?;
        let sessions = remove_rows(&mut tx, user).await?;
        let twitch_id = TwitchUserId(user.0);
        let account = opt_outs::leave_out(&mut tx, twitch_id, hash, now).await?;
        let job = NewJob::of(&ForgetViewer { twitch_id, account })
            .map_err(|error| DbError::Sql(sqlx::Error::Encode(error.into())))?;
        let (job, _) = jobs::insert(&mut tx, &job, "").await?;
        // Nobody's name: that it was done, not for whom.
        let detail = json!({ "sessions": sessions });
        audit_logs::note(&mut tx, now, UserId(0), "person.removed", "", &detail).await?;
        tx.commit().await?;
        Ok(Removed { job })
    })
    .await
}

/// Removes the rows that belong to the user; how many sessions those were.
async fn remove_rows(connection: &mut MySqlConnection, user: UserId) -> Result<u64, DbError> {
    let sessions = sqlx::query!("DELETE FROM sessions WHERE user_id = ?", user.0)
        .execute(&mut *connection)
        .await?
        .rows_affected();
    sqlx::query!("DELETE FROM schedules WHERE user_id = ?", user.0).execute(&mut *connection).await?;
    sqlx::query!("DELETE FROM verdicts WHERE user_id = ?", user.0).execute(&mut *connection).await?;
    sqlx::query!("DELETE FROM api_keys WHERE user_id = ?", user.0).execute(&mut *connection).await?;
    sqlx::query!(
        "DELETE webhook_deliveries FROM webhook_deliveries JOIN webhooks ON webhooks.id = webhook_id WHERE user_id = ?",
        user.0
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!("DELETE FROM webhooks WHERE user_id = ?", user.0).execute(&mut *connection).await?;
    sqlx::query!("DELETE FROM channel_roles WHERE user_id = ?", user.0).execute(&mut *connection).await?;
    sqlx::query!("DELETE FROM twitch_tokens WHERE user_id = ?", user.0).execute(&mut *connection).await?;
    sqlx::query!("DELETE FROM audit_logs WHERE user_id = ?", user.0).execute(&mut *connection).await?;
    // A capture that other moderators wait for is asked for anew by their own jobs; this one has no token any more.
    sqlx::query!("DELETE FROM jobs WHERE tenant = ? AND state <> 'running'", user.0)
        .execute(&mut *connection)
        .await?;
    sqlx::query!("DELETE FROM users WHERE id = ?", user.0).execute(&mut *connection).await?;
    // Their own channel, unless somebody else looks after it or still holds captures of it.
    sqlx::query!(
        "DELETE FROM channels WHERE id = ?
           AND NOT EXISTS (SELECT 1 FROM channel_roles WHERE channel_id = channels.id)
           AND NOT EXISTS (SELECT 1 FROM captures WHERE captures.channel_id = channels.id)",
        user.0
    )
    .execute(connection)
    .await?;
    Ok(sessions)
}
