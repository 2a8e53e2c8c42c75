//! Retention: removes what is due, in bounded steps, and says so in `audit_logs`.
//!
//! One worker at a time does it, under a lease; a second one would do no harm, only double the work. Jobs that ended leave
//! their numbers behind: `audit_logs` keeps how many of each kind were done and given up, when the rows are long gone.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use chrono::TimeDelta;
use common::{
    db::{self, DbError, audit_logs, retention, sessions::UNDO_FOR},
    ids::UserId,
    lifecycle::Shutdown,
};
use serde_json::json;

use crate::context::Context;

const LEASE: &str = "retention";

/// How often it looks.
const EVERY: Duration = Duration::from_mins(10);
/// The pause when a round left something.
const BREATH: Duration = Duration::from_secs(1);
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
/// What was done can be looked up for this long.
const AUDIT_LOGS: TimeDelta = TimeDelta::days(365);

/// What one kind of step removed in a round.
struct Swept {
    rows: u64,
    /// Whether steps are left for the next round, or why the last one failed.
    more: Result<bool, DbError>,
}

/// Looks every ten minutes, until the shutdown; sooner while something is left.
pub async fn run(context: Context, shutdown: Shutdown) {
    let holder = rand::Rng::random_range(&mut rand::rng(), 1..u64::MAX);
    loop {
        let mut more = false;
        match db::leases::take(&context.pool, LEASE, holder, EVERY + Duration::from_mins(1)).await {
            Ok(true) => match round(&context, &shutdown).await {
                Ok(is_left) => more = is_left,
                Err(error) => tracing::warn!(%error, "retention.failed"),
            },
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "retention.no_lease"),
        }
        if !shutdown.pause(if more { BREATH } else { EVERY }).await {
            break;
        }
    }
    if let Err(error) = db::leases::release(&context.pool, LEASE, holder).await {
        tracing::debug!(%error, "retention.lease_kept");
    }
}

/// Removes what is due; whether something is left. What was removed is noted kind by kind, also when a step fails.
async fn round(context: &Context, shutdown: &Shutdown) -> Result<bool, DbError> {
    let (pool, now) = (&context.pool, context.clock.now());
    let sweep = Sweep { context, shutdown };
    let mut more = false;
    more |= sweep.of("sessions_expired", || retention::expire_sessions(pool, now, STEP)).await?;
    more |= sweep.of("session_captures", || retention::unlink_captures(pool, now - UNDO_FOR, STEP)).await?;
    more |= sweep.of("captures", || retention::remove_captures(pool, now - CAPTURE_GRACE, STEP)).await?;
    more |= sweep.of("sessions", || retention::remove_sessions(pool, now - UNDO_FOR, STEP)).await?;
    more |= sweep.of("audit_logs", || retention::remove_audit_logs(pool, now - AUDIT_LOGS, STEP)).await?;
    let ended = Ended::default();
    let jobs = || async {
        let some = retention::remove_jobs(pool, now - DONE_JOBS, now - DEAD_JOBS, STEP).await?;
        Ok(some.iter().map(|some| ended.count(some)).sum())
    };
    let swept = sweep.all(jobs).await;
    let detail = json!({ "rows": swept.rows, "ended": ended.into_inner() });
    more |= sweep.noted("jobs", swept, detail).await?;
    Ok(more && !shutdown.is_draining())
}

/// How many jobs of each kind and state were removed.
#[derive(Default)]
struct Ended(Mutex<BTreeMap<String, u64>>);

impl Ended {
    fn count(&self, some: &retention::RemovedJobs) -> u64 {
        let mut ended = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *ended.entry(format!("{} {}", some.kind, some.state)).or_default() += some.jobs;
        some.jobs
    }

    fn into_inner(self) -> BTreeMap<String, u64> {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Sweep<'a> {
    context: &'a Context,
    shutdown: &'a Shutdown,
}

impl Sweep<'_> {
    /// Repeats a step, and notes what it removed; whether something is left.
    async fn of<Fut: Future<Output = Result<u64, DbError>>>(
        &self,
        what: &str,
        step: impl FnMut() -> Fut,
    ) -> Result<bool, DbError> {
        let swept = self.all(step).await;
        let detail = json!({ "rows": swept.rows });
        self.noted(what, swept, detail).await
    }

    /// Repeats a bounded step until it finds nothing more, has been repeated often enough, or fails.
    async fn all<Fut: Future<Output = Result<u64, DbError>>>(&self, mut step: impl FnMut() -> Fut) -> Swept {
        let mut swept = Swept { rows: 0, more: Ok(true) };
        for _ in 0..STEPS {
            match step().await {
                Ok(rows) => {
                    swept.rows += rows;
                    if rows < u64::from(STEP) || self.shutdown.is_draining() {
                        swept.more = Ok(false);
                        break;
                    }
                }
                Err(error) => {
                    swept.more = Err(error);
                    break;
                }
            }
        }
        swept
    }

    async fn noted(&self, what: &str, swept: Swept, detail: serde_json::Value) -> Result<bool, DbError> {
        if swept.rows > 0 {
            tracing::info!(what, rows = swept.rows, "retention.removed");
            let mut connection = self.context.pool.acquire().await?;
            let now = self.context.clock.now();
            audit_logs::note(&mut connection, now, UserId(0), "retention", what, &detail).await?;
        }
        swept.more
    }
}
