//! Who is live: every known channel, asked about once a minute, a hundred channels for one point.
//!
//! One replica polls, the one that holds a lease. What Twitch lists goes to the table `streams` (which broadcast a
//! capture belongs to, whether a schedule runs) and to Redis (what pages show); open pages are told of it. EventSub tells
//! some of it sooner, but of viewers nothing; the poll is what everything falls back on.

mod cache;
mod telling;

use std::{collections::HashMap, time::Duration};

use common::{
    clients::twitch_api::LiveStream,
    db,
    ids::{ChannelId, StreamId},
    lifecycle::Shutdown,
};
use tokio::time::Instant;

use crate::{App, TwitchError, budget::Urgency};
use telling::Untold;

pub use cache::LiveCache;

const LEASE: &str = "stream_poll";

/// Channels that one call asks about.
const BATCH: u32 = 100;

/// A broadcast that is not listed by so many polls in a row has ended.
const MISSES: u32 = 3;

/// Polls until the shutdown.
pub(crate) async fn run(app: App, shutdown: Shutdown) {
    let mut shown = Shown::default();
    loop {
        let every = app.live.poll_every;
        // Polls begin so far apart, whatever they and the telling take: a broadcast that was not seen for
        // some periods counts as missed by as many polls.
        let next = Instant::now() + every;
        match db::leases::take(&app.pool, LEASE, app.replica, every * 2 + Duration::from_secs(10)).await {
            Ok(true) => {
                if let Err(error) = round(&app, &mut shown).await {
                    tracing::warn!(%error, "streams.poll_failed");
                }
                // Telling has the time that is left; where Twitch has taken all of it, a little all the same.
                let deadline = next.max(Instant::now() + every / 4);
                tokio::select! {
                    () = telling::tell(&app, &mut shown.untold, deadline) => {}
                    () = shutdown.draining() => {}
                }
            }
            // Another replica tells the pages now.
            Ok(false) => shown = Shown::default(),
            Err(error) => tracing::warn!(%error, "streams.poll_postponed"),
        }
        if !shutdown.pause(next.saturating_duration_since(Instant::now())).await {
            break;
        }
    }
    if let Err(error) = db::leases::release(&app.pool, LEASE, app.replica).await {
        tracing::debug!(%error, "streams.lease_kept");
    }
}

/// Asks about all channels once. A batch that fails does not keep the others from being asked about.
///
/// # Errors
/// The first failure of a batch; when MariaDB cannot say which channels there are, that.
pub async fn poll(app: &App) -> Result<(), TwitchError> {
    round(app, &mut Shown::default()).await
}

async fn round(app: &App, shown: &mut Shown) -> Result<(), TwitchError> {
    let mut after = ChannelId(0);
    let mut outcome = Ok(());
    loop {
        let channels = db::channels::known_after(&app.pool, after, BATCH).await?;
        let Some(last) = channels.last() else { return outcome };
        after = *last;
        outcome = outcome.and(ask(app, &channels, shown).await);
    }
}

/// Asks about up to [`BATCH`] channels.
async fn ask(app: &App, channels: &[ChannelId], shown: &mut Shown) -> Result<(), TwitchError> {
    let mut session = app.helix.as_app(Urgency::Spare, Instant::now() + app.live.poll_every);
    let live = session.streams(channels).await?;
    record(app, channels, &live).await?;
    shown.take_in(channels, &live);
    Ok(())
}

/// Stores what Twitch said about `asked` channels.
async fn record(app: &App, asked: &[ChannelId], live: &[LiveStream]) -> Result<(), TwitchError> {
    let now = app.clock.now();
    db::retrying(|| db::streams::seen(&app.pool, live, now)).await?;
    db::streams::end_unseen(&app.pool, asked, now - app.live.poll_every * MISSES).await?;
    app.live.keep(asked, live).await;
    Ok(())
}

/// What this replica knows of what pages show.
#[derive(Debug, Default)]
struct Shown {
    /// The broadcasts as Twitch last listed them, by channel; none of a channel that is not live.
    broadcasts: HashMap<ChannelId, Option<Broadcast>>,
    untold: Untold,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Broadcast {
    id: StreamId,
    viewers: u32,
    /// How many polls in a row have not listed it.
    misses: u32,
}

impl Shown {
    /// Notes what Twitch said about `asked` channels. Of one that is asked about for the first time, nothing has changed.
    fn take_in(&mut self, asked: &[ChannelId], live: &[LiveStream]) {
        let live: HashMap<_, _> = live.iter().map(|one| (one.broadcaster_id, one)).collect();
        for channel in asked {
            let listed = live.get(channel).map(|one| Broadcast {
                id: one.twitch_id,
                viewers: one.viewer_count,
                misses: 0,
            });
            let Some(before) = self.broadcasts.get_mut(channel) else {
                self.broadcasts.insert(*channel, listed);
                continue;
            };
            match (&mut *before, listed) {
                (Some(before), None) if before.misses + 1 < MISSES => {
                    before.misses += 1;
                    continue;
                }
                (Some(before), Some(now)) if before.id == now.id => {
                    if before.viewers != now.viewers {
                        self.untold.changes.viewers.insert(*channel, now.viewers);
                    }
                }
                (None, None) => {}
                _ => {
                    self.untold.changes.streams.insert(*channel);
                }
            }
            *before = listed;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{telling::Changes, *};

    #[test]
    fn what_is_other_than_before_is_told_once() {
        let (one, two) = (ChannelId(1), ChannelId(2));
        let live = |id: u64, viewers| LiveStream {
            twitch_id: StreamId(id),
            broadcaster_id: one,
            viewer_count: viewers,
            started_at: chrono::DateTime::UNIX_EPOCH,
            title: String::new(),
        };
        let mut shown = Shown::default();
        let mut poll = |listed: &[LiveStream]| {
            shown.take_in(&[one, two], listed);
            std::mem::take(&mut shown.untold.changes)
        };
        let nothing = Changes::default;
        let watching = |viewers| Changes { viewers: HashMap::from([(one, viewers)]), ..nothing() };
        let changed = || Changes { streams: HashSet::from([one]), ..nothing() };
        assert_eq!(poll(&[live(7, 10)]), nothing(), "pages that open ask");
        assert_eq!(poll(&[live(7, 11)]), watching(11));
        assert_eq!(poll(&[live(7, 11)]), nothing());
        assert_eq!(poll(&[]), nothing(), "Twitch's list misses some at times");
        assert_eq!(poll(&[live(7, 12)]), watching(12));
        assert_eq!(
            [poll(&[]), poll(&[]), poll(&[]), poll(&[])],
            [nothing(), nothing(), changed(), nothing()]
        );
        assert_eq!(poll(&[live(8, 1)]), changed());
        assert_eq!(poll(&[live(9, 1)]), changed());

        shown.take_in(&[one, two], &[live(9, 2)]);
        shown.take_in(&[one, two], &[live(10, 3)]);
        let both = Changes { viewers: HashMap::from([(one, 2)]), streams: HashSet::from([one]) };
        assert_eq!(shown.untold.changes, both, "what could not be told waits");
    }
}
