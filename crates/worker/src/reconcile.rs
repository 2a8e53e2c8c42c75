//! The reconciler, and the queue's gauges.

use std::time::Duration;

use common::{
    db::{self, DbError},
    jobs::{EnrichAccounts, NewJob},
    lifecycle::Shutdown,
    metrics,
};

use crate::context::Context;

/// After this long, due accounts are not waiting for their capture's job any more.
const LONG_DUE: Duration = Duration::from_mins(2);

/// Looks every `interval`, until the shutdown. All workers do: each statement is safe to run twice.
pub async fn run(context: Context, interval: Duration, shutdown: Shutdown) {
    loop {
        // Workers that were started together do not stay in step.
        let jitter = rand::Rng::random_range(&mut rand::rng(), 0.8..1.2);
        if let Err(error) = round(&context).await {
            tracing::warn!(%error, "reconciler.failed");
        }
        if !shutdown.pause(interval.mul_f64(jitter)).await {
            return;
        }
    }
}

async fn round(context: &Context) -> Result<(), DbError> {
    context.queue.reconcile().await?;
    let depth = db::jobs::depth(&context.pool).await?;
    metrics::jobs::DEPTH.reset();
    for (kind, state, jobs) in depth {
        metrics::jobs::DEPTH.with_label_values(&[&kind, &state]).set(jobs);
    }
    sweep(context).await?;
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
