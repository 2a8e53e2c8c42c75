//! `capture_chatters`: who is in the channel's chat, as one roster.
//!
//! Pages are turned into account ids while the next ones are still on their way; the roster, the capture's end, the
//! job's end and the enrichment of new accounts are one transaction.

use std::time::{Duration, Instant};

use common::{
    clients::twitch_api::{ChattersLine, ChattersOutcome},
    db::{
        self, DbError,
        captures::store::{self, Counts, Gap, Read},
        jobs::{ClaimedJob, JobState},
        schedules,
    },
    events::{self, CaptureEvent, Event},
    ids::{AccountId, ChannelId, UserId},
    jobs::{CaptureChatters, EnrichAccounts, NewJob},
    metrics::captures as metrics,
    request_id,
    roster::Roster,
};
use futures_util::{StreamExt as _, stream::FuturesUnordered};
use sqlx::MySqlConnection;

use super::JobError;
use crate::{accounts::Resolved, context::Context, leases::Lease, watchers};

/// How many pages are looked up in MariaDB at once.
const LOOKUPS: usize = 3;
/// How often watchers are told how far it has come.
const TELL_EVERY: Duration = Duration::from_millis(250);

pub async fn run(
    context: &Context,
    lease: &Lease,
    job: &ClaimedJob,
    payload: &CaptureChatters,
) -> Result<(), JobError> {
    let started = Instant::now();
    if !store::is_pending(&context.pool, payload.capture).await? {
        // An earlier run, or another moderator's job, has stored it.
        return super::finish_only(context, lease).await;
    }
    in_time(context, job, payload)?;
    watchers::tell_job(context, job, JobState::Running, None, None).await;
    context.opt_outs.refresh(&context.pool).await?;
    let (mut seen, outcome) = collect_as_anyone(context, job, payload).await?;
    if !outcome.complete {
        let reason = outcome.reason.as_deref().unwrap_or("incomplete");
        metrics::CAPTURES.with_label_values(&["incomplete", reason]).inc();
        let detail = format!("{} of {} chatters in {} pages", outcome.received, outcome.total, outcome.pages);
        return Err(JobError::retry(reason, detail));
    }
    let captured_at = context.clock.now();
    let read = Read { at: captured_at, uncertain: outcome.uncertain };
    let counts = store(context, lease, payload, &mut seen, read).await?;

    metrics::CAPTURES.with_label_values(&["complete", ""]).inc();
    metrics::CHATTERS.observe(f64::from(counts.chatters));
    metrics::PAGES.observe(f64::from(outcome.pages));
    metrics::DURATION.observe(started.elapsed().as_secs_f64());
    tracing::info!(
        capture = %payload.capture, channel = %payload.channel, chatters = counts.chatters, new = counts.new,
        due = seen.due, pages = outcome.pages, uncertain = outcome.uncertain, millis = started.elapsed().as_secs_f64() * 1e3, "capture.stored"
    );
    let stored = CaptureEvent {
        capture_id: payload.capture,
        channel_id: payload.channel,
        captured_at,
        chatters_count: counts.chatters,
        new_count: counts.new,
    };
    watchers::tell_stored(context, job, payload, stored).await;
    Ok(())
}

/// The reason of a slot whose capture was asked for in time, and whose time then went by.
const LATE: &str = "capture_late";

/// Refuses a run that begins too late for its slot; with the reason why the one before failed, if there was one.
fn in_time(context: &Context, job: &ClaimedJob, payload: &CaptureChatters) -> Result<(), JobError> {
    let now = context.clock.now();
    let Some(until) = payload.until.filter(|until| now > *until) else { return Ok(()) };
    let by = (now - until).num_seconds();
    let late = format!("the time in which it would have told of its slot ended {by} s ago");
    match job.last_error.as_deref().and_then(|error| error.split_once(": ")) {
        Some((code, detail)) => Err(JobError::fail(code, format!("{detail}; {late}"))),
        None => Err(JobError::fail(LATE, late)),
    }
}

/// Everybody whom the pages named.
#[derive(Default)]
struct Seen {
    accounts: Vec<AccountId>,
    /// How many are due for enrichment.
    due: u32,
}

impl Seen {
    fn add(&mut self, resolved: Resolved) {
        self.accounts.extend(resolved.accounts);
        self.due += resolved.due;
    }
}

