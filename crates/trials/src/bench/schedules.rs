//! Ten thousand schedules of five minutes on one worker.

use std::time::Duration;

use chrono::{DateTime, Utc};
use common::db::schedules::take_due;
use devstack::Service;
use tokio::time::{Instant, sleep};

use crate::{
    Result,
    chaos::schedule,
    figures::{Figures, float, quantile},
    options::Options,
    scrape::cpu_seconds,
    stage::Stage,
};

/// The slots of an hour, compressed: each round lets the next slot of every schedule come up two seconds from now. In the
/// stub's rooms of twenty, so that this is about schedules.
pub async fn run(options: &Options, figures: &mut Figures) -> Result<()> {
    let (schedules, rounds) = options.pick((10_000, 12), (500, 2));
    let stage = Stage::with(1, |builder| {
        builder.env(Service::Worker, "LOG_LEVEL", "warn").env(Service::Worker, "JOB_LEASE_SECONDS", "30")
    })
    .await?;
    schedule(&stage, schedules).await?;
    idle(&stage, options, figures).await?;
    let began = Instant::now();
    for _ in 0..rounds {
        sqlx::query("UPDATE schedules SET next_slot = UTC_TIMESTAMP(0) + INTERVAL 2 SECOND")
            .execute(&stage.pool)
            .await?;
        let due = "SELECT COUNT(*) FROM schedules WHERE next_slot <= UTC_TIMESTAMP(6) + INTERVAL 2 SECOND";
        stage.until("all slots to be opened", due, 0, Duration::from_mins(1)).await?;
        stage.captures_ended(Duration::from_mins(1)).await?;
    }
    let took = began.elapsed().as_secs_f64();
    let complete = stage.number("SELECT COUNT(*) FROM captures WHERE status = 'complete'").await?;
    // When the clock passes a full five minutes, the schedules' own slot comes on top.
    figures.at_least("slots captured", "", float(complete), float(i64::from(schedules) * rounds));
    let opened = stage.number("SELECT COUNT(*) FROM captures").await?;
    figures.exactly("slots missed or failed", "", opened - complete, 0);
    let delays: Vec<(i64, i64)> = sqlx::query_as(
        "SELECT TIMESTAMPDIFF(MICROSECOND, captures.slot, jobs.created_at),
                TIMESTAMPDIFF(MICROSECOND, captures.slot, captures.captured_at)
         FROM jobs JOIN captures ON captures.id = jobs.dedup WHERE jobs.kind = 'capture_chatters'",
    )
    .fetch_all(&stage.pool)
    .await?;
    let (enqueued, captured): (Vec<_>, Vec<_>) =
        delays.into_iter().map(|(enqueued, captured)| (float(enqueued) / 1e6, float(captured) / 1e6)).unzip();
    let (mut enqueued, mut captured) = (enqueued, captured);
    figures.at_most("lateness: from the slot to its job, p99", "s", quantile(&mut enqueued, 0.99), 5.0);
    figures.report(
        "from the slot to its capture, all slots at the same second, p99",
        "s",
        quantile(&mut captured, 0.99),
    );
    figures.report("captures a second, one worker", "1/s", float(complete) / took);
    Ok(())
}

/// What a scheduler costs while nothing is due.
async fn idle(stage: &Stage, options: &Options, figures: &mut Figures) -> Result<()> {
    let now: DateTime<Utc> = common::clock::Clock::system().now();
    let mut times = Vec::new();
    for _ in 0..options.pick(1_000, 50) {
        let began = Instant::now();
        let mut tx = stage.pool.begin().await?;
        take_due(&mut tx, now, 500).await?;
        tx.rollback().await?;
        times.push(began.elapsed().as_secs_f64() * 1e3);
    }
    figures.report("idle tick: statement of the scheduler, median", "ms", quantile(&mut times, 0.5));
    figures.report("idle tick: statement of the scheduler, p99", "ms", quantile(&mut times, 0.99));
    let worker = stage.stack.service(Service::Worker, 0)?;
    let (before, began) = (cpu_seconds(worker)?, Instant::now());
    sleep(options.pick(Duration::from_secs(20), Duration::from_secs(2))).await;
    let share = 100.0 * (cpu_seconds(worker)? - before) / began.elapsed().as_secs_f64();
    figures.report("idle worker: CPU, with everything it polls", "%", share);
    Ok(())
}
