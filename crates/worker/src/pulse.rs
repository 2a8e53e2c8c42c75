//! Whether jobs move: what `/readyz` asks beside the stores.
//!
//! A worker is stuck when due jobs wait while it has nothing to do, or when its reconciler or its scheduler does not come
//! round: then a restart may help, and somebody should look. A worker that is busy is not stuck, however long the queue is.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// A due job that idle workers do not take for this long is stuck. Lost announcements are made again within
/// [`common::queue::LOST_AFTER`], so this is three chances.
const STUCK_AFTER: Duration = Duration::from_secs(30);

/// What the runner and the reconciler tell about themselves.
#[derive(Debug)]
pub struct Pulse(Mutex<State>);

#[derive(Clone, Copy, Debug)]
struct State {
    running: usize,
    /// When the last job was started or ended here.
    moved: Instant,
    /// When the reconciler came round.
    reconciled: Instant,
    /// When the scheduler last had looked.
    scheduled: Instant,
    /// How long the oldest due job had been waiting then.
    oldest_due: Duration,
}

impl Default for Pulse {
    fn default() -> Self {
        let now = Instant::now();
        Self(Mutex::new(State {
            running: 0,
            moved: now,
            reconciled: now,
            scheduled: now,
            oldest_due: Duration::ZERO,
        }))
    }
}

/// A job that runs; dropping it says that it has ended.
#[derive(Debug)]
pub struct Beat<'a>(&'a Pulse);

impl Pulse {
    /// A job begins to run.
    pub fn begin(&self) -> Beat<'_> {
        let mut state = self.state();
        state.running += 1;
        state.moved = Instant::now();
        Beat(self)
    }

    /// The reconciler came round, and the oldest due job has been waiting for so long.
    pub fn reconciled(&self, oldest_due: Duration) {
        let mut state = self.state();
        state.reconciled = Instant::now();
        state.oldest_due = oldest_due;
    }

    /// The scheduler has looked for what is due, or is at it.
    pub fn scheduled(&self) {
        self.state().scheduled = Instant::now();
    }

    /// Whether jobs move, as a readiness check.
    ///
    /// # Errors
    /// What stands still, in words.
    pub fn check(&self) -> Result<(), String> {
        let state = *self.state();
        let unreconciled = state.reconciled.elapsed();
        if unreconciled > STUCK_AFTER {
            return Err(format!("the reconciler has not come round for {} s", unreconciled.as_secs()));
        }
        let unscheduled = state.scheduled.elapsed();
        if unscheduled > STUCK_AFTER {
            return Err(format!("the scheduler has not looked for {} s", unscheduled.as_secs()));
        }
        let idle = state.moved.elapsed();
        if state.running == 0 && idle > STUCK_AFTER && state.oldest_due > STUCK_AFTER {
            let waited = state.oldest_due.as_secs();
            return Err(format!(
                "a job has been due for {waited} s, and none came here for {} s",
                idle.as_secs()
            ));
        }
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Beat<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.running -= 1;
        state.moved = Instant::now();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_mins(1);

    fn pulse(running: usize, still_for: Duration, unreconciled_for: Duration, oldest_due: Duration) -> Pulse {
        let ago = |span| Instant::now().checked_sub(span).unwrap();
        let (moved, reconciled) = (ago(still_for), ago(unreconciled_for));
        Pulse(Mutex::new(State { running, moved, reconciled, scheduled: Instant::now(), oldest_due }))
    }

    #[test]
    fn an_idle_worker_beside_waiting_jobs_is_stuck() {
        let idle = pulse(0, LONG, Duration::ZERO, Duration::ZERO);
        assert_eq!(idle.check(), Ok(()), "nothing to do is no fault");
        idle.reconciled(LONG);
        assert!(idle.check().unwrap_err().contains("due for 60 s"));
        drop(idle.begin());
        assert_eq!(idle.check(), Ok(()), "it has just run one");
    }

    #[test]
    fn a_scheduler_that_stands_still_is_told() {
        let still = pulse(0, Duration::ZERO, Duration::ZERO, Duration::ZERO);
        still.state().scheduled = Instant::now().checked_sub(LONG).unwrap();
        assert!(still.check().unwrap_err().contains("scheduler"));
        still.scheduled();
        assert_eq!(still.check(), Ok(()));
    }

    #[test]
    fn a_busy_worker_is_not_stuck() {
        assert_eq!(pulse(1, LONG, Duration::ZERO, LONG).check(), Ok(()));
    }

    #[test]
    fn a_reconciler_that_stands_still_is_told() {
        let still = pulse(1, Duration::ZERO, LONG, Duration::ZERO);
        assert!(still.check().unwrap_err().contains("reconciler"));
        still.reconciled(Duration::ZERO);
        assert_eq!(still.check(), Ok(()));
    }
}
