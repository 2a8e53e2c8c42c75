//! Reads announcements, claims jobs, and runs each in a task of its own.
//!
//! A job is claimed only when there is room to start it at once. A run that panics, takes too long, or loses its lease
//! ends alone.

use std::time::{Duration, Instant};

use common::{
    db::{
        self, DbError,
        jobs::{ClaimedJob, Lane},
    },
    jobs::policy,
    lifecycle::Shutdown,
    metrics, request_id,
};
use tokio::sync::mpsc;
use tokio_util::task::TaskTracker;

use crate::{
    config::JobsConfig,
    context::Context,
    intake::Intake,
    jobs::{self, JobError},
    leases::{Lease, Leases},
    room::{Place, Room},
};

/// The pause after an error of MariaDB.
const PAUSE: Duration = Duration::from_millis(500);
/// How long MariaDB may take to answer a claim or a refill.
const LIMIT: Duration = Duration::from_secs(5);
/// Lanes waiting for a refill; what does not fit is found by the reconciler.
const REFILLS: usize = 1_024;

/// Runs jobs until the shutdown, then waits for those that run.
pub async fn run(context: Context, leases: Leases, config: JobsConfig, shutdown: Shutdown) {
    let room = Room::new(config.concurrency);
    let mut intake = Intake::new(context.pool.clone(), context.redis.clone(), config.poll_interval);
    let tasks = TaskTracker::new();
    let (claims, claimed_lanes) = mpsc::channel(REFILLS);
    tasks.spawn(refill(context.clone(), claimed_lanes));
    while let Some(permits) = room.free(&shutdown).await {
        let announced = tokio::select! {
            ids = intake.next(&room, permits.len()) => ids,
            () = shutdown.draining() => break,
        };
        let token = rand::Rng::random(&mut rand::rng());
        let claim = || db::jobs::claim(&context.pool, &announced, token, leases.duration);
        match db::within(LIMIT, db::retrying(claim)).await {
            Ok(claimed) => {
                for (job, permit) in claimed.into_iter().zip(permits) {
                    claims.try_send(job.lane()).ok();
                    let (lease, place) = (leases.hold(&job), room.place(permit, &job.kind));
                    tasks.spawn(supervise(context.clone(), lease, job, place));
                }
            }
            Err(error) => {
                tracing::warn!(%error, "runner.claim_failed");
                shutdown.pause(PAUSE).await;
            }
        }
    }
    drop(claims);
    tasks.close();
    tracing::info!(running = tasks.len(), "runner.draining");
    tasks.wait().await;
}

/// Announces what comes next in the lanes of claimed jobs; while it does, further ones gather.
async fn refill(context: Context, mut claimed: mpsc::Receiver<Lane>) {
    let mut lanes = Vec::new();
    while claimed.recv_many(&mut lanes, REFILLS).await > 0 {
        lanes.sort_unstable();
        lanes.dedup();
        if let Err(error) = db::within(LIMIT, context.queue.refill(&lanes)).await {
            tracing::warn!(%error, "runner.refill_failed");
        }
        lanes.clear();
    }
}

/// Runs one claimed job and sees to its end.
pub async fn supervise(context: Context, lease: Lease, job: ClaimedJob, _place: Place) {
    let _beat = context.pulse.begin();
    let id = if job.request_id.is_empty() { request_id::fresh() } else { job.request_id.clone() };
    request_id::scope(id, async {
        metrics::jobs::START_LATENCY.with_label_values(&[&job.kind]).observe(job.waited.as_secs_f64());
        if job.was_cut_off() {
            metrics::jobs::REDUNDANT.with_label_values(&[&job.kind]).inc();
        }
        let started = Instant::now();
        let outcome = match run_one(&context, &lease, &job).await {
            Ok(()) => "done",
            Err(error) => settle(&context, &lease, &job, error).await,
        };
        let took = started.elapsed();
        metrics::jobs::RUNS.with_label_values(&[&job.kind, outcome]).inc();
        metrics::jobs::RUN_DURATION.with_label_values(&[&job.kind]).observe(took.as_secs_f64());
        tracing::info!(job = %job.id, kind = job.kind, attempt = job.attempt, outcome, millis = took.as_millis(), "job.ran");
    })
    .await;
}

