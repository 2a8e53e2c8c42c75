//! One user's socket, for as long as the user's channels are to be heard.

use std::{
    collections::{HashSet, VecDeque},
    mem,
    time::Duration,
};

use common::{ids::UserId, problem::chain};
use rand::Rng as _;
use tokio::{
    sync::watch,
    task::JoinError,
    time::{Instant, timeout_at},
};
use tokio_util::task::AbortOnDropHandle;
use url::Url;

use super::{
    news,
    plan::Subscription,
    socket::{Heard, Socket, SocketError},
    subscriptions::Subscribed,
};
use crate::{App, TwitchError};

const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(2);

/// A connection that held so long was a good one: the next starts without a long pause.
const GOOD_AFTER: Duration = Duration::from_mins(1);

/// Message ids that are remembered: Twitch delivers at least once.
const REMEMBERED: usize = 512;

/// How long subscribing may take.
const SUBSCRIBE_WITHIN: Duration = Duration::from_mins(1);

/// How long an old connection is read once the new one is welcomed: what was sent on it may be under way.
const LAST_WORDS: Duration = Duration::from_millis(250);

/// The connection that Twitch asked us to move to, while it is opened.
type Successor = AbortOnDropHandle<Result<Socket, SocketError>>;

/// Why a connection ended.
#[derive(Debug, thiserror::Error)]
enum Ended {
    #[error("the socket failed")]
    Socket(#[from] SocketError),
    #[error("subscribing failed")]
    Twitch(#[from] TwitchError),
    #[error("the successor failed")]
    Task(#[from] JoinError),
    #[error("nothing is left to be heard")]
    NothingLeft,
}

/// Keeps `user`'s socket open until the grant is lost or the caller drops it.
pub(super) async fn run(app: App, user: UserId, mut wanted: watch::Receiver<Vec<Subscription>>) {
    let mut pause = FIRST_PAUSE;
    let mut recent = Recent::default();
    loop {
        let started = Instant::now();
        let Err(ended) = Box::pin(listen(&app, user, &mut wanted, &mut recent)).await;
        tracing::info!(%user, cause = chain(&ended), "eventsub.ended");
        if matches!(ended, Ended::Twitch(TwitchError::TokenLost { .. })) {
            return;
        }
        if started.elapsed() > GOOD_AFTER {
            pause = FIRST_PAUSE;
        }
        // Sockets that end together do not come back together.
        let jitter = rand::rng().random_range(0.5..1.5);
        tokio::time::sleep(pause.mul_f64(jitter)).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

async fn listen(
    app: &App,
    user: UserId,
    wanted: &mut watch::Receiver<Vec<Subscription>>,
    recent: &mut Recent,
) -> Result<std::convert::Infallible, Ended> {
    let mut socket = Socket::open(&app.eventsub_url).await?;
    let mut subscribed = Subscribed::default();
    adjust(app, user, &socket, &mut subscribed, wanted).await?;
    // `socket` is read until this one is welcomed, and goes on if it never is.
    let mut successor: Option<Successor> = None;
    loop {
        if subscribed.is_empty() {
            return Err(Ended::NothingLeft);
        }
        let heard = tokio::select! {
            heard = socket.next() => heard,
            moved = arrival(&mut successor) => {
                match moved {
                    Ok(next) => {
                        let mut old = mem::replace(&mut socket, next);
                        tracing::info!(%user, "eventsub.moved");
                        let until = Instant::now() + LAST_WORDS;
                        while let Ok(Ok(heard)) = timeout_at(until, old.next()).await {
                            heed(app, user, &mut subscribed, recent, heard).await?;
                        }
                    }
                    Err(error) => tracing::warn!(%user, cause = chain(&error), "eventsub.not_moved"),
                }
                continue;
            }
            Ok(()) = wanted.changed() => {
                adjust(app, user, &socket, &mut subscribed, wanted).await?;
                continue;
            }
        };
        match heard {
            Ok(heard) => {
                if let Some(url) = heed(app, user, &mut subscribed, recent, heard).await? {
                    successor = Some(AbortOnDropHandle::new(tokio::spawn(Socket::follow(url))));
                }
            }
            // It went before we did; the new one has the subscriptions.
            Err(_) if successor.is_some() => socket = arrival(&mut successor).await?,
            Err(error) => return Err(error.into()),
        }
    }
}

/// Waits until the successor is welcomed or given up; for ever if there is none. May be dropped while waiting.
async fn arrival(successor: &mut Option<Successor>) -> Result<Socket, Ended> {
    let Some(opening) = successor else { return std::future::pending().await };
    let opened = opening.await;
    *successor = None;
    Ok(opened??)
}

/// Does what follows from what Twitch says; gives the address if it is that we have to move.
async fn heed(
    app: &App,
    user: UserId,
    subscribed: &mut Subscribed,
    recent: &mut Recent,
    heard: Heard,
) -> Result<Option<Url>, TwitchError> {
    match heard {
        Heard::Event(event) => {
            let id = event.message_id.clone();
            if recent.is_news(&id)
                && let Err(error) = news::take_in(app, event).await
            {
                tracing::warn!(%user, cause = chain(&error), "eventsub.not_stored");
                recent.forget(&id);
            }
        }
        Heard::Reconnect(url) => return Ok(Some(url)),
        Heard::Revoked { subscription, status } => {
            tracing::info!(%user, status, "eventsub.revoked");
            subscribed.forget(&subscription);
            if status == "authorization_revoked" {
                check_grant(app, user).await?;
            }
        }
    }
    Ok(None)
}

async fn adjust(
    app: &App,
    user: UserId,
    socket: &Socket,
    subscribed: &mut Subscribed,
    wanted: &mut watch::Receiver<Vec<Subscription>>,
) -> Result<(), TwitchError> {
    let wanted = wanted.borrow_and_update().clone();
    let mut session = app.helix.as_user(user, Instant::now() + SUBSCRIBE_WITHIN).await?;
    subscribed.adjust(&mut session, &socket.session, &wanted).await
}

/// Twitch says that the user has disconnected the application: if the refresh is refused too, the grant is lost.
async fn check_grant(app: &App, user: UserId) -> Result<(), TwitchError> {
    let bearer = app.tokens.user(user).await?;
    if !app.tokens.is_honoured(&bearer).await? {
        app.tokens.refresh(user, bearer.generation).await?;
    }
    Ok(())
}

/// The latest message ids.
#[derive(Default)]
struct Recent {
    order: VecDeque<String>,
    known: HashSet<String>,
}

impl Recent {
    fn is_news(&mut self, id: &str) -> bool {
        if !self.known.insert(id.to_owned()) {
            return false;
        }
        self.order.push_back(id.to_owned());
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
        true
    }

    /// The message could not be stored: told again, it is news.
    fn forget(&mut self, id: &str) {
        self.known.remove(id);
        self.order.retain(|held| held != id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_news_once() {
        let mut recent = Recent::default();
        assert!(recent.is_news("a") && !recent.is_news("a"));
        for n in 0..REMEMBERED {
            assert!(recent.is_news(&n.to_string()));
        }
        assert!(recent.is_news("a"), "it was forgotten long ago");
        recent.forget("a");
        assert_eq!(recent.known.len(), recent.order.len());
        assert!(recent.is_news("a"), "it could not be stored");
    }
}
