//! The reconciler, and the queue's gauges.

use std::time::Duration;

use common::{
    db::{self, DbError},
    jobs::{EnrichAccounts, NewJob},
    lifecycle::Shutdown,
    metrics,
};
use tokio::time::Instant;

use crate::context::Context;

/// How long a round may wait for MariaDB.
const LIMIT: Duration = Duration::from_secs(10);
/// How often jobs and accounts are counted, which takes longer the more there are.
const COUNT_EVERY: Duration = Duration::from_secs(15);
/// After this long, due accounts are not waiting for their capture's job any more.
const LONG_DUE: Duration = Duration::from_mins(2);

/// Looks at least every `interval`, until the shutdown. All workers do: each statement is safe to run twice.
pub async fn run(context: Context, interval: Duration, shutdown: Shutdown) {
    let mut counted = None;
    loop {
        if let Err(error) = db::within(LIMIT, round(&context)).await {
            tracing::warn!(%error, "reconciler.failed");
        }
        if counted.is_none_or(|at: Instant| at.elapsed() >= COUNT_EVERY) {
            counted = Some(Instant::now());
            if let Err(error) = db::within(LIMIT, count(&context)).await {
                tracing::warn!(%error, "reconciler.not_counted");
            }
        }
        // Workers that were started together do not stay in step.
        let jitter = rand::Rng::random_range(&mut rand::rng(), 0.6..0.95);
        if !shutdown.pause(interval.mul_f64(jitter)).await {
            return;
        }
    }
}

async fn round(context: &Context) -> Result<(), DbError> {
    if context.reconciles {
        context.queue.reconcile().await?;
    }
    let oldest = db::jobs::oldest_due(&context.pool).await?.unwrap_or_default();
    metrics::jobs::OLDEST_READY.set(i64::try_from(oldest.as_secs()).unwrap_or(i64::MAX));
    context.pulse.reconciled(oldest);
    sweep(context).await
}

async fn count(context: &Context) -> Result<(), DbError> {
    let depth = db::jobs::depth(&context.pool).await?;
    metrics::jobs::DEPTH.reset();
    for depth in depth {
        metrics::jobs::DEPTH.with_label_values(&[&depth.kind, &depth.state]).set(depth.jobs);
    }
    let waiting = db::accounts::pending(&context.pool).await?;
    metrics::captures::PENDING.set(i64::try_from(waiting).unwrap_or(i64::MAX));
    Ok(())
}

/// Sees to accounts that are long due and that no job will come for.
async fn sweep(context: &Context) -> Result<(), DbError> {
    if !db::accounts::is_overdue(&context.pool, LONG_DUE).await? {
        return Ok(());
    }
    let slot = context.clock.now().timestamp().div_euclid(600);
    let job = NewJob::of(&EnrichAccounts::Sweep { slot })
        .map_err(|error| DbError::corrupt("jobs", error.to_string()))?;
    let mut connection = context.pool.acquire().await?;
    db::jobs::insert(&mut connection, &job, "").await?;
    Ok(())
}
