//! Sessions, subscriptions, and the way of an event to its sockets.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::frames;
use super::kinds::Condition;
use crate::clock::rfc3339_nanos;
use crate::world::accounts::TwitchId;

/// Dead subscriptions stay listed, up to so many.
const KEPT_DEAD: usize = 1_000;

/// What a socket is told to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outgoing {
    Frame(String),
    /// Close with a code and a reason.
    Close(u16, &'static str),
    /// End the connection without a word.
    Drop,
    /// Say nothing any more, not even keepalives.
    Silence,
    /// The old side of a reconnect: to be closed with 4004 when the grace is over.
    Leave,
}

#[derive(Debug, Clone)]
pub(crate) struct Subscription {
    pub(crate) id: String,
    pub(crate) client: String,
    pub(crate) user: Option<TwitchId>,
    pub(crate) kind: &'static str,
    pub(crate) version: &'static str,
    pub(crate) condition: Condition,
    pub(crate) status: String,
    pub(crate) created_ms: i64,
    pub(crate) cost: u32,
    pub(crate) transport: Transport,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Transport {
    Socket { session: String, connected_ms: i64, disconnected_ms: Option<i64> },
    Webhook { callback: String },
}

impl Subscription {
    pub(crate) fn is_enabled(&self) -> bool {
        self.status == "enabled"
    }

    pub(crate) fn to_json(&self) -> Value {
        let transport = match &self.transport {
            Transport::Webhook { callback } => json!({ "method": "webhook", "callback": callback }),
            Transport::Socket { session, connected_ms, disconnected_ms } => {
                let mut transport = json!({
                    "method": "websocket",
                    "session_id": session,
                    "connected_at": rfc3339_nanos(*connected_ms),
                });
                if let Some(at) = disconnected_ms {
                    transport["disconnected_at"] = json!(rfc3339_nanos(*at));
                }
                transport
            }
        };
        json!({
            "id": self.id,
            "status": self.status,
            "type": self.kind,
            "version": self.version,
            "condition": self.condition,
            "created_at": rfc3339_nanos(self.created_ms),
            "transport": transport,
            "cost": self.cost,
        })
    }

    /// Whether both deliver to the same place.
    pub(crate) fn shares_transport(&self, transport: &Transport) -> bool {
        match (&self.transport, transport) {
            (Transport::Socket { session, .. }, Transport::Socket { session: other, .. })
            | (Transport::Webhook { callback: session }, Transport::Webhook { callback: other }) => {
                session == other
            }
            _ => false,
        }
    }

    pub(crate) fn session(&self) -> Option<&str> {
        match &self.transport {
            Transport::Socket { session, .. } => Some(session),
            Transport::Webhook { .. } => None,
        }
    }

    /// Whether an event with these fields is for this subscription.
    fn wants(&self, kind: &str, event: &Value) -> bool {
        self.is_enabled()
            && self.kind == kind
            && self.condition.iter().all(|(key, id)| {
                // Who acts is a matter of rights, not of which events come.
                !key.ends_with("broadcaster_user_id") || event[key.as_str()] == json!(id)
            })
    }
}

#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) sender: UnboundedSender<Outgoing>,
    pub(crate) connected_ms: i64,
    /// Where the client reached us, to make its reconnect address.
    host: String,
}

#[derive(Debug)]
pub(crate) struct Hub(Mutex<State>);

#[derive(Debug)]
pub(crate) struct State {
    rng: StdRng,
    pub(crate) sessions: HashMap<String, Session>,
    pub(crate) subscriptions: Vec<Subscription>,
    /// Reconnect tokens and the session each continues.
    reconnects: HashMap<String, String>,
    /// Streams of the channels that somebody watches, as last announced.
    pub(crate) announced: HashMap<TwitchId, Option<String>>,
}

