//! One user's socket, for as long as the user's channels are to be heard.

use std::{
    collections::{HashSet, VecDeque},
    time::Duration,
};

use common::{ids::UserId, problem::chain};
use rand::Rng as _;
use tokio::{sync::watch, task::JoinError, time::Instant};
use tokio_util::task::AbortOnDropHandle;

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
        let Err(ended) = listen(&app, user, &mut wanted, &mut recent).await;
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
    // The connection that Twitch asked us to move to; this one is read until it is welcomed there.
    let mut successor: Option<AbortOnDropHandle<Result<Socket, SocketError>>> = None;
    loop {
        if subscribed.is_empty() {
            return Err(Ended::NothingLeft);
        }
        let heard = tokio::select! {
            heard = socket.next() => heard,
            moved = async { successor.as_mut()?.await.into() }, if successor.is_some() => {
                if let Some(moved) = moved {
                    socket = moved??;
                    tracing::info!(%user, "eventsub.moved");
                }
                successor = None;
                continue;
            }
            Ok(()) = wanted.changed() => {
                adjust(app, user, &socket, &mut subscribed, wanted).await?;
                continue;
            }
        };
        match heard {
            Ok(Heard::Event(event)) => {
                if recent.is_news(&event.message_id)
                    && let Err(error) = news::take_in(app, event).await
                {
                    tracing::warn!(%user, cause = chain(&error), "eventsub.not_stored");
                }
            }
            Ok(Heard::Reconnect(url)) => {
                successor = Some(AbortOnDropHandle::new(tokio::spawn(Socket::open_verbatim(url))));
            }
            Ok(Heard::Revoked { subscription, status }) => {
                tracing::info!(%user, status, "eventsub.revoked");
                subscribed.forget(&subscription);
                if status == "authorization_revoked" {
                    check_grant(app, user).await?;
                }
            }
            Err(error) => match successor.take() {
                // It went before we did; the new one has the subscriptions.
                Some(moved) => socket = moved.await??,
                None => return Err(error.into()),
            },
        }
    }
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
        assert_eq!(recent.known.len(), recent.order.len());
    }
}
