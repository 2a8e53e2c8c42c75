//! Reads announcements, claims jobs, and runs each in a task of its own.
//!
//! A job is claimed only when there is room to start it at once. A run that panics, takes too long, or loses its lease
//! ends alone.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use common::{
    db::{self, DbError, jobs::ClaimedJob},
    ids::JobId,
    lifecycle::Shutdown,
    metrics,
    queue::Announcements,
    redis_store::tolerated,
    request_id,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::task::TaskTracker;

use crate::{
    config::JobsConfig,
    context::Context,
    jobs::{self, JobError},
    leases::{Lease, Leases},
};

/// How many announcements are read at once.
const READ_BATCH: usize = 64;
/// The pause after an error of Redis or MariaDB.
const PAUSE: Duration = Duration::from_millis(500);

/// Runs jobs until the shutdown, then waits for those that run.
pub async fn run(context: Context, leases: Leases, config: JobsConfig, shutdown: Shutdown) {
    let room = Arc::new(Semaphore::new(config.concurrency as usize));
    let consumer = format!("worker-{:016x}", rand::Rng::random::<u64>(&mut rand::rng()));
    let mut announcements = Announcements::new(context.redis.clone(), consumer);
    let tasks = TaskTracker::new();
    while !shutdown.is_draining() {
        let Some(permits) = all_free(&room, &shutdown).await else {
            break;
        };
        let announced = tokio::select! {
            ids = next_ids(&context, &mut announcements, permits.len(), config.poll_interval) => ids,
            () = shutdown.draining() => break,
        };
        let token = rand::Rng::random(&mut rand::rng());
        match db::jobs::claim(&context.pool, &announced, token, leases.duration).await {
            Ok(claimed) => {
                for (job, permit) in claimed.into_iter().zip(permits) {
                    tasks.spawn(supervise(context.clone(), leases.hold(&job), job, permit));
                }
            }
            Err(error) => {
                tracing::warn!(%error, "runner.claim_failed");
                shutdown.pause(PAUSE).await;
            }
        }
    }
    tasks.close();
    tracing::info!(running = tasks.len(), "runner.draining");
    tasks.wait().await;
}

/// Waits for room and takes all there is, one permit a job.
async fn all_free(room: &Arc<Semaphore>, shutdown: &Shutdown) -> Option<Vec<OwnedSemaphorePermit>> {
    let first = tokio::select! {
        permit = room.clone().acquire_owned() => permit.ok()?,
        () = shutdown.draining() => return None,
    };
    let more = std::iter::from_fn(|| room.clone().try_acquire_owned().ok());
    Some(std::iter::once(first).chain(more).take(READ_BATCH).collect())
}

/// Announced ids; without Redis, ids of due jobs straight from MariaDB.
async fn next_ids(
    context: &Context,
    announcements: &mut Announcements,
    count: usize,
    wait: Duration,
) -> Vec<JobId> {
    let error = match announcements.next(count, wait).await {
        Ok(ids) => return ids,
        Err(error) => error,
    };
    tolerated("runner.announcements", &error);
    tokio::time::sleep(PAUSE).await;
    let limit = u32::try_from(count).unwrap_or(u32::MAX);
    db::jobs::due(&context.pool, limit).await.unwrap_or_else(|error| {
        tracing::warn!(%error, "runner.poll_failed");
        Vec::new()
    })
}

async fn supervise(context: Context, lease: Lease, job: ClaimedJob, _room: OwnedSemaphorePermit) {
    let id = if job.request_id.is_empty() { request_id::fresh() } else { job.request_id.clone() };
    request_id::scope(id, async {
        metrics::jobs::START_LATENCY.with_label_values(&[&job.kind]).observe(job.waited.as_secs_f64());
        if job.attempt > 1 {
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
        outcome = tokio::time::timeout(jobs::policy(&job.kind).timeout, run) => match outcome {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_panic)) => Err(JobError::retry("panic", "the job panicked")),
            Err(_elapsed) => Err(JobError::retry("timeout", "the job took too long")),
        },
        () = lease.lost() => Err(JobError::Fenced),
    }
}

/// Puts a job that did not finish where it belongs; the outcome for the metrics.
async fn settle(context: &Context, lease: &Lease, job: &ClaimedJob, error: JobError) -> &'static str {
    let policy = jobs::policy(&job.kind);
    let settled = match &error {
        JobError::Fenced => {
            metrics::jobs::FENCED.with_label_values(&[&job.kind]).inc();
            return "fenced";
        }
        JobError::Later { delay } => put_back(context, lease, job, *delay, None).await.map(|()| "later"),
        JobError::Retry { after, .. } if job.attempt < job.max_attempt => {
            metrics::jobs::RETRIES.with_label_values(&[&job.kind]).inc();
            let jitter = rand::Rng::random(&mut rand::rng());
            let delay = policy.backoff(job.attempt, jitter).max(after.unwrap_or_default());
            put_back(context, lease, job, delay, Some(&error)).await.map(|()| "retry")
        }
        JobError::Retry { .. } | JobError::Fail { .. } => {
            bury(context, lease, job, &error).await.map(|()| "dead")
        }
    };
    tracing::warn!(job = %job.id, kind = job.kind, attempt = job.attempt, %error, "job.not_finished");
    settled.unwrap_or_else(|error| {
        // The lease will end, and the reconciler takes it from there.
        tracing::error!(job = %job.id, %error, "job.not_settled");
        "unsettled"
    })
}

async fn put_back(
    context: &Context,
    lease: &Lease,
    job: &ClaimedJob,
    delay: Duration,
    error: Option<&JobError>,
) -> Result<(), DbError> {
    let text = error.map(JobError::text);
    db::retrying(|| async {
        let mut connection = context.pool.acquire().await?;
        db::jobs::put_back(&mut connection, job.id, lease.token(), delay, error.is_some(), text.as_deref())
            .await
    })
    .await?;
    jobs::on_retry(context, job, text).await;
    Ok(())
}

async fn bury(context: &Context, lease: &Lease, job: &ClaimedJob, error: &JobError) -> Result<(), DbError> {
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
    Ok(())
}
