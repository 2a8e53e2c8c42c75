//! Faults of workers: 1 killed, 2 aborting, 3 frozen, 8 slow, 11 poisoned.

use std::{sync::Arc, time::Duration};

use common::{
    jobs::{AbortAt, Job as _, Probe},
    queue::Announcements,
};
use rand::{Rng as _, rngs::StdRng, seq::IndexedRandom as _};
use tokio::time::{Instant, interval, sleep};

use crate::{
    Result,
    figures::{Figures, float, quantile},
    invariants,
    load::{Outcome, probe},
    options::Options,
    scrape::metric,
    stage::{LEASE_SECONDS, Stage},
};

const NAP: Duration = Duration::from_millis(20);

/// 1: every second a random worker is killed, and started again at once.
pub async fn kills(options: &Options, rng: &mut StdRng, figures: &mut Figures) -> Result<()> {
    let (jobs, seconds) = options.pick((20_000, 60), (1_000, 6));
    let stage = Arc::new(Stage::with(options.pick(4, 2), |builder| builder).await?);
    let keeper = stage.keep_workers();
    let load = tokio::spawn({
        let stage = stage.clone();
        async move { stage.pace(jobs, Duration::from_secs(seconds + 1), NAP).await }
    });
    let mut clock = interval(Duration::from_secs(1));
    clock.tick().await;
    for _ in 0..seconds {
        clock.tick().await;
        sleep(Duration::from_millis(rng.random_range(0..500))).await;
        if let Some(victim) = stage.workers().choose(rng) {
            victim.kill9();
        }
    }
    let last_kill = Instant::now();
    load.await??;
    stage.drained(Duration::from_mins(2)).await?;
    figures.at_most("drained after the last kill", "s", last_kill.elapsed().as_secs_f64(), 10.0);
    let outcome = stage.outcome().await?;
    outcome.judge(figures, jobs.into());
    figures.at_most("jobs run again", "%", outcome.rerun_percent(), options.pick(3.0, 10.0));
    drop(keeper);
    invariants::check(&stage, figures).await
}

/// 2: a worker ends at each point of a run, from the read announcement to the moment after COMMIT.
pub async fn aborts(options: &Options, figures: &mut Figures) -> Result<()> {
    let each = options.pick(100, 5);
    let stage = Stage::with(options.pick(4, 2), |builder| {
        // One job at a time, so that an abort takes down only its own.
        builder.env(devstack::Service::Worker, "WORKER_CONCURRENCY", "1")
    });
    let stage = Arc::new(stage.await?);
    before_the_claim(&stage, each).await?;
    let keeper = stage.keep_workers();
    stage.drained(Duration::from_mins(1)).await?;
    for abort_at in [AbortAt::AfterClaim, AbortAt::BeforeCommit, AbortAt::AfterCommit] {
        let probes: Vec<_> = (0..each)
            .map(|n| Probe { abort_at: Some(abort_at), ..probe(n.into(), Duration::ZERO) })
            .collect();
        stage.enqueue(&probes).await?;
        stage.drained(Duration::from_mins(5)).await?;
    }
    // The last abort came after its job's end.
    let wanted = 3 * each;
    devstack::wait::until("the last abort", Duration::from_secs(10), || async {
        (keeper.aborted() >= wanted).then_some(())
    })
    .await
    .ok();
    figures.exactly("workers aborted", "", keeper.aborted().into(), wanted.into());
    let outcome = stage.outcome().await?;
    outcome.judge(figures, (4 * each).into());
    figures.exactly("jobs run again: those aborted before COMMIT", "", outcome.rerun, (2 * each).into());
    drop(keeper);
    invariants::check(&stage, figures).await
}

/// The workers are gone, and somebody takes the announcements without claiming the jobs: what a worker leaves that ends
/// between the two.
async fn before_the_claim(stage: &Stage, jobs: u32) -> Result<()> {
    for worker in stage.workers() {
        worker.kill9();
    }
    let probes: Vec<_> = (0..jobs).map(|n| probe(n.into(), Duration::ZERO)).collect();
    stage.enqueue(&probes).await?;
    let mut announcements = Announcements::new(stage.redis.clone());
    while announcements.next(&[Probe::KIND], 64, Duration::from_millis(100)).await?.is_some() {}
    Ok(())
}

/// 3: a random worker that runs jobs is frozen for twice the lease.
pub async fn frozen(options: &Options, rng: &mut StdRng, figures: &mut Figures) -> Result<()> {
    let stage = Arc::new(Stage::with(2, |builder| builder).await?);
    let rounds = options.pick(20, 2);
    let outcome = freeze(&stage, rng, rounds).await?;
    figures.exactly("effects of a worker that had lost the lease", "", outcome.doubled, 0);
    figures.exactly("lost", "jobs", outcome.lost, 0);
    let mut fenced = 0.0;
    for worker in stage.workers() {
        fenced += metric(worker, "tca_job_fenced_total").await?;
    }
    figures.at_least("runs that were fenced off", "", fenced, 1.0);
    figures.report("jobs run again", "%", outcome.rerun_percent());
    invariants::check(&stage, figures).await
}

