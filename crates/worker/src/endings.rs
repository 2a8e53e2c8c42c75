//! Ends of jobs that have no effects, many in one transaction: alone, each would cost MariaDB as much as all of them.
//!
//! While one of them is at it for all that wait, further ones gather.

use std::sync::{Mutex, MutexGuard, PoisonError};

use common::{
    db::{self, Pool},
    ids::JobId,
};
use tokio::sync::oneshot;

use crate::jobs::JobError;

#[derive(Debug, Default)]
pub struct Endings {
    waiting: Mutex<Vec<Ending>>,
    turn: tokio::sync::Mutex<()>,
}

#[derive(Debug)]
struct Ending {
    /// With its token.
    job: (JobId, u64),
    /// Told whether it was still ours.
    told: oneshot::Sender<bool>,
}

impl Endings {
    /// Marks `job`, held under `token`, done, unless it is no longer ours: then `false`.
    ///
    /// # Errors
    /// When MariaDB fails, or whoever was at it has ended; what was done nonetheless is found by the next try.
    pub async fn end(&self, pool: &Pool, job: JobId, token: u64) -> Result<bool, JobError> {
        let (told, outcome) = oneshot::channel();
        self.waiting().push(Ending { job: (job, token), told });
        // Those claimed together end together: let them come.
        tokio::task::yield_now().await;
        let turn = self.turn.lock().await;
        let together = std::mem::take(&mut *self.waiting());
        if !together.is_empty() {
            let jobs: Vec<_> = together.iter().map(|ending| ending.job).collect();
            let ended = db::retrying(|| db::jobs::finish_all(pool, &jobs)).await?;
            for Ending { job, told } in together {
                // Who no longer waits has lost the lease.
                told.send(ended.contains(&job)).ok();
            }
        }
        drop(turn);
        outcome
            .await
            .map_err(|_| JobError::retry("not_ended", "the run that was to end it with others ended"))
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<Ending>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
