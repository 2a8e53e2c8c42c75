//! Ends of jobs that have no effects, many in one transaction: alone, each would cost MariaDB as much as all of them.
//!
//! One task ends them; while it is at it for some, further ones gather.

use std::time::Duration;

use common::{
    db::{self, Pool},
    ids::JobId,
};
use tokio::sync::{mpsc, oneshot};

use crate::jobs::JobError;

/// How many are ended at once, at most.
const TOGETHER: usize = 256;
/// How long MariaDB may take.
const LIMIT: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub struct Endings(mpsc::Sender<Ending>);

#[derive(Debug)]
struct Ending {
    /// With its token.
    job: (JobId, u64),
    /// Told whether it was still ours.
    told: oneshot::Sender<Result<bool, JobError>>,
}

impl Endings {
    /// Its task ends when nobody has it any more.
    pub fn new(pool: Pool) -> Self {
        let (endings, waiting) = mpsc::channel(TOGETHER);
        tokio::spawn(end_together(pool, waiting));
        Self(endings)
    }

    /// Marks `job`, held under `token`, done, unless it is no longer ours: then `false`. So it is, too, when MariaDB has
    /// done it and its answer was lost.
    ///
    /// # Errors
    /// When MariaDB fails.
    pub async fn end(&self, job: JobId, token: u64) -> Result<bool, JobError> {
        let gone = || JobError::retry("database", "nobody ends jobs here any more");
        let (told, outcome) = oneshot::channel();
        self.0.send(Ending { job: (job, token), told }).await.map_err(|_| gone())?;
        outcome.await.map_err(|_| gone())?
    }
}

async fn end_together(pool: Pool, mut waiting: mpsc::Receiver<Ending>) {
    while let Some(first) = waiting.recv().await {
        // Those claimed together end together: let them come.
        tokio::task::yield_now().await;
        let others = std::iter::from_fn(|| waiting.try_recv().ok());
        let together: Vec<_> = std::iter::once(first).chain(others).take(TOGETHER).collect();
        let jobs: Vec<_> = together.iter().map(|ending| ending.job).collect();
        let ended = db::within(LIMIT, db::retrying(|| db::jobs::finish_all(&pool, &jobs))).await;
        for Ending { job, told } in together {
            let outcome = match &ended {
                Ok(ended) => Ok(ended.contains(&job)),
                Err(error) => Err(JobError::retry("database", error)),
            };
            // Who no longer waits has lost the lease.
            told.send(outcome).ok();
        }
    }
}
