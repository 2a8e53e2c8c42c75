//! What jobs do, one file a kind; this file finds the right one.

mod capture;
mod enrich;
mod forget;
mod probe;

use std::{fmt, time::Duration};

use common::{
    clients::ClientError,
    db::{
        DbError,
        jobs::{ClaimedJob, JobState},
    },
    jobs::{CaptureChatters, EnrichAccounts, ForgetViewer, Job, Probe},
};
use sqlx::MySqlConnection;

use crate::{context::Context, leases::Lease, watchers};

/// Why a run did not finish its job.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// It may succeed later.
    Retry { code: String, detail: String, after: Option<Duration> },
    /// It never will.
    Fail { code: String, detail: String },
    /// It has done its share and wants to go on later; no failure.
    Later { delay: Duration },
    /// Another worker has it; nothing of this run was stored.
    Fenced,
}

impl fmt::Display for JobError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Retry { code, detail, .. } | Self::Fail { code, detail } => write!(f, "{code}: {detail}"),
            Self::Later { .. } => f.write_str("later"),
            Self::Fenced => f.write_str("lease_lost: another worker has the job"),
        }
    }
}

/// The code of a token that was sealed with a key which is not there.
const UNREADABLE: &str = "token_unreadable";

/// Codes that say that a user's own grant does not serve.
const GRANT: [&str; 3] = ["token_lost", "not_moderator", "missing_scope"];

impl JobError {
    pub fn retry(code: &str, detail: impl fmt::Display) -> Self {
        Self::Retry { code: code.to_owned(), detail: detail.to_string(), after: None }
    }

    pub fn fail(code: &str, detail: impl fmt::Display) -> Self {
        Self::Fail { code: code.to_owned(), detail: detail.to_string() }
    }

    /// The stable code of the failure.
    pub fn code(&self) -> &str {
        match self {
            Self::Retry { code, .. } | Self::Fail { code, .. } => code,
            Self::Later { .. } => "later",
            Self::Fenced => "lease_lost",
        }
    }

    /// As stored with the job: `code: detail`, bounded.
    pub fn text(&self) -> String {
        self.to_string().chars().take(255).collect()
    }
}

impl From<DbError> for JobError {
    fn from(error: DbError) -> Self {
        Self::retry("database", error)
    }
}

impl JobError {
    /// What another service said, by its stable code.
    pub fn from_upstream(code: String, detail: String, after: Option<Duration>) -> Self {
        match code.as_str() {
            code if GRANT.contains(&code) => Self::Fail { code: code.to_owned(), detail },
            // The key is missing here, or was: no repeat brings it, and the user can do nothing about it.
            UNREADABLE => Self::Fail { code, detail },
            _ => Self::Retry { code, detail, after },
        }
    }

    /// Whether another moderator's token may serve where this one did not.
    pub fn is_about_the_grant(&self) -> bool {
        matches!(self, Self::Fail { code, .. } if GRANT.contains(&code.as_str()))
    }

    /// Whether the token is there and cannot be read: another one may be.
    pub fn is_unreadable(&self) -> bool {
        self.code() == UNREADABLE
    }
}

impl From<ClientError> for JobError {
    fn from(error: ClientError) -> Self {
        Self::from_upstream(error.code().to_owned(), error.to_string(), error.retry_after())
    }
}

/// Runs the job; `Ok` means that its effects and its end are committed.
pub async fn run(context: &Context, lease: &Lease, job: &ClaimedJob) -> Result<(), JobError> {
    match job.kind.as_str() {
        CaptureChatters::KIND => capture::run(context, lease, job, &payload(job)?).await,
        EnrichAccounts::KIND => enrich::run(context, lease, &payload(job)?).await,
        ForgetViewer::KIND => forget::run(context, lease, &payload(job)?).await,
        Probe::KIND => probe::run(context, lease, job, &payload(job)?).await,
        // A newer version's job during an upgrade: a newer worker will take it.
        other => {
            Err(JobError::retry("unknown_kind", format!("this worker does not know jobs of kind {other}")))
        }
    }
}

/// Marks a job done that has no effects.
async fn finish_only(context: &Context, lease: &Lease) -> Result<(), JobError> {
    if lease.end(&context.endings).await? { Ok(()) } else { Err(JobError::Fenced) }
}

/// What giving a job up means, in the transaction that does so.
pub async fn on_dead(connection: &mut MySqlConnection, job: &ClaimedJob, code: &str) -> Result<(), DbError> {
    if job.kind == CaptureChatters::KIND
        && let Ok(capture) = payload(job)
    {
        capture::on_dead(connection, &capture, code).await?;
    }
    Ok(())
}

/// Tells the people who watch it that a job was given up.
pub async fn after_dead(context: &Context, job: &ClaimedJob, error: String) {
    watchers::tell_job(context, job, JobState::Dead, Some(error), None).await;
}

/// Tells the people who watch it that a job will be run again.
pub async fn on_retry(context: &Context, job: &ClaimedJob, error: Option<String>) {
    watchers::tell_job(context, job, JobState::Ready, error, None).await;
}

fn payload<J: Job>(job: &ClaimedJob) -> Result<J, JobError> {
    serde_json::from_str(&job.payload).map_err(|error| JobError::fail("bad_payload", error))
}
