//! `seen_in_removed`: whom captures had seen that are gone, each in the row of the day on which they did so first. So who
//! is new on a channel stays known, and not when else somebody was there.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use roaring::RoaringBitmap;
use sqlx::MySqlConnection;

use super::rosters::{self, Place};
use crate::{
    db::{DbError, Pool},
    ids::{AccountId, ChannelId},
    roster::Roster,
};

/// A capture that is being removed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gone {
    pub channel: ChannelId,
    pub at: DateTime<Utc>,
    pub roster: Place,
}

/// Notes whom captures had seen, in the transaction that removes them, before their rosters go.
///
/// Two that remove captures of one day at once may both note the same people, which does no harm. A roster that cannot be
/// read tells nothing, and does not keep its capture from going.
///
/// # Errors
/// When MariaDB fails, or what is known already cannot be read.
pub(super) async fn note(connection: &mut MySqlConnection, gone: &[Gone]) -> Result<(), DbError> {
    let mut days: BTreeMap<(ChannelId, NaiveDate), (DateTime<Utc>, RoaringBitmap)> = BTreeMap::new();
    for capture in gone {
        let roster = match rosters::at(connection, capture.roster).await {
            Ok(Some(roster)) => roster,
            Ok(None) => continue,
            Err(error @ DbError::Corrupt { .. }) => {
                tracing::warn!(%error, channel = %capture.channel, "retention.roster_unreadable");
                continue;
            }
            Err(error) => return Err(error),
        };
        let day = days.entry((capture.channel, capture.at.date_naive())).or_default();
        day.0 = day.0.max(capture.at);
        day.1 |= roster.0;
    }
    for ((channel, _), (until, seen)) in days {
        let known = read(connection, channel, until).await?;
        let mut first = Roster(seen - known);
        if first.0.is_empty() {
            continue;
        }
        sqlx::query!(
            "INSERT INTO seen_in_removed (channel_id, until, accounts, roster) VALUES (?, ?, ?, ?)",
            channel.0,
            until.naive_utc(),
            first.len(),
            first.to_bytes()
        )
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

/// Everybody seen on a channel in captures that are gone and were made before `before`, but for those of its own day that
/// were noted together with later ones.
///
/// # Errors
/// When MariaDB fails, or a stored roster cannot be read.
pub async fn seen(pool: &Pool, channel: ChannelId, before: DateTime<Utc>) -> Result<RoaringBitmap, DbError> {
    let mut connection = pool.acquire().await?;
    read(&mut connection, channel, before - chrono::TimeDelta::microseconds(1)).await
}

async fn read(
    connection: &mut MySqlConnection,
    channel: ChannelId,
    until: DateTime<Utc>,
) -> Result<RoaringBitmap, DbError> {
    let rows = sqlx::query_scalar!(
        "SELECT roster FROM seen_in_removed WHERE channel_id = ? AND until <= ?",
        channel.0,
        until.naive_utc()
    )
    .fetch_all(connection)
    .await?;
    let mut seen = RoaringBitmap::new();
    for bytes in rows {
        seen |= rosters::read(&bytes)?.0;
    }
    Ok(seen)
}

/// The first day on which a capture of the channel that is gone had seen the account.
///
/// # Errors
/// When MariaDB fails, or a stored roster cannot be read.
pub async fn first_day(
    pool: &Pool,
    channel: ChannelId,
    account: AccountId,
) -> Result<Option<NaiveDate>, DbError> {
    let rows = sqlx::query!(
        "SELECT until AS `until: DateTime<Utc>`, roster FROM seen_in_removed WHERE channel_id = ? ORDER BY until",
        channel.0
    )
    .fetch_all(pool)
    .await?;
    for row in rows {
        if rosters::read(&row.roster)?.0.contains(account.0) {
            return Ok(Some(row.until.date_naive()));
        }
    }
    Ok(None)
}

/// Takes an account out, in a transaction.
///
/// # Errors
/// When MariaDB fails, or a stored roster cannot be read.
pub(super) async fn take_out(
    connection: &mut MySqlConnection,
    channel: ChannelId,
    account: AccountId,
) -> Result<(), DbError> {
    let rows =
        sqlx::query!("SELECT id, roster FROM seen_in_removed WHERE channel_id = ? FOR UPDATE", channel.0)
            .fetch_all(&mut *connection)
            .await?;
    for row in rows {
        let mut roster = rosters::read(&row.roster)?;
        if !roster.0.remove(account.0) {
            continue;
        }
        sqlx::query!(
            "UPDATE seen_in_removed SET accounts = ?, roster = ? WHERE id = ?",
            roster.len(),
            roster.to_bytes(),
            row.id
        )
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}
