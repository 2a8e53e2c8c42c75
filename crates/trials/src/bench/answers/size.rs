//! What a presence takes on disk, when three million accounts are known and people behave like viewers.

use common::roster::Roster;
use rand::{Rng as _, SeedableRng as _, rngs::StdRng, seq::index::sample};

use super::world::accounts;
use crate::{
    Result,
    figures::{Figures, float},
    options::Options,
    stage::Stage,
};

const SLOTS: u32 = 48;

/// Channels with loyal, regular and casual viewers drawn from all known accounts, and newcomers who get the next ids,
/// as they do in life; each stays for a part of the broadcast.
pub(super) async fn run(stage: &Stage, options: &Options, figures: &mut Figures) -> Result<()> {
    let (known, channels, broadcasts, room) = options.pick((3_000_000, 10, 4, 1.0), (30_000, 2, 2, 0.05));
    accounts(stage, known).await?;
    let before = of_table(stage, "captures").await?;
    let rng = &mut StdRng::seed_from_u64(options.seed);
    let count = |share: f64| {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few thousand")]
        let people = (share * room) as usize;
        people
    };
    let (mut next, mut presences) = (known, 0_i64);
    let mut tx = stage.pool.begin().await?;
    for channel in 0..channels {
        let audience: Vec<u32> = sample(rng, known as usize, count(16_000.0))
            .into_iter()
            .filter_map(|id| u32::try_from(id + 1).ok())
            .collect();
        let (loyal, regular) = audience.split_at(count(4_000.0).min(audience.len()));
        for broadcast in 0..broadcasts {
            let mut people: Vec<u32> = loyal.iter().filter(|_| rng.random_bool(0.7)).copied().collect();
            people.extend(regular.iter().filter(|_| rng.random_bool(0.25)));
            for _ in 0..count(2_500.0) {
                next += 1;
                people.push(next);
            }
            let stays: Vec<(u32, u32, u32)> = people
                .into_iter()
                .map(|account| {
                    let from = if rng.random_bool(0.35) { 0 } else { rng.random_range(0..SLOTS) };
                    (account, from, from + rng.random_range(6..SLOTS))
                })
                .collect();
            for slot in 0..SLOTS {
                let there = stays.iter().filter(|(_, from, to)| (*from..*to).contains(&slot));
                let mut roster = Roster(there.map(|(account, ..)| *account).collect());
                presences += i64::from(roster.len());
                sqlx::query(
                    "INSERT INTO captures (channel_id, slot, status, captured_at, chatters_count, viewer_count, roster, stream_id)
                     VALUES (?, '2025-01-01' + INTERVAL ? MINUTE, 'complete', slot, ?, ?, ?, ?)",
                )
                .bind(500 + channel)
                .bind(broadcast * 1_440 + slot * 5)
                .bind(roster.len())
                .bind(roster.len())
                .bind(roster.to_bytes())
                .bind(5_000_000 + channel * 100 + broadcast)
                .execute(&mut *tx)
                .await?;
            }
        }
    }
    tx.commit().await?;
    let bytes = of_table(stage, "captures").await? - before;
    let captures = f64::from(channels * broadcasts * SLOTS);
    figures.report("chatters of a capture, mean", "", float(presences) / captures);
    let target = options.pick(2.5, 1_000.0);
    figures.at_most(
        "bytes of a presence on disk, 3 M accounts known",
        "B",
        float(bytes) / float(presences),
        target,
    );
    Ok(())
}

/// Data and indexes in the table's file, by MariaDB's own count of its pages, without those that are free.
pub(super) async fn of_table(stage: &Stage, table: &'static str) -> Result<i64> {
    sqlx::query("ANALYZE TABLE captures").execute(&stage.pool).await?;
    let bytes = sqlx::query_scalar(
        "SELECT CAST(data_length + index_length AS SIGNED) FROM information_schema.tables
         WHERE table_schema = DATABASE() AND table_name = ?",
    )
    .bind(table)
    .fetch_one(&stage.pool)
    .await?;
    Ok(bytes)
}
