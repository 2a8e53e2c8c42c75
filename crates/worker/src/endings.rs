//! Ends of jobs that have no effects, many in one transaction: alone, each would cost MariaDB as much as all of them.
//!
//! One task ends them; while it is at it for some, further ones gather.

use std::time::Duration;

use common::{
    db::{self, Pool},
    ids::JobId,
};
use futures_util::future::BoxFuture;
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
    /// With the task that ends the jobs, to be spawned; it returns when nobody has the other half any more.
    pub fn new(pool: Pool) -> (Self, BoxFuture<'static, ()>) {
        let (endings, waiting) = mpsc::channel(TOGETHER);
        (Self(endings), Box::pin(end_together(pool, waiting)))
    }

    /// Marks `job`, held under `token`, done, unless it is no longer ours: then `false`. So it is, too, when MariaDB has
    /// done it and its answer was lost.
    ///
    /// # Errors
    /// When MariaDB fails, or the task has panicked, with which the worker ends: another one may do it.
    pub async fn end(&self, job: JobId, token: u64) -> Result<bool, JobError> {
        let gone = || JobError::retry("worker_lost", "nobody ends jobs here any more");
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn when_nobody_ends_jobs_any_more_the_worker_is_lost() {
        let (endings, mut waiting) = mpsc::channel(1);
        let endings = Endings(endings);
        let panics_with_it = async { drop(waiting.recv().await) };
        let (ended, ()) = tokio::join!(endings.end(JobId(1), 1), panics_with_it);
        assert_eq!(ended.unwrap_err().code(), "worker_lost");
        drop(waiting);
        assert_eq!(endings.end(JobId(2), 1).await.unwrap_err().code(), "worker_lost");
    }
}
