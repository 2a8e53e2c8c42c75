//! Sessions of any size, written straight into the tables: making them by captures would take hours.

use chrono::{DateTime, TimeDelta, Utc};
use common::{
    db::captures::rosters,
    ids::{AccountId, CaptureId},
    roster::Roster,
};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use uuid::Uuid;

use crate::{Result, stage::Stage};

/// How large.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    pub captures: u32,
    pub chatters: u32,
    pub accounts: u32,
}

pub(super) struct World {
    pub session: Uuid,
    pub shape: Shape,
}

impl World {
    pub(super) fn presences(&self) -> f64 {
        f64::from(self.shape.captures) * f64::from(self.shape.chatters)
    }
}

/// Accounts up to `count`, enriched, created over fourteen years.
pub(super) async fn accounts(stage: &Stage, count: u32) -> Result<()> {
    sqlx::query(
        "INSERT IGNORE INTO accounts (id, twitch_id, login, display_name, created_at, enriched_at, updated_at)
         SELECT seq, 1000 + seq, CONCAT('user', seq), CONCAT('User', seq),
                '2012-01-01' + INTERVAL seq * 97 % 5000 DAY, NOW(6), NOW(6)
         FROM seq_1_to_10000000 WHERE seq <= ?",
    )
    .bind(count)
    .execute(&stage.pool)
    .await?;
    Ok(())
}

/// A saved session on two channels of its own, captured every five minutes for four hours a day; the chatters of each
/// capture are drawn from all accounts alike, which is the worst case for bitmaps.
pub(super) async fn fill(stage: &Stage, shape: Shape, number: u64) -> Result<World> {
    accounts(stage, shape.accounts).await?;
    let session = Uuid::from_u128(number.into());
    let opened = sqlx::query(
        "INSERT INTO sessions (uuid, user_id, status, created_at, updated_at) VALUES (?, ?, 'saved', NOW(6), NOW(6))",
    )
    .bind(session.to_string())
    .bind(crate::bench::captures::MODERATOR)
    .execute(&stage.pool)
    .await?;
    let rng = &mut StdRng::seed_from_u64(number);
    let began = "2026-01-01T00:00:00Z".parse::<DateTime<Utc>>()?;
    let mut tx = stage.pool.begin().await?;
    for capture in 0..shape.captures {
        let mut roster = Roster::default();
        while roster.len() < shape.chatters {
            roster.0.insert(AccountId(rng.random_range(1..=shape.accounts)).0);
        }
        let channel = number * 10 + u64::from(capture % 2);
        let (day, slot) = (capture / 48, capture % 48);
        let at = began + TimeDelta::minutes((day * 1_440 + slot * 5).into());
        let stored = sqlx::query(
            "INSERT INTO captures (channel_id, slot, status, captured_at, chatters_count, stream_id)
             VALUES (?, ?, 'complete', slot, ?, ?)",
        )
        .bind(channel)
        .bind(at.naive_utc())
        .bind(roster.len())
        .bind(number * 1_000_000 + u64::from(day * 2 + capture % 2))
        .execute(&mut *tx)
        .await?;
        let capture = rosters::lock(&mut tx, CaptureId(stored.last_insert_id())).await?;
        capture.ok_or("no capture")?.replace(&mut tx, &mut roster).await?;
        sqlx::query("INSERT INTO session_captures VALUES (?, ?)")
            .bind(opened.last_insert_id())
            .bind(stored.last_insert_id())
            .execute(&mut *tx)
            .await?;
    }
    tx.commit().await?;
    Ok(World { session, shape })
}
