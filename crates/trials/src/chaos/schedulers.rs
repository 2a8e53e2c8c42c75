//! 10: two schedulers, one of them frozen when the slots come up.

use std::time::Duration;

use rand::{Rng as _, rngs::StdRng, seq::IndexedRandom as _};
use tokio::time::sleep;

use crate::{Result, figures::Figures, invariants, options::Options, stage::Stage};

/// Each round opens a slot of every schedule a second from now, and freezes a random worker about then. What a frozen
/// worker has locked is free again when MariaDB ends its idle transaction, after ten seconds.
pub async fn two(options: &Options, rng: &mut StdRng, figures: &mut Figures) -> Result<()> {
    let (rounds, slots) = options.pick((5, 1_000), (1, 200));
    let stage = Stage::with(2, |builder| builder).await?;
    schedule(&stage, slots).await?;
    let mut wanted = 0;
    for _ in 0..rounds {
        wanted += i64::from(slots);
        sqlx::query("UPDATE schedules SET next_slot = UTC_TIMESTAMP(0) + INTERVAL 1 SECOND")
            .execute(&stage.pool)
            .await?;
        sleep(Duration::from_millis(rng.random_range(900..2_100))).await;
        let workers = stage.workers();
        let frozen = workers.choose(rng).ok_or("no worker")?;
        frozen.stop();
        let open = "SELECT COUNT(*) FROM captures";
        let opened = stage.until("a capture of every slot", open, wanted, Duration::from_mins(1)).await;
        sleep(Duration::from_secs(2)).await;
        frozen.cont();
        opened?;
        stage.captures_ended(Duration::from_mins(2)).await?;
    }
    let complete = stage.number("SELECT COUNT(*) FROM captures WHERE status = 'complete'").await?;
    figures.exactly("slots captured", "", complete, wanted);
    let twice = "SELECT COUNT(*) FROM (SELECT 1 FROM captures GROUP BY channel_id, slot HAVING COUNT(*) > 1) AS twice";
    figures.exactly("slots captured twice", "", stage.number(twice).await?, 0);
    let jobs = stage.number("SELECT COUNT(*) FROM jobs WHERE kind = 'capture_chatters'").await?;
    figures.exactly("jobs", "", jobs, wanted);
    invariants::check(&stage, figures).await
}

/// `count` schedules of five minutes on as many channels, of fifty moderators, not due for long.
pub async fn schedule(stage: &Stage, count: u32) -> Result<()> {
    let statement = format!(
        "USE chatters;
         INSERT INTO schedules (channel_id, user_id, interval_minutes, only_live, next_slot, created_at, updated_at)
         SELECT 1000 * seq, seq % 50 + 1, 5, FALSE, UTC_TIMESTAMP(0) + INTERVAL 1 DAY, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6)
         FROM seq_1_to_{count}"
    );
    stage.admin(&statement).await
}
