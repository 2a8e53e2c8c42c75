//! Taking an account out of stored rosters.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use chrono::{DateTime, Utc};

use super::{removed, rosters, store::lock_seen};
use crate::{
    db::{DbError, Pool, retrying},
    ids::{AccountId, CaptureId, ChannelId},
};

/// Rosters of one statement.
const STEP: u32 = 200;

/// The channels that have ever seen the account. Reads the union of each channel, in steps.
///
/// # Errors
/// When MariaDB fails, or a stored roster cannot be read.
pub async fn channels_that_saw(pool: &Pool, account: AccountId) -> Result<Vec<ChannelId>, DbError> {
    let mut found = Vec::new();
    let mut after = 0;
    loop {
        let rows = sqlx::query!(
            "SELECT channel_id, roster FROM channel_seen WHERE channel_id > ? ORDER BY channel_id LIMIT ?",
            after,
            STEP
        )
        .fetch_all(pool)
        .await?;
        let Some(last) = rows.last() else { return Ok(found) };
        after = last.channel_id;
        for row in &rows {
            if rosters::read(&row.roster)?.0.contains(account.0) {
                found.push(ChannelId(row.channel_id));
            }
        }
    }
}

/// A capture that holds the account.
struct Holding {
    id: CaptureId,
    at: DateTime<Utc>,
}

/// Calls `seen` with the captures of the channel that hold the account, in the order of their ids, a step at a time.
async fn each_step<F: Future<Output = Result<(), DbError>>>(
    pool: &Pool,
    channel: ChannelId,
    account: AccountId,
    mut seen: impl FnMut(Vec<Holding>) -> F,
) -> Result<(), DbError> {
    let mut after = 0;
    loop {
        let rows = sqlx::query!(
            "SELECT id, captured_at AS `at!: DateTime<Utc>` FROM captures
             WHERE channel_id = ? AND id > ? AND status = 'complete' ORDER BY id LIMIT ?",
            channel.0,
            after,
            STEP
        )
        .fetch_all(pool)
        .await?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = last.id;
        let ids: Vec<CaptureId> = rows.iter().map(|row| CaptureId(row.id)).collect();
        let stored = rosters::load(pool, &ids).await?;
        let mut holding = Vec::new();
        for (id, row) in ids.into_iter().zip(&rows) {
            let Some(bytes) = stored.get(&id) else { continue };
            if rosters::read(bytes)?.0.contains(account.0) {
                holding.push(Holding { id, at: row.at });
            }
        }
        seen(holding).await?;
    }
}

/// When the account was seen on the channel, in the order of the captures' ids.
///
/// # Errors
/// When MariaDB fails, or a stored roster cannot be read.
pub async fn times_of(
    pool: &Pool,
    channel: ChannelId,
    account: AccountId,
) -> Result<Vec<DateTime<Utc>>, DbError> {
    let times = Mutex::new(Vec::new());
    each_step(pool, channel, account, |holding| {
        let mut times = times.lock().unwrap_or_else(PoisonError::into_inner);
        times.extend(holding.into_iter().map(|capture| capture.at));
        std::future::ready(Ok(()))
    })
    .await?;
    Ok(times.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// Takes the account out of all rosters of the channel, and last out of what the channel has seen: a run that is cut off
/// begins anew. Returns out of how many captures.
///
/// # Errors
/// When MariaDB fails, or a stored roster cannot be read.
pub async fn from_channel(pool: &Pool, channel: ChannelId, account: AccountId) -> Result<u64, DbError> {
    let taken = AtomicU64::new(0);
    each_step(pool, channel, account, |holding| {
        taken.fetch_add(holding.len() as u64, Ordering::Relaxed);
        from_captures(pool, account, holding)
    })
    .await?;
    // Before the other: captures wait for that one, and this may wait for retention.
    retrying(|| async {
        let mut tx = pool.begin().await?;
        removed::take_out(&mut tx, channel, account).await?;
        Ok::<_, DbError>(tx.commit().await?)
    })
    .await?;
    retrying(|| async {
        let mut tx = pool.begin().await?;
        let mut seen = lock_seen(&mut tx, channel).await?;
        if seen.0.remove(account.0) {
            sqlx::query!(
                "UPDATE channel_seen SET accounts = ?, roster = ? WHERE channel_id = ?",
                seen.len(),
                seen.to_bytes(),
                channel.0
            )
            .execute(&mut *tx)
            .await?;
        }
        Ok::<_, DbError>(tx.commit().await?)
    })
    .await?;
    Ok(taken.into_inner())
}

async fn from_captures(pool: &Pool, account: AccountId, captures: Vec<Holding>) -> Result<(), DbError> {
    for Holding { id, .. } in captures {
        retrying(|| async move {
            let mut tx = pool.begin().await?;
            let Some(capture) = rosters::lock(&mut tx, id).await? else { return Ok(()) };
            // As it is now: somebody else may have been taken out of it meanwhile.
            let mut roster = capture.read(&mut tx).await?;
            if roster.0.remove(account.0) {
                // The count changes with the roster, by which copies in memory notice that they are old.
                capture.replace(&mut tx, &mut roster).await?;
            }
            Ok::<_, DbError>(tx.commit().await?)
        })
        .await?;
    }
    Ok(())
}