async fn run_one(context: &Context, lease: &Lease, job: &ClaimedJob) -> Result<(), JobError> {
    if job.attempt > job.max_attempt {
        return Err(JobError::fail("worker_lost", "every worker that ran it was lost"));
    }
    let run = std::panic::AssertUnwindSafe(jobs::run(context, lease, job));
    let run = futures_util::FutureExt::catch_unwind(run);
    tokio::select! {
        outcome = tokio::time::timeout(policy(&job.kind).timeout, run) => match outcome {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_panic)) => Err(JobError::retry("panic", "the job panicked")),
            Err(_elapsed) => Err(JobError::retry("timeout", "the job took too long")),
        },
        () = lease.lost() => Err(JobError::Fenced),
    }
}

/// Puts a job that did not finish where it belongs; the outcome for the metrics.
async fn settle(context: &Context, lease: &Lease, job: &ClaimedJob, error: JobError) -> &'static str {
    let policy = policy(&job.kind);
    let settled = match &error {
        JobError::Fenced => Ok("fenced"),
        JobError::Later { delay } => put_back(context, lease, job, *delay, None).await.map(ours_or("later")),
        JobError::Retry { after, .. } if job.attempt < job.max_attempt => {
            let jitter = rand::Rng::random(&mut rand::rng());
            let delay = policy.backoff(job.attempt, jitter).max(after.unwrap_or_default());
            put_back(context, lease, job, delay, Some(&error)).await.map(ours_or("retry"))
        }
        JobError::Retry { .. } | JobError::Fail { .. } => {
            bury(context, lease, job, &error).await.map(ours_or("dead"))
        }
    };
    match settled {
        Ok("fenced") => metrics::jobs::FENCED.with_label_values(&[&job.kind]).inc(),
        Ok("retry") => metrics::jobs::RETRIES.with_label_values(&[&job.kind]).inc(),
        _ => {}
    }
    tracing::warn!(job = %job.id, kind = job.kind, attempt = job.attempt, %error, "job.not_finished");
    settled.unwrap_or_else(|error| {
        // The lease will end, and the reconciler takes it from there.
        tracing::error!(job = %job.id, %error, "job.not_settled");
        "unsettled"
    })
}

/// The outcome, unless the lease had been lost before it could be written.
fn ours_or(outcome: &'static str) -> impl Fn(bool) -> &'static str {
    move |ours| if ours { outcome } else { "fenced" }
}

/// Makes a job ready again, due after `delay`; `false` when the lease had been lost.
async fn put_back(
    context: &Context,
    lease: &Lease,
    job: &ClaimedJob,
    delay: Duration,
    error: Option<&JobError>,
) -> Result<bool, DbError> {
    let text = error.map(JobError::text);
    let ours = db::retrying(|| async {
        let mut connection = context.pool.acquire().await?;
        db::jobs::put_back(&mut connection, job.id, lease.token(), delay, error.is_some(), text.as_deref())
            .await
    })
    .await?;
    if ours {
        jobs::on_retry(context, job, text).await;
    }
    Ok(ours)
}

/// Gives a job up, with all that this means; `false` when the lease had been lost.
async fn bury(context: &Context, lease: &Lease, job: &ClaimedJob, error: &JobError) -> Result<bool, DbError> {
    let text = error.text();
    let ours = db::retrying(|| async {
        let mut tx = context.pool.begin().await?;
        let ours = db::jobs::bury(&mut tx, job.id, lease.token(), &text).await?;
        if ours {
            jobs::on_dead(&mut tx, job, error.code()).await?;
            tx.commit().await?;
        }
        Ok::<_, DbError>(ours)
    })
    .await?;
    if ours {
        jobs::after_dead(context, job, text).await;
    }
    Ok(ours)
}