/// Asks with the token of whoever wanted the capture; when that is lost, with that of the next moderator who has a
/// schedule on the channel. A schedule whose token no longer serves is paused, and its owner told; not one whose token only
/// cannot be read here.
async fn collect_as_anyone(
    context: &Context,
    job: &ClaimedJob,
    payload: &CaptureChatters,
) -> Result<(Seen, ChattersOutcome), JobError> {
    let lost = match collect(context, job, payload, payload.user).await {
        Err(error) if error.is_about_the_grant() => {
            pause(context, payload.channel, payload.user, &error).await?;
            error
        }
        Err(error) if error.is_unreadable() => error,
        outcome => return outcome,
    };
    for user in schedules::owners(&context.pool, payload.channel).await? {
        match collect(context, job, payload, user).await {
            Err(error) if error.is_about_the_grant() => pause(context, payload.channel, user, &error).await?,
            Err(error) if error.is_unreadable() => {}
            outcome => return outcome,
        }
    }
    Err(lost)
}

async fn pause(context: &Context, channel: ChannelId, user: UserId, why: &JobError) -> Result<(), JobError> {
    let everywhere = why.code() == "token_lost";
    let paused = if everywhere {
        schedules::pause_user(&context.pool, user, why.code()).await? > 0
    } else {
        schedules::pause(&context.pool, channel, user, why.code()).await?
    };
    if paused {
        tracing::warn!(%channel, %user, reason = why.code(), "schedule.paused");
        let channel_id = (!everywhere).then_some(channel);
        let event = Event::SchedulePaused { channel_id, reason: why.code().to_owned() };
        events::publish(&context.redis, &[user], &event).await;
    }
    Ok(())
}

async fn collect(
    context: &Context,
    job: &ClaimedJob,
    payload: &CaptureChatters,
    user: UserId,
) -> Result<(Seen, ChattersOutcome), JobError> {
    let mut lines = context.twitch.chatters(payload.channel, user).await?;
    let mut lookups = FuturesUnordered::new();
    let mut seen = Seen::default();
    let mut received = 0;
    let mut told = Instant::now();
    while let Some(line) = lines.next().await {
        match line? {
            ChattersLine::Page(mut page) => {
                received += u32::try_from(page.chatters.len()).unwrap_or(u32::MAX);
                if told.elapsed() > TELL_EVERY {
                    told = Instant::now();
                    watchers::progress(context, job, &page, received).await;
                }
                context.opt_outs.leave_out(&mut page.chatters);
                lookups.push(context.accounts.resolve(&context.pool, &context.clock, page.chatters));
                if lookups.len() >= LOOKUPS
                    && let Some(resolved) = lookups.next().await
                {
                    seen.add(resolved?);
                }
            }
            ChattersLine::End { outcome } => {
                while let Some(resolved) = lookups.next().await {
                    seen.add(resolved?);
                }
                return Ok((seen, outcome));
            }
            ChattersLine::Failed { problem } => {
                let after = problem.retry_after.map(Duration::from_secs);
                return Err(JobError::from_upstream(problem.code, problem.detail, after));
            }
        }
    }
    Err(JobError::retry("twitch_api_cut", "the list of chatters ended without an outcome"))
}

async fn store(
    context: &Context,
    lease: &Lease,
    payload: &CaptureChatters,
    seen: &mut Seen,
    read: Read,
) -> Result<Counts, JobError> {
    let roster: Roster = seen.accounts.drain(..).collect();
    let enrichment = NewJob::of(&EnrichAccounts::Capture { capture: payload.capture })
        .map_err(|error| JobError::fail("bad_payload", error))?;
    let request_id = request_id::current();
    let stored = db::retrying(|| async {
        let mut roster = roster.clone();
        let mut tx = context.pool.begin().await?;
        if !lease.finish(&mut tx).await? {
            return Ok::<_, DbError>(None);
        }
        let counts = store::complete(&mut tx, payload.capture, payload.channel, &mut roster, read).await?;
        if seen.due > 0 {
            // Not announced: the reconciler does that when it is due.
            db::jobs::insert(&mut tx, &enrichment, &request_id).await?;
        }
        tx.commit().await?;
        Ok(Some(counts))
    })
    .await?;
    stored.ok_or(JobError::Fenced)
}

/// A capture that is given up becomes a gap with a reason, which is that it was missed when it came too late.
pub async fn on_dead(
    connection: &mut MySqlConnection,
    payload: &CaptureChatters,
    code: &str,
) -> Result<(), DbError> {
    let gap = if code == LATE {
        metrics::MISSED.with_label_values(&[code]).inc();
        Gap::Missed
    } else {
        metrics::CAPTURES.with_label_values(&["failed", code]).inc();
        Gap::Failed
    };
    store::give_up(connection, payload.capture, gap, code).await
}