/// Freezes random workers under load; what became of the jobs.
pub async fn freeze(stage: &Arc<Stage>, rng: &mut StdRng, rounds: u32) -> Result<Outcome> {
    let lease = Duration::from_secs(LEASE_SECONDS);
    let each = 2 * lease + Duration::from_secs(1);
    let load = tokio::spawn({
        let stage = stage.clone();
        // Twelve of sixteen places are busy: those of a frozen worker are, and their jobs end while it is.
        let jobs = 30 * rounds * u32::try_from(each.as_secs())?;
        async move { stage.pace(jobs, each * rounds, Duration::from_millis(400)).await }
    });
    for _ in 0..rounds {
        sleep(Duration::from_millis(rng.random_range(700..1_000))).await;
        if let Some(victim) = stage.workers().choose(rng) {
            victim.stop();
            sleep(2 * lease).await;
            victim.cont();
        }
    }
    load.await??;
    stage.drained(Duration::from_mins(2)).await?;
    stage.outcome().await
}

/// 8: two healthy workers, and jobs that take five leases.
pub async fn long_jobs(options: &Options, figures: &mut Figures) -> Result<()> {
    let (rounds, factor) = options.pick((4, 5), (1, 5));
    let stage = Stage::with(2, |builder| builder).await?;
    let nap = Duration::from_secs(LEASE_SECONDS) * factor;
    let probes: Vec<_> = (0..16 * rounds).map(|n| probe(n.into(), nap)).collect();
    stage.enqueue(&probes).await?;
    stage.drained(nap * (rounds + 2)).await?;
    let outcome = stage.outcome().await?;
    outcome.judge(figures, (16 * rounds).into());
    figures.exactly("jobs run twice", "", outcome.rerun, 0);
    invariants::check(&stage, figures).await
}

/// 11: the same load without and with a job that aborts its worker.
pub async fn poison(options: &Options, figures: &mut Figures) -> Result<()> {
    let (jobs, seconds) = options.pick((4_000, 40), (500, 8));
    let stage = Arc::new(Stage::with(options.pick(4, 2), |builder| builder).await?);
    let keeper = stage.keep_workers();
    let length = Duration::from_secs(seconds);
    let nap = Duration::from_millis(50);
    stage.pace(jobs, length, nap).await?;
    stage.drained(Duration::from_mins(1)).await?;
    let calm = p99_to_end(&stage, 0).await?;
    let until = stage.number("SELECT CAST(MAX(id) AS SIGNED) FROM jobs").await?;

    stage.enqueue(&[Probe { poison: true, ..probe(99, Duration::ZERO) }]).await?;
    stage.pace(jobs, length, nap).await?;
    let dead = "SELECT COUNT(*) FROM jobs WHERE state = 'dead' AND last_error LIKE 'worker_lost: %'";
    stage.until("the end of the poison", dead, 1, Duration::from_mins(1)).await?;
    stage.drained(Duration::from_mins(1)).await?;
    let poisoned = p99_to_end(&stage, until + 1).await?;

    figures.report("p99 from due to done, before", "ms", calm);
    figures.at_most(
        "p99 from due to done, beside the poison",
        "ms",
        poisoned,
        options.pick(2.0, 20.0) * calm,
    );
    let attempts = stage.number("SELECT CAST(attempt AS SIGNED) FROM jobs WHERE state = 'dead'").await?;
    figures.exactly("workers taken down", "", keeper.aborted().into(), Probe::POLICY.max_attempt.into());
    figures.at_most("claims of the poison", "", float(attempts), f64::from(Probe::POLICY.max_attempt) + 1.0);
    stage.outcome().await?.judge(figures, i64::from(jobs) * 2);
    drop(keeper);
    invariants::check(&stage, figures).await
}

/// Milliseconds from due to done of the 99th of a hundred jobs, of those from `id` on.
async fn p99_to_end(stage: &Stage, id: i64) -> Result<f64> {
    let delays: Vec<i64> = sqlx::query_scalar(
        "SELECT TIMESTAMPDIFF(MICROSECOND, jobs.created_at, job_probes.at) FROM job_probes
         JOIN jobs ON jobs.id = job_probes.job_id WHERE jobs.id >= ?",
    )
    .bind(id)
    .fetch_all(&stage.pool)
    .await?;
    let mut delays: Vec<f64> = delays.into_iter().map(|micros| float(micros) / 1e3).collect();
    Ok(quantile(&mut delays, 0.99))
}
