//! `jobs`: the truth about all work. See [`crate::queue`] for the protocol these statements are the steps of.
//!
//! Leases and due times are measured by MariaDB's clock, so that workers with different clocks agree. However many jobs
//! wait, every statement reads a bounded number of index entries: `crates/trials` shows it with 100,000 of them.

mod operate;
mod runs;
mod window;

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::MySqlConnection;

use super::{DbError, Pool};
use crate::{
    ids::{JobId, UserId},
    jobs::NewJob,
};

pub use operate::{Depth, blank_payload, depth, oldest_due, redrive};
pub use runs::{bury, claim, extend, finish, finish_all, put_back, take_back_expired};
pub use window::{
    Announceable, announceable, due, due_of, forget_lost, heads, low_lanes, mark_published, waiting,
};

/// Where a job is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// Waiting for its time or for a worker.
    Ready,
    /// A worker holds its lease.
    Running,
    /// Its effects are stored.
    Done,
    /// It failed for good; `last_error` says why.
    Dead,
}

impl TryFrom<String> for JobState {
    type Error = DbError;
    fn try_from(text: String) -> Result<Self, DbError> {
        match text.as_str() {
            "ready" => Ok(Self::Ready),
            "running" => Ok(Self::Running),
            "done" => Ok(Self::Done),
            "dead" => Ok(Self::Dead),
            _ => Err(DbError::corrupt("jobs", format!("state {text}"))),
        }
    }
}

/// A job as people see it.
#[derive(Clone, Debug)]
pub struct JobView {
    pub id: JobId,
    pub kind: String,
    pub tenant: UserId,
    pub state: JobState,
    pub attempt: u16,
    pub max_attempt: u16,
    pub run_at: DateTime<Utc>,
    pub last_error: Option<String>,
    pub payload: String,
}

/// A job that this worker holds.
#[derive(Clone, Debug)]
pub struct ClaimedJob {
    pub id: JobId,
    /// What its lease is held under.
    pub token: u64,
    pub kind: String,
    pub tenant: UserId,
    pub attempt: u16,
    pub max_attempt: u16,
    pub payload: String,
    pub request_id: String,
    pub waited: Duration,
    /// `code: detail` of why the run before this one failed.
    pub last_error: Option<String>,
}

/// One tenant's jobs of one kind: what the queue is fair among.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Lane {
    pub kind: String,
    pub tenant: UserId,
}

impl ClaimedJob {
    /// Whether the run before this one was cut off with its worker.
    #[must_use]
    pub fn was_cut_off(&self) -> bool {
        self.last_error.as_deref() == Some(runs::CUT_OFF)
    }

    #[must_use]
    pub fn lane(&self) -> Lane {
        Lane { kind: self.kind.clone(), tenant: self.tenant }
    }
}

/// Enqueues a job; a job of the same kind and key that is there already stays as it is.
/// Returns its id and whether it is new.
///
/// # Errors
/// When MariaDB fails.
pub async fn insert(
    connection: &mut MySqlConnection,
    job: &NewJob,
    request_id: &str,
) -> Result<(JobId, bool), DbError> {
    let done = sqlx::query!(
        "INSERT INTO jobs (kind, dedup, tenant, priority, max_attempt, run_at, payload, request_id, created_at)
         VALUES (?, ?, ?, ?, ?, TIMESTAMPADD(MICROSECOND, ?, UTC_TIMESTAMP(6)), ?, ?, UTC_TIMESTAMP(6))
         ON DUPLICATE KEY UPDATE id = LAST_INSERT_ID(id)",
        job.kind,
        job.dedup,
        job.tenant.0,
        job.policy.priority,
        job.policy.max_attempt,
        micros(job.policy.delay),
        job.payload,
        request_id,
    )
    .execute(connection)
    .await?;
    Ok((JobId(done.last_insert_id()), done.rows_affected() == 1))
}

/// One job, if it exists.
///
/// # Errors
/// When MariaDB fails.
pub async fn find(pool: &Pool, job: JobId) -> Result<Option<JobView>, DbError> {
    let row = sqlx::query!(
        "SELECT id, kind, tenant, state, attempt, max_attempt, run_at AS `run_at: DateTime<Utc>`, last_error, payload
         FROM jobs WHERE id = ?",
        job.0
    )
    .fetch_optional(pool)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(JobView {
        id: JobId(row.id),
        kind: row.kind,
        tenant: UserId(row.tenant),
        state: row.state.try_into()?,
        attempt: row.attempt,
        max_attempt: row.max_attempt,
        run_at: row.run_at,
        last_error: row.last_error,
        payload: row.payload,
    }))
}

/// Who waits for the locks of many jobs takes them in one order, so that nobody waits for somebody who waits
/// for them.
fn in_order<T: Copy + Ord>(jobs: &[T]) -> Vec<T> {
    let mut jobs = jobs.to_vec();
    jobs.sort_unstable();
    jobs
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}
