//! Retention: removes what is due, in bounded steps, and says so in `audit_logs`.
//!
//! One worker at a time does it, under a lease; a second one would do no harm, only double the work.

use std::time::Duration;

use chrono::TimeDelta;
use common::{
    db::{self, DbError, retention},
    lifecycle::Shutdown,
};

use crate::context::Context;

const LEASE: &str = "retention";

/// How often it looks.
const EVERY: Duration = Duration::from_mins(10);
/// Rows of one step.
const STEP: u32 = 1_000;
/// Steps of one kind in one round.
const STEPS: u32 = 200;
/// Captures in no session stay this long: somebody may have looked at them a moment ago.
const CAPTURE_GRACE: TimeDelta = TimeDelta::hours(1);
/// Ended jobs can be asked about for this long.
const DONE_JOBS: TimeDelta = TimeDelta::hours(24);
/// Dead jobs can be put back to work for this long.
const DEAD_JOBS: TimeDelta = TimeDelta::days(30);

/// Looks every ten minutes, until the shutdown.
pub async fn run(context: Context, shutdown: Shutdown) {
    let holder = rand::random_range(1..u64::MAX);
    loop {
        match db::leases::take(&context.pool, LEASE, holder, EVERY + Duration::from_mins(1)).await {
            Ok(true) => {
                if let Err(error) = round(&context, &shutdown).await {
                    tracing::warn!(%error, "retention.failed");
                }
            }
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "retention.no_lease"),
        }
        if !shutdown.pause(EVERY).await {
            break;
        }
    }
    if let Err(error) = db::leases::release(&context.pool, LEASE, holder).await {
        tracing::debug!(%error, "retention.lease_kept");
    }
}

async fn round(context: &Context, shutdown: &Shutdown) -> Result<(), DbError> {
    let (pool, now) = (&context.pool, context.clock.now());
    let expired = all(shutdown, || retention::expire_sessions(pool, now, STEP)).await?;
    let unlinked = all(shutdown, || retention::unlink_captures(pool, STEP)).await?;
    let captures = all(shutdown, || retention::remove_captures(pool, now - CAPTURE_GRACE, STEP)).await?;
    let sessions = all(shutdown, || retention::remove_sessions(pool, now - CAPTURE_GRACE, STEP)).await?;
    let jobs = all(shutdown, || retention::remove_jobs(pool, now - DONE_JOBS, now - DEAD_JOBS, STEP)).await?;
    for (what, rows) in [
        ("sessions_expired", expired),
        ("session_captures", unlinked),
        ("captures", captures),
        ("sessions", sessions),
        ("jobs", jobs),
    ] {
        if rows > 0 {
            tracing::info!(what, rows, "retention.removed");
            let mut connection = pool.acquire().await?;
            retention::note(&mut connection, now, what, rows).await?;
        }
    }
    Ok(())
}

/// Repeats a bounded step until it finds nothing more.
async fn all<Fut: Future<Output = Result<u64, DbError>>>(
    shutdown: &Shutdown,
    mut step: impl FnMut() -> Fut,
) -> Result<u64, DbError> {
    let mut total = 0;
    for _ in 0..STEPS {
        let rows = step().await?;
        total += rows;
        if rows < u64::from(STEP) || shutdown.is_draining() {
            break;
        }
    }
    Ok(total)
}
