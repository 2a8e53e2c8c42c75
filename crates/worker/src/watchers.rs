//! Telling the people who watch a capture how it goes.

use common::{
    clients::twitch_api::ChattersPage,
    db::{
        self,
        jobs::{ClaimedJob, JobState},
    },
    events::{self, CaptureEvent, Event, JobEvent, Progress},
    ids::CaptureId,
    jobs::{CaptureChatters, Job as _},
    redis_keys,
    redis_store::tolerated,
};
use redis::AsyncTypedCommands as _;

use crate::context::Context;

/// For how long a job's progress can be asked for.
const PROGRESS_SECONDS: i64 = 600;

/// Tells the watchers of a capture's job where it stands; jobs of other kinds have none.
pub async fn tell_job(
    context: &Context,
    job: &ClaimedJob,
    state: JobState,
    last_error: Option<String>,
    progress: Option<Progress>,
) {
    if job.kind != CaptureChatters::KIND {
        return;
    }
    let Ok(payload) = serde_json::from_str::<CaptureChatters>(&job.payload) else {
        return;
    };
    let event = job_event(job, &payload, state, last_error, progress);
    tell(context, payload.capture, &[event]).await;
}

fn job_event(
    job: &ClaimedJob,
    payload: &CaptureChatters,
    state: JobState,
    last_error: Option<String>,
    progress: Option<Progress>,
) -> Event {
    Event::Job(JobEvent {
        id: job.id,
        kind: job.kind.clone(),
        state,
        channel_id: Some(payload.channel),
        capture_id: Some(payload.capture),
        attempt: job.attempt,
        max_attempt: job.max_attempt,
        last_error,
        progress,
    })
}

/// Tells everybody whose active session holds the capture, and who may look into its channel.
pub async fn tell(context: &Context, capture: CaptureId, events: &[Event]) {
    let since = context.clock.now() - db::channels::TOLD;
    match db::captures::store::watchers(&context.pool, capture, since).await {
        Ok(users) => {
            for event in events {
                events::publish(&context.redis, &users, event).await;
            }
        }
        Err(error) => tracing::warn!(%error, "watchers.not_told"),
    }
}

/// Tells the watchers that the capture is stored, and its job done.
pub async fn tell_stored(
    context: &Context,
    job: &ClaimedJob,
    payload: &CaptureChatters,
    stored: CaptureEvent,
) {
    let done = job_event(job, payload, JobState::Done, None, None);
    tell(context, payload.capture, &[done, Event::Capture(stored)]).await;
}

/// Keeps the progress for whoever asks, and tells who watches.
pub async fn progress(context: &Context, job: &ClaimedJob, page: &ChattersPage, chatters: u32) {
    let pages_total = page.total.div_ceil(1000).max(page.page);
    let progress = Progress { pages: page.page, pages_total, chatters, total: page.total.max(chatters) };
    let key = redis_keys::job_progress(job.id);
    let fields = [
        ("pages", progress.pages),
        ("pages_total", progress.pages_total),
        ("chatters", progress.chatters),
        ("total", progress.total),
    ];
    let mut redis = context.redis.shared();
    let stored = async {
        redis.hset_multiple(&key, &fields).await?;
        redis.expire(&key, PROGRESS_SECONDS).await
    };
    if let Err(error) = stored.await {
        tolerated("watchers.progress", &error);
        return;
    }
    tell_job(context, job, JobState::Running, None, Some(progress)).await;
}
