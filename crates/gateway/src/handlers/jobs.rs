//! Jobs, as far as they are the user's business.

use std::collections::HashMap;

use axum::{Json, extract::State};
use chrono::{DateTime, Utc};
use common::{
    db::{
        self,
        jobs::{JobState, JobView},
    },
    events::Progress,
    ids::{CaptureId, ChannelId, JobId, UserId},
    problem::Problem,
    redis_keys,
    redis_store::tolerated,
};
use redis::AsyncTypedCommands as _;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    extract::PathId,
    gateway::App,
    openapi::{BadRequest, JobNotFound},
    visitor::CurrentUser,
};

/// A job.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Job {
    id: JobId,
    kind: String,
    state: JobState,
    /// Runs so far.
    attempt: u16,
    /// Runs before it is given up.
    max_attempt: u16,
    #[schema(required)]
    channel_id: Option<ChannelId>,
    #[schema(required)]
    capture_id: Option<CaptureId>,
    /// Why the last run failed: `code: detail`.
    #[schema(required)]
    last_error: Option<String>,
    /// When it is, or was, due.
    run_at: DateTime<Utc>,
    /// While it runs.
    #[schema(required)]
    progress: Option<Progress>,
}

/// What payloads say about what they are for.
#[derive(Debug, Default, Deserialize)]
struct Subject {
    capture: Option<CaptureId>,
    channel: Option<ChannelId>,
}

/// One job
#[utoipa::path(
    get,
    path = "/jobs/{id}",
    tag = "captures",
    params(("id" = JobId, Path)),
    responses((status = 200, body = Job), BadRequest, JobNotFound)
)]
pub(crate) async fn get_job(
    State(app): State<App>,
    user: CurrentUser,
    PathId(id): PathId<JobId>,
) -> Result<Json<Job>, Problem> {
    let job = db::jobs::find(&app.pool, id).await?.ok_or_else(|| Problem::not_found("job"))?;
    let subject: Subject = serde_json::from_str(&job.payload).unwrap_or_default();
    if !may_see(&app, user.id(), &job, &subject).await? {
        return Err(Problem::not_found("job"));
    }
    let progress = if job.state == JobState::Done { None } else { progress(&app, id).await };
    Ok(Json(Job {
        id,
        kind: job.kind,
        state: job.state,
        attempt: job.attempt,
        max_attempt: job.max_attempt,
        channel_id: subject.channel,
        capture_id: subject.capture,
        last_error: job.last_error,
        run_at: job.run_at,
        progress,
    }))
}

/// A job is its tenant's, and of everybody in whose sessions its capture is: two moderators share one job.
async fn may_see(app: &App, user: UserId, job: &JobView, subject: &Subject) -> Result<bool, Problem> {
    if job.tenant == user {
        return Ok(true);
    }
    match subject.capture {
        Some(capture) => Ok(db::captures::view::find(&app.pool, user, capture).await?.is_some()),
        None => Ok(false),
    }
}

/// How far the job has come, if it said so; without Redis it is not known.
async fn progress(app: &App, job: JobId) -> Option<Progress> {
    let fields: HashMap<String, String> =
        match app.redis.shared().hgetall(redis_keys::job_progress(job)).await {
            Ok(fields) => fields,
            Err(error) => {
                tolerated("jobs.progress", &error);
                return None;
            }
        };
    let number = |name: &str| fields.get(name)?.parse().ok();
    Some(Progress {
        pages: number("pages")?,
        pages_total: number("pages_total")?,
        chatters: number("chatters")?,
        total: number("total")?,
    })
}
