//! Who is live: every known channel, asked about once a minute, a hundred channels for one point.
//!
//! One replica polls, the one that holds a lease. What Twitch lists goes to the table `streams` (which broadcast a
//! capture belongs to, whether a schedule runs) and to Redis (what pages show); open pages are told of it. EventSub tells
//! some of it sooner, but of viewers nothing; the poll is what everything falls back on.

mod cache;

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use common::{
    clients::twitch_api::LiveStream,
    db,
    events::{self, ChannelViewers, Event},
    ids::{ChannelId, StreamId, UserId},
    lifecycle::Shutdown,
};
use futures_util::StreamExt as _;
use tokio::time::Instant;

use crate::{App, TwitchError, budget::Urgency};

pub use cache::LiveCache;

const LEASE: &str = "stream_poll";

/// Channels that one call asks about.
const BATCH: u32 = 100;

/// A broadcast that is not listed by so many polls in a row has ended.
const MISSES: u32 = 3;

/// How many users are told at once.
const TOLD_AT_ONCE: usize = 16;

/// Polls until the shutdown.
pub(crate) async fn run(app: App, shutdown: Shutdown) {
    let mut shown = Shown::default();
    loop {
        let every = app.live.poll_every;
        match db::leases::take(&app.pool, LEASE, app.replica, every * 2 + Duration::from_secs(10)).await {
            Ok(true) => {
                if let Err(error) = round(&app, &mut shown).await {
                    tracing::warn!(%error, "streams.poll_failed");
                }
                tokio::select! {
                    told = tokio::time::timeout(every / 2, tell(&app, &mut shown.untold)) => {
                        if told.is_err() {
                            tracing::warn!("streams.telling_cut_off");
                        }
                    }
                    () = shutdown.draining() => {}
                }
            }
            // Another replica tells the pages now.
            Ok(false) => shown = Shown::default(),
            Err(error) => tracing::warn!(%error, "streams.poll_postponed"),
        }
        if !shutdown.pause(every).await {
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
    untold: Changes,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Broadcast {
    id: StreamId,
    viewers: u32,
    /// How many polls in a row have not listed it.
    misses: u32,
}

/// What is other than before.
#[derive(Debug, Default, PartialEq, Eq)]
struct Changes {
    /// Of broadcasts that went on.
    viewers: HashMap<ChannelId, u32>,
    /// A broadcast began or ended.
    streams: HashSet<ChannelId>,
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
                        self.untold.viewers.insert(*channel, now.viewers);
                    }
                }
                (None, None) => {}
                _ => {
                    self.untold.streams.insert(*channel);
                }
            }
            *before = listed;
        }
    }
}

/// Tells the open pages of everybody who may look into the channels. When nobody can say who that is, or when it is cut
/// off, all stays untold until the next poll: to be told twice does no harm.
async fn tell(app: &App, untold: &mut Changes) {
    let changes = &*untold;
    let channels: Vec<_> = changes.viewers.keys().chain(&changes.streams).copied().collect();
    if channels.is_empty() {
        return;
    }
    let since = app.clock.now() - db::channels::TOLD;
    let people = match db::channels::people_of(&app.pool, &channels, since).await {
        Ok(people) => people,
        Err(error) => {
            tracing::warn!(%error, "streams.not_told");
            return;
        }
    };
    let users: Vec<_> = people.chunk_by(|left, right| left.0 == right.0).map(<[_]>::to_vec).collect();
    let tell = |roles| tell_user(app, changes, roles);
    futures_util::stream::iter(users).for_each_concurrent(TOLD_AT_ONCE, tell).await;
    *untold = Changes::default();
}

/// Tells one user, who may look into the channels that `roles` name.
async fn tell_user(app: &App, changes: &Changes, roles: Vec<(UserId, ChannelId)>) {
    let Some((user, _)) = roles.first().copied() else { return };
    let mut channels = Vec::new();
    for (_, channel_id) in roles {
        // Whose broadcast began or ended is looked at anew, with those who watch.
        if changes.streams.contains(&channel_id) {
            events::publish(&app.redis, &[user], &Event::ChannelChanged { channel_id }).await;
        } else if let Some(viewers) = changes.viewers.get(&channel_id) {
            channels.push(ChannelViewers { channel_id, viewers: *viewers });
        }
    }
    if !channels.is_empty() {
        events::publish(&app.redis, &[user], &Event::Viewers { channels }).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
            std::mem::take(&mut shown.untold)
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
        assert_eq!(shown.untold, both, "what could not be told waits");
    }
}
