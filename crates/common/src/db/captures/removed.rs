//! `seen_in_removed`: whom captures had seen that are gone, each in the row of the day on which they did so first. So who
//! is new on a channel stays known, and not when else somebody was there.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
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
/// Two that remove captures of one day at once may both note the same people, which does no harm. What cannot be read tells
/// nothing, and does not keep captures from going.
///
/// # Errors
/// When MariaDB fails.
pub(super) async fn note(connection: &mut MySqlConnection, gone: &[Gone]) -> Result<(), DbError> {
    let mut channels: BTreeMap<ChannelId, BTreeMap<NaiveDate, (DateTime<Utc>, RoaringBitmap)>> =
        BTreeMap::new();
    for capture in gone {
        let roster = rosters::at(connection, capture.roster).await;
        let Some(roster) = readable(roster, capture.channel)? else { continue };
        let day = channels.entry(capture.channel).or_default().entry(capture.at.date_naive()).or_default();
        day.0 = day.0.max(capture.at);
        day.1 |= roster.0;
    }
    for (channel, days) in channels {
        let last = days.values().map(|(until, _)| *until).max().unwrap_or_default();
        let mut rows = rows(connection, channel, DateTime::UNIX_EPOCH, last).await?.into_iter().peekable();
        let mut known = RoaringBitmap::new();
        for (until, seen) in days.into_values() {
            while let Some((_, bytes)) = rows.next_if(|(earlier, _)| *earlier <= until) {
                let roster = readable(rosters::read(&bytes).map(Some), channel)?;
                known |= roster.unwrap_or_default().0;
            }
            let mut first = Roster(seen - &known);
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
            known |= first.0;
        }
    }
    Ok(())
}

/// Nothing for what is there and cannot be read.
fn readable(roster: Result<Option<Roster>, DbError>, channel: ChannelId) -> Result<Option<Roster>, DbError> {
    match roster {
        Err(error @ DbError::Corrupt { .. }) => {
            tracing::warn!(%error, %channel, "retention.roster_unreadable");
            Ok(None)
        }
        outcome => outcome,
    }
}

/// Who was seen on a channel in captures that are gone and were made from `from` on and before `to`, in the order of time:
/// each row has those whom none before it has, and until when. People noted together with later captures of the same day
/// count from then on.
///
/// # Errors
/// When MariaDB fails, or a stored roster cannot be read.
pub async fn seen(
    pool: &Pool,
    channel: ChannelId,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> Result<Vec<(DateTime<Utc>, RoaringBitmap)>, DbError> {
    let mut connection = pool.acquire().await?;
    let rows = rows(&mut connection, channel, from, to - TimeDelta::microseconds(1)).await?;
    rows.into_iter().map(|(until, bytes)| Ok((until, rosters::read(&bytes)?.0))).collect()
}

async fn rows(
    connection: &mut MySqlConnection,
    channel: ChannelId,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<Vec<(DateTime<Utc>, Vec<u8>)>, DbError> {
    let rows = sqlx::query!(
        "SELECT until AS `until: DateTime<Utc>`, roster FROM seen_in_removed
         WHERE channel_id = ? AND until >= ? AND until <= ? ORDER BY until",
        channel.0,
        from.naive_utc(),
        until.naive_utc()
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (row.until, row.roster)).collect())
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
    let rows = sqlx::query!(
        "SELECT id, roster FROM seen_in_removed FORCE INDEX (by_channel) WHERE channel_id = ? FOR UPDATE",
        channel.0
    )
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
