//! What a presence takes on disk, when three million accounts are known and people behave like viewers.

use std::ops::Range;

use common::{
    db::{
        DbError,
        captures::store::{self, Read},
        retrying,
    },
    ids::{CaptureId, ChannelId},
    roster::Roster,
};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use rand::{
    Rng as _, SeedableRng as _,
    rngs::StdRng,
    seq::{SliceRandom as _, index::sample},
};

use sqlx::AssertSqlSafe;

use super::world::accounts;
use crate::{
    Result,
    figures::{Figures, float},
    options::Options,
    stage::Stage,
};

/// Captures of a broadcast.
const SLOTS: u32 = 48;

/// Captures that end at the same time.
const AT_ONCE: usize = 8;

/// Where captures are.
const TABLES: [&str; 2] = ["captures", "rosters"];

/// A channel's viewers.
struct Audience {
    loyal: Vec<u32>,
    regular: Vec<u32>,
}

/// A viewer of one broadcast, and the slots in which they are there.
type Stay = (u32, Range<u32>);

/// How large: accounts known before, channels, broadcasts of each, and the rooms' size.
struct Shape {
    known: u32,
    channels: u32,
    broadcasts: u32,
    room: f64,
}

impl Shape {
    fn people(&self, count: f64) -> usize {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few thousand")]
        let people = (count * self.room) as usize;
        people
    }

    fn audience(&self, rng: &mut StdRng) -> Audience {
        let ids = sample(rng, self.known as usize, self.people(16_000.0));
        let mut loyal: Vec<u32> = ids.into_iter().filter_map(|id| u32::try_from(id + 1).ok()).collect();
        let regular = loyal.split_off(self.people(4_000.0));
        Audience { loyal, regular }
    }

    /// Loyal, regular and casual viewers drawn from all known accounts, and newcomers who get the next ids, as they do
    /// in life; each stays for a part of the broadcast.
    fn broadcast(&self, audience: &Audience, next: &mut u32, rng: &mut StdRng) -> Vec<Stay> {
        let mut people: Vec<u32> = audience.loyal.iter().filter(|_| rng.random_bool(0.7)).copied().collect();
        people.extend(audience.regular.iter().filter(|_| rng.random_bool(0.25)));
        for _ in 0..self.people(2_500.0) {
            *next += 1;
            people.push(*next);
        }
        let stay = |account| {
            let from = if rng.random_bool(0.35) { 0 } else { rng.random_range(0..SLOTS) };
            (account, from..from + rng.random_range(6..SLOTS))
        };
        people.into_iter().map(stay).collect()
    }
}

/// Stores captures as the services do: the rows of a slot at once, then the rosters, some at the same time, in any order.
pub(super) async fn run(stage: &Stage, options: &Options, figures: &mut Figures) -> Result<()> {
    let shape = options.pick(
        Shape { known: 3_000_000, channels: 10, broadcasts: 48, room: 1.4 },
        Shape { known: 30_000, channels: 2, broadcasts: 2, room: 0.05 },
    );
    accounts(stage, shape.known).await?;
    let before = of_tables(stage, &TABLES).await?;
    let rng = &mut StdRng::seed_from_u64(options.seed);
    let audiences: Vec<Audience> = (0..shape.channels).map(|_| shape.audience(rng)).collect();
    let (mut next, mut presences) = (shape.known, 0_i64);
    for broadcast in 0..shape.broadcasts {
        let rooms: Vec<Vec<Stay>> =
            audiences.iter().map(|audience| shape.broadcast(audience, &mut next, rng)).collect();
        for slot in 0..SLOTS {
            let mut opened = Vec::with_capacity(rooms.len());
            for (channel, room) in (500..).zip(&rooms) {
                let minute = broadcast * 1_440 + slot * 5;
                opened.push((open(stage, channel, minute).await?, ChannelId(channel), room));
            }
            opened.shuffle(rng);
            let stored = stream::iter(opened).map(|(capture, channel, room)| {
                let there = room.iter().filter(|(_, slots)| slots.contains(&slot));
                complete(stage, capture, channel, Roster(there.map(|(account, _)| *account).collect()))
            });
            presences += stored.buffer_unordered(AT_ONCE).try_fold(0, async |all, one| Ok(all + one)).await?;
        }
    }
    let after = of_tables(stage, &TABLES).await?;
    let captures = f64::from(shape.channels * shape.broadcasts * SLOTS);
    figures.report("chatters of a capture, mean", "", float(presences) / captures);
    let target = options.pick(2.5, 1_000.0);
    for (what, bytes) in [("tables and indexes", after.0 - before.0), ("files", after.1 - before.1)] {
        figures.at_most(
            &format!("bytes of a presence on disk, 3 M accounts known: {what}"),
            "B",
            float(bytes) / float(presences),
            target,
        );
    }
    Ok(())
}

/// Stores a roster; how many people it holds.
async fn complete(stage: &Stage, capture: CaptureId, channel: ChannelId, roster: Roster) -> Result<i64> {
    let now = common::clock::Clock::system().now();
    retrying(|| async {
        let mut tx = stage.pool.begin().await?;
        store::complete(&mut tx, capture, channel, &mut roster.clone(), Read { at: now, uncertain: 0 })
            .await?;
        Ok::<_, DbError>(tx.commit().await?)
    })
    .await?;
    Ok(roster.len().into())
}

/// A capture that waits for its roster.
async fn open(stage: &Stage, channel: u64, minute: u32) -> Result<CaptureId> {
    let opened =
        sqlx::query("INSERT INTO captures (channel_id, slot) VALUES (?, '2025-01-01' + INTERVAL ? MINUTE)")
            .bind(channel)
            .bind(minute)
            .execute(&stage.pool)
            .await?;
    Ok(CaptureId(opened.last_insert_id()))
}

/// Data and indexes of tables by MariaDB's own count of their pages, and the size of their files.
pub(super) async fn of_tables(stage: &Stage, tables: &[&str]) -> Result<(i64, i64)> {
    let admin = stage.admin_pool().await?;
    let (mut pages, mut files) = (0, 0);
    for table in tables {
        sqlx::query(AssertSqlSafe(format!("ANALYZE TABLE chatters.{table}"))).execute(&admin).await?;
        let counted: i64 = sqlx::query_scalar(
            "SELECT CAST(data_length + index_length AS SIGNED) FROM information_schema.tables
             WHERE table_schema = 'chatters' AND table_name = ?",
        )
        .bind(table)
        .fetch_one(&admin)
        .await?;
        let file: i64 = sqlx::query_scalar(
            "SELECT CAST(file_size AS SIGNED) FROM information_schema.innodb_sys_tablespaces
             WHERE name = CONCAT('chatters/', ?)",
        )
        .bind(table)
        .fetch_one(&admin)
        .await?;
        pages += counted;
        files += file;
    }
    admin.close().await;
    Ok((pages, files))
}
