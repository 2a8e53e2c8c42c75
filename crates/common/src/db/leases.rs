//! `leases`: leadership, where one replica must act alone. Whoever takes an ended lease raises its epoch; there is no
//! `GET_LOCK`, which a lost connection gives away unnoticed.

use std::time::Duration;

use super::{DbError, Pool};

/// Takes or extends the lease `name` for `holder`; whether it is ours now.
///
/// # Errors
/// When MariaDB fails.
pub async fn take(pool: &Pool, name: &str, holder: u64, duration: Duration) -> Result<bool, DbError> {
    let micros = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
    sqlx::query!(
        "INSERT INTO leases (name, holder, epoch, lease_until)
         VALUES (?, ?, 1, TIMESTAMPADD(MICROSECOND, ?, UTC_TIMESTAMP(6)))
         ON DUPLICATE KEY UPDATE
            epoch = IF(holder <> VALUES(holder) AND lease_until < UTC_TIMESTAMP(6), epoch + 1, epoch),
            holder = IF(lease_until < UTC_TIMESTAMP(6), VALUES(holder), holder),
            lease_until = IF(holder = VALUES(holder), VALUES(lease_until), lease_until)",
        name,
        holder,
        micros
    )
    .execute(pool)
    .await?;
    let owner = sqlx::query_scalar!("SELECT holder FROM leases WHERE name = ?", name).fetch_one(pool).await?;
    Ok(owner == holder)
}

/// Gives up the lease `name`, if it is `holder`'s: the next one need not wait for its end.
///
/// # Errors
/// When MariaDB fails; then it ends by itself.
pub async fn release(pool: &Pool, name: &str, holder: u64) -> Result<(), DbError> {
    sqlx::query!(
        "UPDATE leases SET lease_until = TIMESTAMPADD(SECOND, -1, UTC_TIMESTAMP(6)) WHERE name = ? AND holder = ?",
        name,
        holder
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// Writes to the row of `name`, which nobody holds: whether anything can be stored.
///
/// # Errors
/// When MariaDB fails, or stores nothing.
pub async fn touch(pool: &Pool, name: &str) -> Result<(), DbError> {
    sqlx::query!(
        "INSERT INTO leases (name, holder, epoch, lease_until) VALUES (?, 0, 0, UTC_TIMESTAMP(6))
         ON DUPLICATE KEY UPDATE lease_until = VALUES(lease_until)",
        name
    )
    .execute(pool)
    .await?;
    Ok(())
}
