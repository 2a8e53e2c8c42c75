//! The reconciler, and the queue's gauges.

use std::time::Duration;

use common::{
    db::{self, DbError},
    lifecycle::Shutdown,
    metrics,
};

use crate::context::Context;

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
    let waiting = db::accounts::pending(&context.pool).await?;
    metrics::captures::PENDING.set(i64::try_from(waiting).unwrap_or(i64::MAX));
    Ok(())
}
