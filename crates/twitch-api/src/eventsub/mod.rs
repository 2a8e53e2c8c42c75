//! EventSub over WebSocket: raids into known channels, and streams that begin and end.
//!
//! Events come sooner than polls and are the only way to learn of a raid. One replica listens, the one that holds a
//! lease. It keeps one socket for each user in [`plan`]: a channel whose owner has logged in here is heard on the owner's
//! socket, which costs nothing; of the others, what fits is heard on a moderator's, raids first, up to Twitch's ceiling of
//! ten. What does not fit is left to the poll.
//!
//! ```text
//! mod       who listens; sockets start and end as users and channels come and go
//! plan      which channel is heard on whose socket
//! line      one user's socket for as long as it is needed: connects, subscribes, reconnects
//! socket    one connection: welcome, keepalives, frames
//! subscriptions   the REST side
//! news      what an event changes here
//! ```

mod line;
mod news;
mod plan;
mod socket;
mod subscriptions;

use std::{collections::HashMap, time::Duration};

use common::{db, ids::UserId, lifecycle::Shutdown};
use tokio::sync::watch;
use tokio_util::task::AbortOnDropHandle;

use crate::{App, TwitchError};
use plan::Subscription;

const LEASE: &str = "eventsub";

/// Between two looks at who has logged in and which channels there are; the lease lasts three times as long.
const EVERY: Duration = Duration::from_secs(5);

/// The sockets of this replica; dropping one closes it.
#[derive(Default)]
struct Lines(HashMap<UserId, Running>);

struct Running {
    wanted: watch::Sender<Vec<Subscription>>,
    task: AbortOnDropHandle<()>,
}

/// Listens until the shutdown.
pub async fn run(app: App, shutdown: Shutdown) {
    let mut lines = Lines::default();
    loop {
        match db::leases::take(&app.pool, LEASE, app.replica, EVERY * 3).await {
            Ok(true) => {
                if let Err(error) = lines.follow_plan(&app).await {
                    tracing::warn!(%error, "eventsub.plan_failed");
                }
            }
            Ok(false) => lines.0.clear(),
            // Another replica may hold the lease by now: events are doubled for a while, which storing them sorts out.
            Err(error) => tracing::warn!(%error, "eventsub.lease_unknown"),
        }
        if !shutdown.pause(EVERY).await {
            break;
        }
    }
    if let Err(error) = db::leases::release(&app.pool, LEASE, app.replica).await {
        tracing::debug!(%error, "eventsub.lease_kept");
    }
}

impl Lines {
    /// Starts, changes and ends sockets as the plan says.
    async fn follow_plan(&mut self, app: &App) -> Result<(), TwitchError> {
        let mut plan = plan::plan(&db::channels::watchable(&app.pool).await?);
        self.0.retain(|user, running| plan.contains_key(user) && !running.task.is_finished());
        for (user, running) in &self.0 {
            let Some(wanted) = plan.remove(user) else { continue };
            running.wanted.send_if_modified(|current| {
                let changed = *current != wanted;
                *current = wanted;
                changed
            });
        }
        for (user, wanted) in plan {
            let (sender, receiver) = watch::channel(wanted);
            let task = AbortOnDropHandle::new(tokio::spawn(line::run(app.clone(), user, receiver)));
            self.0.insert(user, Running { wanted: sender, task });
        }
        Ok(())
    }
}
