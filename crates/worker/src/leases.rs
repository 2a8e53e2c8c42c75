//! The leases of the jobs that run here: one task extends them all every third of a lease, whatever the jobs are busy
//! with, and cancels the jobs that are no longer ours. When MariaDB has not answered for as long as a lease lasts, no job
//! is known to be ours any more, and all are cancelled: that bounds every wait for MariaDB within a job.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use common::{
    db::{self, DbError, Pool, jobs::ClaimedJob},
    ids::JobId,
};
use sqlx::MySqlConnection;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::{endings::Endings, jobs::JobError};

type Held = HashMap<(JobId, u64), CancellationToken>;

/// All leases of this worker. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Leases {
    pool: Pool,
    /// How long a lease lasts without a heartbeat.
    pub duration: Duration,
    held: Arc<Mutex<Held>>,
    /// Always, except where a trial shows what happens otherwise.
    fenced: bool,
}

/// The right to finish one job; dropping it stops its heartbeat.
#[derive(Debug)]
pub struct Lease {
    job: JobId,
    token: u64,
    lost: CancellationToken,
    leases: Leases,
}

impl Leases {
    pub fn new(pool: Pool, duration: Duration, fenced: bool) -> Self {
        Self { pool, duration, held: Arc::default(), fenced }
    }

    /// Takes charge of a claimed job's lease.
    pub fn hold(&self, job: &ClaimedJob) -> Lease {
        let lost = CancellationToken::new();
        self.held().insert((job.id, job.token), lost.clone());
        Lease { job: job.id, token: job.token, lost, leases: self.clone() }
    }

    fn held(&self) -> std::sync::MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn extend_all(&self) -> Result<(), DbError> {
        let held: Vec<_> = self.held().keys().copied().collect();
        if held.is_empty() {
            return Ok(());
        }
        self.cancel(&db::jobs::extend(&self.pool, &held, self.duration).await?);
        Ok(())
    }

    fn cancel(&self, lost: &[(JobId, u64)]) {
        if !self.fenced {
            return;
        }
        for job in lost {
            // One that was put back or given up here is among them for as long as that is being told: its run
            // has ended, and nobody heeds its token any more.
            if let Some(token) = self.held().get(job) {
                token.cancel();
            }
        }
    }
}

/// Extends the leases for as long as the worker runs.
pub async fn beat(leases: Leases) {
    let every = leases.duration / 3;
    let mut ticks = tokio::time::interval(every);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut known = Instant::now();
    loop {
        let now = ticks.tick().await;
        match tokio::time::timeout(every, leases.extend_all()).await {
            Ok(Ok(())) => known = now,
            Ok(Err(error)) => tracing::warn!(%error, "lease.heartbeat_failed"),
            Err(_) => tracing::warn!(seconds = every.as_secs_f64(), "lease.heartbeat_unanswered"),
        }
        if known.elapsed() > leases.duration {
            let held: Vec<_> = leases.held().keys().copied().collect();
            leases.cancel(&held);
        }
    }
}

impl Lease {
    pub fn job(&self) -> JobId {
        self.job
    }

    pub fn token(&self) -> u64 {
        self.token
    }

    /// Resolves, and says so, when the job has been given to another worker.
    pub async fn lost(&self) {
        self.lost.cancelled().await;
        tracing::warn!(job = %self.job, "lease.lost");
    }

    /// Marks the job done, in the transaction of its effects. `false`: it is no longer ours, roll back.
    ///
    /// # Errors
    /// When MariaDB fails.
    pub async fn finish(&self, connection: &mut MySqlConnection) -> Result<bool, DbError> {
        let ours = db::jobs::finish(connection, self.job, self.token).await?;
        Ok(ours || !self.leases.fenced)
    }

    /// Marks the job done, which has no effects. `false`: it is no longer ours.
    ///
    /// # Errors
    /// When MariaDB fails.
    pub async fn end(&self, endings: &Endings) -> Result<bool, JobError> {
        let ours = endings.end(self.job, self.token).await?;
        Ok(ours || !self.leases.fenced)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.leases.held().remove(&(self.job, self.token));
    }
}
