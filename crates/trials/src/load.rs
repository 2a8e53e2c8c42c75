//! Probes: enqueued as the gateway enqueues captures, and counted by their effects.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use common::{
    db,
    ids::{JobId, UserId},
    jobs::{NewJob, Probe},
};
use sqlx::AssertSqlSafe;
use tokio::time::{Instant, MissedTickBehavior};

use crate::{Result, figures::Figures, stage::Stage};

/// How often a paced load enqueues.
const TICK: Duration = Duration::from_millis(100);

/// A probe of `tenant` that takes so long.
#[must_use]
pub fn probe(tenant: u64, nap: Duration) -> Probe {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    Probe {
        name: format!("p{}", NUMBER.fetch_add(1, Ordering::Relaxed)),
        tenant: UserId(tenant),
        nap_ms: u64::try_from(nap.as_millis()).unwrap_or(u64::MAX),
        traceless: false,
        abort_at: None,
        poison: false,
    }
}

impl Stage {
    /// Enqueues probes in one transaction, and announces them.
    ///
    /// # Errors
    /// When MariaDB fails; then it is open whether they were enqueued, and the same probes may be enqueued again.
    pub async fn enqueue(&self, probes: &[Probe]) -> Result<Vec<JobId>> {
        let mut tx = self.pool.begin().await?;
        let mut jobs = Vec::with_capacity(probes.len());
        for probe in probes {
            jobs.push(db::jobs::insert(&mut tx, &NewJob::of(probe)?, "").await?.0);
        }
        tx.commit().await?;
        self.queue.announce(&jobs).await;
        Ok(jobs)
    }

    /// The same, tried again until MariaDB has acknowledged it or `limit` is over.
    ///
    /// # Errors
    /// The last failure.
    pub async fn enqueue_surely(&self, probes: &[Probe], limit: Duration) -> Result<Vec<JobId>> {
        let deadline = Instant::now() + limit;
        loop {
            match self.enqueue(probes).await {
                Err(error) if Instant::now() > deadline => return Err(error),
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
                jobs => return jobs,
            }
        }
    }

    /// Enqueues `count` probes evenly over `duration`, of ten tenants; every third leaves nothing but its end, as a
    /// capture does that another job stored.
    ///
    /// # Errors
    /// When MariaDB does not come back within half a minute.
    pub async fn pace(&self, count: u32, duration: Duration, nap: Duration) -> Result<()> {
        let ticks = u32::try_from(duration.as_millis() / TICK.as_millis())?.max(1);
        let mut clock = tokio::time::interval(TICK);
        clock.set_missed_tick_behavior(MissedTickBehavior::Burst);
        for tick in 0..ticks {
            clock.tick().await;
            let due = count * (tick + 1) / ticks - count * tick / ticks;
            let probes: Vec<_> =
                (0..due).map(|n| Probe { traceless: n % 3 == 2, ..probe(u64::from(n % 10), nap) }).collect();
            self.enqueue_surely(&probes, Duration::from_secs(30)).await?;
        }
        Ok(())
    }

    /// Puts `count` due probes into the table in one statement, unannounced, as a long outage would leave them.
    /// `tenant` is SQL over `seq`, which counts from 1; `fields` are further ones of [`Probe`], in JSON.
    ///
    /// # Errors
    /// When MariaDB fails.
    pub async fn pile_up(&self, name: &str, count: u32, tenant: &str, fields: &str) -> Result<()> {
        let statement = format!(
            "INSERT INTO jobs (kind, dedup, tenant, priority, max_attempt, run_at, payload, created_at)
             SELECT 'probe', CONCAT('{name}-', seq), {tenant}, 20, 5,
                    UTC_TIMESTAMP(6) - INTERVAL ({count} - seq) MICROSECOND,
                    CONCAT('{{\"name\":\"{name}-', seq, '\",\"tenant\":\"', {tenant}, '\",{fields}}}'),
                    UTC_TIMESTAMP(6)
             FROM seq_1_to_{count}"
        );
        self.admin(&format!("USE chatters; {statement}")).await
    }

    /// What became of all probes so far.
    ///
    /// # Errors
    /// When MariaDB fails.
    pub async fn outcome(&self) -> Result<Outcome> {
        let (jobs, doubled, done, rerun): (i64, i64, i64, i64) = sqlx::query_as(AssertSqlSafe(
            "SELECT COUNT(*),
                    CAST(COALESCE(SUM(effects.rows_of - 1), 0) AS SIGNED),
                    CAST(COALESCE(SUM(IF(jobs.payload LIKE '%\"traceless\":true%', jobs.state = 'done',
                                         effects.job_id IS NOT NULL)), 0) AS SIGNED),
                    CAST(COALESCE(SUM(jobs.attempt > 1), 0) AS SIGNED)
             FROM jobs LEFT JOIN (SELECT job_id, COUNT(*) AS rows_of FROM job_probes GROUP BY job_id) AS effects
               ON effects.job_id = jobs.id
             WHERE jobs.kind = 'probe' AND jobs.state <> 'dead'",
        ))
        .fetch_one(&self.pool)
        .await?;
        Ok(Outcome { jobs, lost: jobs - done, doubled, rerun })
    }
}

/// Probes, by what their effects say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    pub jobs: i64,
    /// Without an effect; of those that leave none, not done.
    pub lost: i64,
    /// Effects beyond the first one of their job.
    pub doubled: i64,
    /// Run more than once, whatever came of it.
    pub rerun: i64,
}

impl Outcome {
    /// Nothing lost and nothing doubled, of `jobs` jobs.
    pub fn judge(self, figures: &mut Figures, jobs: i64) {
        figures.exactly("jobs", "", self.jobs, jobs);
        figures.exactly("lost", "jobs", self.lost, 0);
        figures.exactly("effects doubled", "", self.doubled, 0);
    }

    /// The share of jobs that were run again, in percent.
    #[must_use]
    pub fn rerun_percent(self) -> f64 {
        100.0 * crate::figures::float(self.rerun) / crate::figures::float(self.jobs.max(1))
    }
}
