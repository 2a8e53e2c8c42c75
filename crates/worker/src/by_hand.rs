//! The worker's steps one at a time, for whoever makes time pass faster than it does: the demo's past
//! (`crates/scenario`). It is the code that [`crate::run`] loops over, on a clock that is passed in.

use chrono::TimeDelta;
use common::{
    clock::Clock,
    db::{self, DbError, Pool},
    lifecycle::Shutdown,
};
use futures_util::future::join_all;

use crate::{Config, Error, context::Context, leases::Leases, room::Room, runner, scheduler};

/// A worker that does nothing by itself.
#[derive(Debug)]
pub struct ByHand {
    context: Context,
    leases: Leases,
    room: Room,
    session_ttl: TimeDelta,
}

impl ByHand {
    /// Connects to what jobs need; what happens, happens at the time of `clock`.
    ///
    /// # Errors
    /// When MariaDB is not up in time.
    pub async fn open(config: &Config, clock: Clock) -> Result<Self, Error> {
        let (context, endings) = crate::open(config, clock).await?;
        tokio::spawn(endings);
        Ok(Self {
            leases: Leases::new(context.pool.clone(), config.jobs.lease, true),
            room: Room::new(config.jobs.concurrency),
            session_ttl: config.session_ttl,
            context,
        })
    }

    /// The worker's pool.
    #[must_use]
    pub fn pool(&self) -> &Pool {
        &self.context.pool
    }

    /// What the scheduler does at a tick; how many slots it opened for capture.
    ///
    /// # Errors
    /// When MariaDB fails.
    pub async fn schedule(&self) -> Result<usize, DbError> {
        scheduler::tick(&self.context, self.session_ttl).await
    }

    /// Runs the jobs that are due, until none is; how many runs that took. Short ones only: no lease is extended.
    ///
    /// # Errors
    /// When MariaDB fails. A job that fails is for its next run, as always.
    pub async fn work(&self) -> Result<usize, DbError> {
        let mut runs = 0;
        while let Some(permits) = self.room.free(&Shutdown::manual()).await {
            let limit = u32::try_from(permits.len()).unwrap_or(u32::MAX);
            let due = db::jobs::due(&self.context.pool, limit).await?;
            let due: Vec<_> = due.into_iter().map(|(job, _)| job).collect();
            let token = rand::Rng::random(&mut rand::rng());
            let claimed = db::jobs::claim(&self.context.pool, &due, token, self.leases.duration).await?;
            if claimed.is_empty() {
                break;
            }
            runs += claimed.len();
            join_all(claimed.into_iter().zip(permits).map(|(job, permit)| {
                let (lease, place) = (self.leases.hold(&job), self.room.place(permit, &job.kind));
                runner::supervise(self.context.clone(), lease, job, place)
            }))
            .await;
        }
        Ok(runs)
    }
}
