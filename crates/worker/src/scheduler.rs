//! The scheduler: turns due slots of schedules into captures.
//!
//! Every worker runs it. Due schedules are taken with `SKIP LOCKED`, and a slot is one row by its unique key, so two
//! schedulers share the work and never double it. A slot that comes up late by more than half its interval is not made
//! up for: it is a gap with a reason, since a capture at the wrong time would be a lie. The same holds for a capture that
//! was planned in time and is run late (`jobs::capture`).

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use common::{
    db::{
        self, DbError,
        schedules::{self, Broadcast, Due, Slot},
    },
    ids::UserId,
    jobs::{CaptureChatters, Job as _},
    lifecycle::Shutdown,
    metrics::captures as metrics,
};
use sqlx::MySqlConnection;

use crate::context::Context;

/// How often due schedules are looked for.
const TICK: Duration = Duration::from_secs(1);
/// Schedules taken in one transaction.
const BATCH: u32 = 500;
/// Transactions in one tick at most.
const BATCHES: u32 = 100;
/// Gaps are recorded this far back.
const GAPS_BACK: TimeDelta = TimeDelta::hours(24);
/// The reason of a slot whose time went by while nothing ran.
const LATE: &str = "scheduler_late";

/// Looks every second, until the shutdown.
pub async fn run(context: Context, session_ttl: TimeDelta, shutdown: Shutdown) {
    while shutdown.pause(TICK).await {
        match tick(&context, session_ttl).await {
            Ok(0) => {}
            Ok(_) => {
                if let Err(error) = context.queue.reconcile().await {
                    tracing::warn!(%error, "scheduler.announce_failed");
                }
            }
            Err(error) => tracing::warn!(%error, "scheduler.failed"),
        }
    }
}

/// Handles all that is due; how many slots were opened for capture.
///
/// # Errors
/// When MariaDB fails; what was due stays due.
pub async fn tick(context: &Context, session_ttl: TimeDelta) -> Result<usize, DbError> {
    let mut opened = 0;
    for _ in 0..BATCHES {
        context.pulse.scheduled();
        let now = context.clock.now();
        let (taken, slots) = db::retrying(|| batch(context, now, session_ttl)).await?;
        opened += slots.iter().filter(|slot| slot.missed.is_none()).count();
        count(&slots, now);
        if taken < BATCH as usize {
            break;
        }
    }
    Ok(opened)
}

async fn batch(
    context: &Context,
    now: DateTime<Utc>,
    session_ttl: TimeDelta,
) -> Result<(usize, Vec<Slot>), DbError> {
    let mut tx = context.pool.begin().await?;
    let due = schedules::take_due(&mut tx, now, BATCH).await?;
    if due.is_empty() {
        return Ok((0, Vec::new()));
    }
    let (slots, users) = plan(&due, &broadcasts(&mut tx, &due, now).await?, now);
    if !slots.is_empty() {
        schedules::open_sessions(&mut tx, &users, now, now + session_ttl).await?;
        schedules::open_slots(&mut tx, &slots).await?;
        schedules::link_slots(&mut tx, &slots, now).await?;
        let policy = CaptureChatters::POLICY;
        let (kind, priority) = (CaptureChatters::KIND, policy.priority);
        schedules::enqueue_slots(&mut tx, &slots, kind, priority, policy.max_attempt).await?;
    }
    schedules::advance(&mut tx, &due, now).await?;
    tx.commit().await?;
    Ok((due.len(), slots))
}

/// What was on while the scheduler slept; nothing is asked when it did not.
async fn broadcasts(
    connection: &mut MySqlConnection,
    due: &[Due],
    now: DateTime<Utc>,
) -> Result<Vec<Broadcast>, DbError> {
    let late: Vec<_> = due.iter().filter(|due| now - due.next_slot > grace(due.interval_minutes)).collect();
    let Some(since) = late.iter().map(|due| due.next_slot).min() else { return Ok(Vec::new()) };
    let mut channels: Vec<_> = late.iter().map(|due| due.channel).collect();
    channels.dedup();
    schedules::broadcasts(connection, &channels, since.max(now - GAPS_BACK), now).await
}

/// How late a slot may be captured: half an interval.
fn grace(interval_minutes: u8) -> TimeDelta {
    TimeDelta::seconds(30 * i64::from(interval_minutes.max(1)))
}

/// The slots that due schedules open at `now`, once each, in the order of channel and time, and for whom.
///
/// Whether a channel is live is asked for a slot in time of the moment, for one that was slept through of its own time.
fn plan(due: &[Due], broadcasts: &[Broadcast], now: DateTime<Utc>) -> (Vec<Slot>, Vec<UserId>) {
    let (mut slots, mut users) = (BTreeMap::new(), BTreeSet::new());
    for due in due {
        let grace = grace(due.interval_minutes);
        let mut at = due.next_slot.max(schedules::next_slot(now - GAPS_BACK, due.interval_minutes));
        while at <= now {
            let missed = (now - at > grace).then_some(LATE);
            let ran = |one: &&Broadcast| one.channel == due.channel && one.runs_at(at);
            let stream = match missed {
                None => due.stream,
                Some(_) => broadcasts.iter().filter(ran).map(|one| one.id).max(),
            };
            if stream.is_some() || !due.only_live {
                users.insert(due.user);
                let until = (at + grace).timestamp_micros();
                let (channel, at) = (due.channel.0, at.timestamp_micros());
                let slot = Slot { channel, at, stream: stream.map(|stream| stream.0), until, missed };
                // Of two schedules on one channel, a longer interval may still find its slot in time.
                let planned = slots.entry((channel, at)).or_insert_with(|| slot.clone());
                if slot.until > planned.until {
                    *planned = slot;
                }
            }
            at += grace * 2;
        }
    }
    (slots.into_values().collect(), users.into_iter().collect())
}

