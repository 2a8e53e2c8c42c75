//! Who is live: every known channel, asked about once a minute, a hundred channels for one point.
//!
//! One replica polls, the one that holds a lease. What Twitch lists goes to the table `streams` (which broadcast a
//! capture belongs to, whether a schedule runs) and to Redis (what pages show); open pages are told of it. EventSub tells
//! some of it sooner, but of viewers nothing; the poll is what everything falls back on.

mod cache;

use std::{collections::HashMap, time::Duration};

use common::{
    clients::twitch_api::LiveStream,
    db,
    events::{self, ChannelViewers, Event},
    ids::ChannelId,
    lifecycle::Shutdown,
};
use tokio::time::Instant;

use crate::{App, TwitchError, budget::Urgency};

use cache::Known;
pub use cache::LiveCache;

const LEASE: &str = "stream_poll";

/// Channels that one call asks about.
const BATCH: u32 = 100;

/// A broadcast that is not listed by so many polls in a row has ended.
const MISSES: u32 = 3;

/// Polls until the shutdown.
pub(crate) async fn run(app: App, shutdown: Shutdown) {
    loop {
        let every = app.live.poll_every;
        match db::leases::take(&app.pool, LEASE, app.replica, every * 2 + Duration::from_secs(10)).await {
            Ok(true) => {
                if let Err(error) = poll(&app).await {
                    tracing::warn!(%error, "streams.poll_failed");
                }
            }
            Ok(false) => {}
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
    let mut after = ChannelId(0);
    let mut outcome = Ok(());
    loop {
        let channels = db::channels::known_after(&app.pool, after, BATCH).await?;
        let Some(last) = channels.last() else { return outcome };
        after = *last;
        outcome = outcome.and(ask(app, &channels).await);
    }
}

/// Asks about up to [`BATCH`] channels.
async fn ask(app: &App, channels: &[ChannelId]) -> Result<(), TwitchError> {
    let mut session = app.helix.as_app(Urgency::Spare, Instant::now() + app.live.poll_every);
    let live = session.streams(channels).await?;
    record(app, channels, &live).await
}

/// Stores what Twitch said about `asked` channels.
async fn record(app: &App, asked: &[ChannelId], live: &[LiveStream]) -> Result<(), TwitchError> {
    let now = app.clock.now();
    db::streams::seen(&app.pool, live, now).await?;
    db::streams::end_unseen(&app.pool, asked, now - app.live.poll_every * MISSES).await?;
    let before = app.live.known(asked).await;
    app.live.keep(asked, live).await;
    tell(app, &Changes::between(&before, live)).await
}

/// What is other than at the last poll.
#[derive(Debug, Default)]
struct Changes {
    /// Of broadcasts that went on.
    viewers: HashMap<ChannelId, u32>,
    /// A broadcast began or ended.
    streams: Vec<ChannelId>,
}

impl Changes {
    /// Of channels about which nothing was known before, nothing has changed.
    fn between(before: &Known, live: &[LiveStream]) -> Self {
        let mut gone: HashMap<_, _> = before.live.iter().map(|one| (one.broadcaster_id, one)).collect();
        let mut changes = Self::default();
        for one in live {
            let channel = one.broadcaster_id;
            match gone.remove(&channel) {
                Some(known) if known.twitch_id == one.twitch_id => {
                    if known.viewer_count != one.viewer_count {
                        changes.viewers.insert(channel, one.viewer_count);
                    }
                }
                known => {
                    if known.is_some() || !before.unknown.contains(&channel) {
                        changes.streams.push(channel);
                    }
                }
            }
        }
        changes.streams.extend(gone.into_keys());
        changes
    }
}

/// Tells the open pages of everybody who may look into the channels; who is not told sees it at the next look.
async fn tell(app: &App, changes: &Changes) -> Result<(), TwitchError> {
    let channels: Vec<_> = changes.viewers.keys().chain(&changes.streams).copied().collect();
    if channels.is_empty() {
        return Ok(());
    }
    let people = db::channels::people_of(&app.pool, &channels, app.clock.now() - db::channels::TOLD).await?;
    for roles in people.chunk_by(|left, right| left.0 == right.0) {
        let user = [roles[0].0];
        let mut channels = Vec::new();
        for (_, channel_id) in roles.iter().copied() {
            match changes.viewers.get(&channel_id) {
                Some(viewers) => channels.push(ChannelViewers { channel_id, viewers: *viewers }),
                None => events::publish(&app.redis, &user, &Event::ChannelChanged { channel_id }).await,
            }
        }
        if !channels.is_empty() {
            events::publish(&app.redis, &user, &Event::Viewers { channels }).await;
        }
    }
    Ok(())
}
