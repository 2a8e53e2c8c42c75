//! The job queue: how many jobs a second, how soon one starts, how soon one of a lost worker is run again.

use std::time::Duration;

use devstack::Service;
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use tokio::time::{Instant, sleep};

use crate::{
    Result,
    figures::{Figures, float, quantile},
    load::probe,
    options::Options,
    scrape::cpu_seconds,
    stage::{LEASE_SECONDS, Stage},
};

pub async fn run(options: &Options, figures: &mut Figures) -> Result<()> {
    throughput(options, figures).await?;
    latency(options, figures).await?;
    recovery(options, figures).await
}

/// Durable jobs: each is claimed and finished, and both commits are on disk (`innodb_flush_log_at_trx_commit` = 1). No-ops
/// have no effect; the others leave a row in the transaction that finishes them.
async fn throughput(options: &Options, figures: &mut Figures) -> Result<()> {
    let (noop, row) = (r#""traceless":true"#, r#""nap_ms":0"#);
    for (name, tenant, fields, target) in [
        ("no-ops of a hundred tenants, 2 workers", "seq % 100", noop, Some(options.pick(4_000.0, 100.0))),
        ("no-ops of one tenant, 2 workers", "1", noop, None),
        ("jobs that leave a row, of a hundred tenants, 2 workers", "seq % 100", row, None),
    ] {
        let stage = Stage::with(2, |builder| {
            builder
                .env(Service::Worker, "WORKER_CONCURRENCY", "32")
                .env(Service::Worker, "DATABASE_MAX_CONNECTIONS", "32")
                .env(Service::Worker, "JOB_LEASE_SECONDS", "30")
                .env(Service::Worker, "LOG_LEVEL", "warn")
        })
        .await?;
        let jobs = options.pick(60_000, 2_000);
        let before = cpu(&stage)?;
        let began = Instant::now();
        stage.pile_up("pile", jobs, tenant, fields).await?;
        stage.drained(Duration::from_mins(5)).await?;
        let done = stage.number("SELECT COUNT(*) FROM jobs WHERE state = 'done' AND attempt = 1").await?;
        figures.exactly(&format!("{name}: lost or run again"), "jobs", i64::from(jobs) - done, 0);
        if fields == row {
            let outcome = stage.outcome().await?;
            figures.exactly(&format!("{name}: lost or doubled"), "jobs", outcome.lost + outcome.doubled, 0);
        }
        // From the first end to the last: the pile was made by then.
        let micros = "SELECT TIMESTAMPDIFF(MICROSECOND, MIN(finished_at), MAX(finished_at)) FROM jobs";
        let rate = f64::from(jobs) / (float(stage.number(micros).await?) / 1e6);
        match target {
            Some(target) => figures.at_least(name, "1/s", rate, target),
            None => figures.report(name, "1/s", rate),
        }
        let after = cpu(&stage)?;
        for ((process, before), (_, after)) in before.into_iter().zip(after) {
            let share = 100.0 * (after - before) / began.elapsed().as_secs_f64();
            figures.report(&format!("{name}: CPU of {process}"), "%", share);
        }
    }
    Ok(())
}

fn cpu(stage: &Stage) -> Result<Vec<(String, f64)>> {
    let servers = stage.stack.servers();
    servers.map(|server| Ok((server.name().to_owned(), cpu_seconds(server)?))).collect()
}

/// From the enqueuing statement to the commit of the effect, one job at a time, on an idle system.
async fn latency(options: &Options, figures: &mut Figures) -> Result<()> {
    let stage = Stage::with(2, |builder| builder).await?;
    let rng = &mut StdRng::seed_from_u64(options.seed);
    for n in 0..options.pick(500, 50) {
        stage.enqueue(&[probe(n % 50, Duration::ZERO)]).await?;
        sleep(Duration::from_millis(rng.random_range(10..60))).await;
    }
    stage.drained(Duration::from_secs(10)).await?;
    let delays: Vec<i64> = sqlx::query_scalar(
        "SELECT TIMESTAMPDIFF(MICROSECOND, jobs.created_at, job_probes.at) FROM job_probes
         JOIN jobs ON jobs.id = job_probes.job_id",
    )
    .fetch_all(&stage.pool)
    .await?;
    let mut delays: Vec<f64> = delays.into_iter().map(|micros| float(micros) / 1e3).collect();
    figures.report("from enqueued to done, idle, median", "ms", quantile(&mut delays, 0.5));
    figures.at_most("from enqueued to done, idle, p99", "ms", quantile(&mut delays, 0.99), 50.0);
    idle(options, &stage, figures).await
}

/// What an idle system costs.
async fn idle(options: &Options, stage: &Stage, figures: &mut Figures) -> Result<()> {
    let (before, began) = (cpu(stage)?, Instant::now());
    sleep(options.pick(Duration::from_secs(20), Duration::from_secs(2))).await;
    let after = cpu(stage)?;
    for ((process, before), (_, after)) in before.into_iter().zip(after) {
        let share = 100.0 * (after - before) / began.elapsed().as_secs_f64();
        figures.report(&format!("idle, polling every second: CPU of {process}"), "%", share);
    }
    Ok(())
}

/// From the kill of a worker to the end of what it was running, beside another worker.
async fn recovery(options: &Options, figures: &mut Figures) -> Result<()> {
    let stage = Stage::with(2, |builder| builder.env(Service::Worker, "JOB_POLL_INTERVAL", "2")).await?;
    let workers = stage.workers();
    let nap = Duration::from_millis(100);
    let mut times = Vec::new();
    for round in 0..options.pick(10, 1) {
        // More than both can hold at once: the killed one is in the middle of some.
        let probes: Vec<_> = (0..160).map(|n| probe(n, nap)).collect();
        stage.enqueue(&probes).await?;
        sleep(Duration::from_millis(300)).await;
        let victim = workers.get(round % 2).ok_or("no worker")?;
        victim.kill9();
        let killed = Instant::now();
        stage.drained(Duration::from_mins(1)).await?;
        times.push(killed.elapsed().as_secs_f64());
        victim.start().await?;
    }
    let outcome = stage.outcome().await?;
    figures.exactly("recovery: lost or doubled", "jobs", outcome.lost + outcome.doubled, 0);
    figures.at_least("recovery: jobs that had to be run again", "", float(outcome.rerun), 1.0);
    #[expect(clippy::cast_precision_loss, reason = "a few seconds")]
    let lease = LEASE_SECONDS as f64;
    let name = format!("recovery after kill -9, lease of {LEASE_SECONDS} s, slowest");
    figures.at_most(&name, "s", quantile(&mut times, 1.0), lease + 2.0);
    Ok(())
}