impl Hub {
    /// Ids must not repeat when the simulator restarts, hence the system's randomness.
    pub(crate) fn new() -> Self {
        Self(Mutex::new(State {
            rng: StdRng::from_os_rng(),
            sessions: HashMap::new(),
            subscriptions: Vec::new(),
            reconnects: HashMap::new(),
            announced: HashMap::new(),
        }))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// A UUID, as ids of messages and subscriptions are.
    pub(crate) fn uuid(&mut self) -> String {
        let (a, b): (u64, u64) = (self.rng.random(), self.rng.random());
        let (mid, low) = (a >> 16 & 0xffff, a & 0xfff);
        format!("{:08x}-{mid:04x}-4{low:03x}-a{:03x}-{:012x}", a >> 32, b >> 52, b & 0xffff_ffff_ffff)
    }

    /// Opens a session. With a reconnect token it takes over the subscriptions of the old one;
    /// an unknown token is refused.
    pub(crate) fn open(
        &mut self,
        host: &str,
        token: Option<&str>,
        now_ms: i64,
    ) -> Option<(String, UnboundedReceiver<Outgoing>)> {
        let old = match token {
            Some(token) => Some(self.reconnects.remove(token)?),
            None => None,
        };
        let id = format!("AgoQ{}", self.uuid().replace('-', ""));
        let (sender, receiver) = unbounded_channel();
        self.sessions.insert(id.clone(), Session { sender, connected_ms: now_ms, host: host.to_owned() });
        for subscription in &mut self.subscriptions {
            if old.is_some() && subscription.session() == old.as_deref() && subscription.is_enabled() {
                subscription.transport =
                    Transport::Socket { session: id.clone(), connected_ms: now_ms, disconnected_ms: None };
            }
        }
        Some((id, receiver))
    }

    /// A socket is gone: its subscriptions end with `status`.
    pub(crate) fn close(&mut self, id: &str, status: &str, now_ms: i64) {
        self.sessions.remove(id);
        self.reconnects.retain(|_, session| session != id);
        for subscription in self.subscriptions.iter_mut().filter(|one| one.session() == Some(id)) {
            if let Transport::Socket { disconnected_ms, .. } = &mut subscription.transport {
                *disconnected_ms = Some(now_ms);
            }
            if subscription.is_enabled() {
                status.clone_into(&mut subscription.status);
            }
        }
        let dead = self.subscriptions.iter().filter(|one| !one.is_enabled()).count();
        let mut surplus = dead.saturating_sub(KEPT_DEAD);
        self.subscriptions.retain(|one| {
            let drop = surplus > 0 && !one.is_enabled();
            surplus -= usize::from(drop);
            !drop
        });
    }

    pub(crate) fn has_subscriptions(&self, session: &str) -> bool {
        self.subscriptions.iter().any(|one| one.is_enabled() && one.session() == Some(session))
    }

    /// Sends an event to everybody who subscribed to it; returns to how many.
    pub(crate) fn notify(&mut self, kind: &str, event: &Value, now_ms: i64, twice: bool) -> usize {
        let wanting: Vec<Subscription> =
            self.subscriptions.iter().filter(|one| one.wants(kind, event)).cloned().collect();
        for subscription in &wanting {
            let payload = json!({ "subscription": subscription.to_json(), "event": event });
            let id = self.uuid();
            let about = Some((subscription.kind, subscription.version));
            let text = frames::frame(&id, "notification", now_ms, about, &payload);
            for _ in 0..=usize::from(twice) {
                self.send(subscription.session(), Outgoing::Frame(text.clone()));
            }
        }
        wanting.len()
    }

    /// Ends subscriptions with a `revocation`; returns how many.
    pub(crate) fn revoke(&mut self, status: &str, now_ms: i64, hit: impl Fn(&Subscription) -> bool) -> usize {
        let mut revoked = Vec::new();
        for subscription in self.subscriptions.iter_mut().filter(|one| one.is_enabled() && hit(one)) {
            status.clone_into(&mut subscription.status);
            revoked.push(subscription.clone());
        }
        for subscription in &revoked {
            let id = self.uuid();
            let payload = json!({ "subscription": subscription.to_json() });
            let about = Some((subscription.kind, subscription.version));
            let text = frames::frame(&id, "revocation", now_ms, about, &payload);
            self.send(subscription.session(), Outgoing::Frame(text));
        }
        revoked.len()
    }

    /// Asks sockets to reconnect elsewhere; returns their ids.
    pub(crate) fn reconnect(&mut self, only: Option<&str>, now_ms: i64) -> Vec<String> {
        let ids = self.session_ids(only);
        for id in &ids {
            let Some(session) = self.sessions.get(id) else { continue };
            let (host, connected_ms) = (session.host.clone(), session.connected_ms);
            let token = self.uuid();
            let url = format!("ws://{host}/ws?reconnect_token={token}");
            self.reconnects.insert(token, id.clone());
            let payload = frames::session(id, connected_ms, None, Some(&url));
            let message = self.uuid();
            let text = frames::frame(&message, "session_reconnect", now_ms, None, &payload);
            self.send(Some(id), Outgoing::Frame(text));
            self.send(Some(id), Outgoing::Leave);
        }
        ids
    }

    /// Sends something to one session, or to all; returns their ids.
    pub(crate) fn tell(&mut self, only: Option<&str>, what: &Outgoing) -> Vec<String> {
        let ids = self.session_ids(only);
        for id in &ids {
            self.send(Some(id), what.clone());
        }
        ids
    }

    fn session_ids(&self, only: Option<&str>) -> Vec<String> {
        self.sessions.keys().filter(|id| only.is_none_or(|only| only == *id)).cloned().collect()
    }

    fn send(&self, session: Option<&str>, what: Outgoing) {
        if let Some(session) = session.and_then(|id| self.sessions.get(id)) {
            // A socket that just went away loses its events, as on Twitch.
            let _ = session.sender.send(what);
        }
    }
}
