//! Who is live: every known channel, asked about once a minute, a hundred channels for one point.
//!
//! One replica polls, the one that holds a lease. What Twitch lists goes to the table `streams` (which broadcast a
//! capture belongs to, whether a schedule runs) and to Redis (what pages show). EventSub tells some of it sooner; the
//! poll is what everything falls back on.

mod cache;

use std::time::Duration;

use common::{clients::twitch_api::LiveStream, db, ids::ChannelId, lifecycle::Shutdown};
use tokio::time::Instant;

use crate::{App, TwitchError, budget::Urgency};

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
    app.live.keep(asked, live).await;
    Ok(())
}
