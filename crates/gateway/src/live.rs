//! Live events for open pages.
//!
//! One subscription to Redis per process, whatever the number of pages. Each page has a bounded queue; a page that does
//! not keep up, or that may have missed something while the subscription was down, is closed: its browser reconnects
//! by itself with the id of the last event it saw, and is sent what it missed from the user's stream in Redis.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use common::{
    events::Published,
    ids::UserId,
    lifecycle::Shutdown,
    metrics, redis_keys,
    redis_store::{Redis, tolerated},
};
use futures_util::StreamExt as _;
use tokio::{sync::mpsc, time::timeout};

/// Events that wait for one page.
const QUEUE: usize = 64;

/// Pages that one user may have open. More are refused: closing the oldest would only make it come back.
const PAGES_PER_USER: usize = 32;

/// A subscription on which nothing happens is asked this often whether it is alive.
const PING_EVERY: Duration = Duration::from_secs(15);
const PATIENCE: Duration = Duration::from_secs(3);
const RECONNECT_AFTER: Duration = Duration::from_millis(500);

/// Knows which pages are open.
#[derive(Debug, Default)]
pub(crate) struct Hub(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    pages: HashMap<UserId, Vec<Page>>,
    next: u64,
}

#[derive(Debug)]
struct Page {
    number: u64,
    queue: mpsc::Sender<Arc<Published>>,
}

/// One page's events; leaving is dropping it.
#[derive(Debug)]
pub(crate) struct Subscription {
    events: mpsc::Receiver<Arc<Published>>,
    hub: Arc<Hub>,
    user: UserId,
    number: u64,
}

impl Subscription {
    /// The next event; none when the page is to be closed.
    pub(crate) async fn next(&mut self) -> Option<Arc<Published>> {
        self.events.recv().await
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let mut state = self.hub.lock();
        if let Some(pages) = state.pages.get_mut(&self.user) {
            pages.retain(|page| page.number != self.number);
            if pages.is_empty() {
                state.pages.remove(&self.user);
            }
        }
        drop(state);
        metrics::storage::SSE_CLIENTS.dec();
    }
}

impl Hub {
    /// Opens a page of `user`; none when there are too many.
    pub(crate) fn join(self: &Arc<Self>, user: UserId) -> Option<Subscription> {
        let (queue, events) = mpsc::channel(QUEUE);
        let mut state = self.lock();
        let number = state.next;
        state.next += 1;
        let pages = state.pages.entry(user).or_default();
        if pages.len() >= PAGES_PER_USER {
            return None;
        }
        pages.push(Page { number, queue });
        drop(state);
        metrics::storage::SSE_CLIENTS.inc();
        Some(Subscription { events, hub: self.clone(), user, number })
    }

    /// Hands an event to the pages of its user, and closes those whose queue is full.
    fn deliver(&self, event: Published) {
        let mut state = self.lock();
        let Some(pages) = state.pages.get_mut(&event.user) else { return };
        let event = Arc::new(event);
        pages.retain(|page| page.queue.try_send(event.clone()).is_ok());
    }

    /// Closes the pages of one user.
    pub(crate) fn close(&self, user: UserId) {
        self.lock().pages.remove(&user);
    }

    fn close_all(&self) {
        self.lock().pages.clear();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing in here panics half-way; a poisoned map is a whole one.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Brings events from Redis to the hub until the shutdown.
pub(crate) async fn listen(hub: Arc<Hub>, redis: Redis, shutdown: Shutdown) {
    loop {
        let ended = tokio::select! {
            () = shutdown.closing() => return,
            ended = receive(&hub, &redis) => ended,
        };
        if let Err(error) = ended {
            tolerated("events.subscription", &error);
        }
        // What was published meanwhile is lost to the pages that were open: they come back and ask for it.
        hub.close_all();
        if !shutdown.pause(RECONNECT_AFTER).await {
            return;
        }
    }
}

async fn receive(hub: &Hub, redis: &Redis) -> redis::RedisResult<()> {
    let late = |_| redis::RedisError::from((redis::ErrorKind::Io, "the subscription does not answer"));
    let (mut sink, mut messages) =
        timeout(PATIENCE, redis.client().get_async_pubsub()).await.map_err(late)??.split();
    timeout(PATIENCE, sink.subscribe(redis_keys::EVENTS)).await.map_err(late)??;
    // Pages that came before the subscription was there.
    hub.close_all();
    tracing::debug!("events.subscribed");
    loop {
        match timeout(PING_EVERY, messages.next()).await {
            Ok(Some(message)) => {
                let text: String = message.get_payload()?;
                if let Some(event) = Published::parse(&text) {
                    hub.deliver(event);
                } else {
                    tracing::warn!("events.unreadable");
                }
            }
            Ok(None) => return Ok(()),
            Err(_) => timeout(PATIENCE, sink.ping::<redis::Value>()).await.map_err(late)?.map(drop)?,
        }
    }
}

#[cfg(test)]
mod tests {
    use common::events::Event;

    use super::*;

    fn event(user: UserId, remaining: u64) -> Published {
        Published { user, id: Some(format!("{remaining}-0")), event: Event::Enriched { remaining } }
    }

    #[tokio::test]
    async fn a_page_gets_its_users_events_in_order() {
        let hub = Arc::new(Hub::default());
        let (mut one, mut other) = (hub.join(UserId(1)).unwrap(), hub.join(UserId(2)).unwrap());
        for remaining in 1..=3 {
            hub.deliver(event(UserId(1), remaining));
        }
        for remaining in 1..=3 {
            assert_eq!(one.next().await.unwrap().id, Some(format!("{remaining}-0")));
        }
        hub.close(UserId(2));
        assert!(other.next().await.is_none());
    }

    #[tokio::test]
    async fn a_page_that_does_not_keep_up_is_closed_and_the_others_are_not() {
        let hub = Arc::new(Hub::default());
        let mut slow = hub.join(UserId(1)).unwrap();
        let mut quick = hub.join(UserId(1)).unwrap();
        for remaining in 0..=QUEUE as u64 {
            hub.deliver(event(UserId(1), remaining));
            quick.next().await.unwrap();
        }
        let mut received = 0;
        while slow.next().await.is_some() {
            received += 1;
        }
        assert_eq!(received, QUEUE);
        hub.deliver(event(UserId(1), 1000));
        assert!(quick.next().await.is_some());
    }

    #[tokio::test]
    async fn leaving_leaves_nothing_behind() {
        let hub = Arc::new(Hub::default());
        let pages: Vec<_> = (0..PAGES_PER_USER).map(|_| hub.join(UserId(1)).unwrap()).collect();
        assert!(hub.join(UserId(1)).is_none());
        assert!(hub.join(UserId(2)).is_some());
        drop(pages);
        assert!(hub.lock().pages.is_empty());
    }
}