fn count(slots: &[Slot], now: DateTime<Utc>) {
    for slot in slots {
        if let Some(reason) = slot.missed {
            metrics::MISSED.with_label_values(&[reason]).inc();
        } else if let Some(at) = DateTime::from_timestamp_micros(slot.at) {
            metrics::LATENESS.observe((now - at).as_seconds_f64());
        }
    }
}

#[cfg(test)]
mod tests {
    use common::ids::{ChannelId, StreamId};

    use super::*;

    fn due(next_slot: &str, interval_minutes: u8) -> Due {
        Due {
            channel: ChannelId(1),
            user: UserId(7),
            interval_minutes,
            only_live: true,
            next_slot: next_slot.parse().unwrap(),
            stream: Some(StreamId(9)),
        }
    }

    /// With a broadcast that has always run.
    fn planned(due: &[Due], now: &str) -> Vec<(String, Option<&'static str>)> {
        planned_with(due, &[broadcast(9, "2020-01-01T00:00:00Z", None)], now)
    }

    fn broadcast(id: u64, started_at: &str, ended_at: Option<&str>) -> Broadcast {
        Broadcast {
            channel: ChannelId(1),
            id: StreamId(id),
            started_at: started_at.parse().unwrap(),
            ended_at: ended_at.map(|at| at.parse().unwrap()),
        }
    }

    fn planned_with(due: &[Due], broadcasts: &[Broadcast], now: &str) -> Vec<(String, Option<&'static str>)> {
        let (slots, _) = plan(due, broadcasts, now.parse().unwrap());
        let time = |at| DateTime::from_timestamp_micros(at).unwrap().format("%H:%M").to_string();
        slots.into_iter().map(|slot| (time(slot.at), slot.missed)).collect()
    }

    #[test]
    fn a_slot_in_time_is_captured_and_those_slept_through_are_gaps() {
        let slots = planned(&[due("2026-01-01T10:00:00Z", 5)], "2026-01-01T10:10:02Z");
        let gap = Some(LATE);
        assert_eq!(slots, [("10:00".into(), gap), ("10:05".into(), gap), ("10:10".into(), None)]);
    }

    #[test]
    fn half_an_interval_late_is_missed() {
        assert_eq!(
            planned(&[due("2026-01-01T10:00:00Z", 5)], "2026-01-01T10:02:31Z"),
            [("10:00".into(), Some(LATE))]
        );
        assert_eq!(
            planned(&[due("2026-01-01T10:00:00Z", 5)], "2026-01-01T10:02:30Z"),
            [("10:00".into(), None)]
        );
    }

    #[test]
    fn nothing_is_captured_while_the_channel_is_not_live() {
        let offline = Due { stream: None, ..due("2026-01-01T10:00:00Z", 5) };
        assert_eq!(planned(&[offline], "2026-01-01T10:00:01Z"), []);
        let always = Due { only_live: false, ..offline };
        assert_eq!(planned(&[always], "2026-01-01T10:00:01Z").len(), 1);
    }

    #[test]
    fn a_broadcast_that_ended_while_nothing_ran_has_gaps() {
        let offline = Due { stream: None, ..due("2026-01-01T10:00:00Z", 5) };
        let ended = broadcast(8, "2026-01-01T09:00:00Z", Some("2026-01-01T10:07:00Z"));
        let gap = Some(LATE);
        let slots = planned_with(&[offline], &[ended], "2026-01-01T10:20:01Z");
        assert_eq!(slots, [("10:00".into(), gap), ("10:05".into(), gap)]);
    }

    #[test]
    fn before_a_broadcast_began_nothing_was_missed() {
        let began = broadcast(9, "2026-01-01T10:12:00Z", None);
        let slots = planned_with(&[due("2026-01-01T10:00:00Z", 5)], &[began], "2026-01-01T10:20:01Z");
        assert_eq!(slots, [("10:15".into(), Some(LATE)), ("10:20".into(), None)]);
    }

    #[test]
    fn the_patience_of_the_longer_interval_counts() {
        let both =
            [due("2026-01-01T10:00:00Z", 10), Due { user: UserId(8), ..due("2026-01-01T10:00:00Z", 5) }];
        let (slots, users) = plan(&both, &[], "2026-01-01T10:00:01Z".parse().unwrap());
        let until: DateTime<Utc> = "2026-01-01T10:05:00Z".parse().unwrap();
        assert_eq!(slots[0].until, until.timestamp_micros());
        assert_eq!(users, [UserId(7), UserId(8)]);
    }

    #[test]
    fn two_moderators_share_a_slot() {
        let both =
            [due("2026-01-01T10:00:00Z", 5), Due { user: UserId(8), ..due("2026-01-01T10:00:00Z", 10) }];
        assert_eq!(planned(&both, "2026-01-01T10:03:00Z"), [("10:00".into(), None)]);
    }

    #[test]
    fn gaps_after_a_long_sleep_are_bounded() {
        let slots = planned(&[due("2020-01-01T00:00:00Z", 1)], "2026-01-01T10:00:00Z");
        assert_eq!(slots.len(), 24 * 60);
    }
}
