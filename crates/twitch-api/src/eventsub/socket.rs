//! One connection to EventSub: the welcome, then frames, each within the keepalive time or the connection is dead.

use std::time::Duration;

use chrono::{DateTime, Utc};
use common::problem::chain;
use futures_util::StreamExt as _;
use serde::Deserialize;
use serde_json::Value;
use tokio::{
    net::TcpStream,
    time::{Instant, sleep, timeout, timeout_at},
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{self, Message},
};
use url::Url;

/// How long connecting and the welcome may take.
const OPEN_WITHIN: Duration = Duration::from_secs(15);

/// How long Twitch keeps a connection that it has asked us to leave.
const LEAVE_WITHIN: Duration = Duration::from_secs(30);

/// Between attempts to connect to where it asked us to go; one more is made after the last.
const MOVE_PAUSES_SECONDS: [u64; 4] = [1, 2, 4, 8];

/// Silence that is asked for. Twitch sends a keepalive after it; we wait half as long again.
const KEEPALIVE_SECONDS: u64 = 30;

pub(super) struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// What subscriptions name as their transport.
    pub(super) session: String,
    keepalive: Duration,
    heard_at: Instant,
}

/// What Twitch says.
pub(super) enum Heard {
    Event(Event),
    /// The connection is to be replaced by one to this address; subscriptions move on by themselves.
    Reconnect(Url),
    /// A subscription is over, and why.
    Revoked {
        subscription: String,
        status: String,
    },
}

/// A notification.
#[derive(Debug)]
pub(super) struct Event {
    pub(super) message_id: String,
    pub(super) kind: String,
    pub(super) at: DateTime<Utc>,
    pub(super) body: Value,
}

/// Why a connection is over.
#[derive(Debug, thiserror::Error)]
pub(super) enum SocketError {
    #[error("the connection failed")]
    Failed(#[from] tungstenite::Error),
    #[error("nothing was heard for {} s", .0.as_secs())]
    Silent(Duration),
    #[error("closed by Twitch: {0}")]
    Closed(String),
    #[error("a frame makes no sense: {0}")]
    Protocol(String),
}

#[derive(Deserialize)]
struct Frame {
    metadata: Metadata,
    #[serde(default)]
    payload: Payload,
}

#[derive(Deserialize)]
struct Metadata {
    message_id: String,
    message_type: String,
    message_timestamp: DateTime<Utc>,
    subscription_type: Option<String>,
}

#[derive(Default, Deserialize)]
struct Payload {
    session: Option<Session>,
    subscription: Option<Subscription>,
    #[serde(default)]
    event: Value,
}

#[derive(Deserialize)]
struct Session {
    id: String,
    keepalive_timeout_seconds: Option<u64>,
    reconnect_url: Option<Url>,
}

#[derive(Deserialize)]
struct Subscription {
    id: String,
    status: String,
}

impl Socket {
    /// Connects to the configured address.
    pub(super) async fn open(url: &Url) -> Result<Self, SocketError> {
        let mut url = url.clone();
        url.query_pairs_mut().append_pair("keepalive_timeout_seconds", &KEEPALIVE_SECONDS.to_string());
        Self::open_verbatim(&url).await
    }

    /// Connects to the address that Twitch asked us to move to, again if that fails, as long as it keeps the old connection.
    pub(super) async fn follow(url: Url) -> Result<Self, SocketError> {
        let trying = async {
            for pause in MOVE_PAUSES_SECONDS {
                match Self::open_verbatim(&url).await {
                    Ok(socket) => return Ok(socket),
                    Err(error) => tracing::debug!(cause = chain(&error), "eventsub.move_again"),
                }
                sleep(Duration::from_secs(pause)).await;
            }
            Self::open_verbatim(&url).await
        };
        timeout(LEAVE_WITHIN, trying).await.unwrap_or(Err(SocketError::Silent(LEAVE_WITHIN)))
    }

    /// Connects to this very address, and waits for the welcome.
    async fn open_verbatim(url: &Url) -> Result<Self, SocketError> {
        let opening = async {
            let (mut stream, _) = connect_async(url.as_str()).await?;
            let frame = next_frame(&mut stream).await?;
            let session = frame.payload.session.filter(|_| frame.metadata.message_type == "session_welcome");
            let session = session.ok_or_else(|| SocketError::Protocol("no welcome".to_owned()))?;
            let keepalive =
                Duration::from_secs(session.keepalive_timeout_seconds.unwrap_or(KEEPALIVE_SECONDS));
            Ok(Self { stream, session: session.id, keepalive: keepalive * 3 / 2, heard_at: Instant::now() })
        };
        timeout(OPEN_WITHIN, opening).await.unwrap_or(Err(SocketError::Silent(OPEN_WITHIN)))
    }

    /// The next thing that Twitch says. May be dropped while waiting.
    pub(super) async fn next(&mut self) -> Result<Heard, SocketError> {
        loop {
            let frame = timeout_at(self.heard_at + self.keepalive, next_frame(&mut self.stream)).await;
            let Frame { metadata, payload } = frame.map_err(|_| SocketError::Silent(self.keepalive))??;
            self.heard_at = Instant::now();
            match metadata.message_type.as_str() {
                "notification" => {
                    return Ok(Heard::Event(Event {
                        message_id: metadata.message_id,
                        kind: metadata.subscription_type.unwrap_or_default(),
                        at: metadata.message_timestamp,
                        body: payload.event,
                    }));
                }
                "session_reconnect" => {
                    let url = payload.session.and_then(|session| session.reconnect_url);
                    let missing = || SocketError::Protocol("a reconnect to nowhere".to_owned());
                    return url.map(Heard::Reconnect).ok_or_else(missing);
                }
                "revocation" => {
                    if let Some(Subscription { id, status }) = payload.subscription {
                        return Ok(Heard::Revoked { subscription: id, status });
                    }
                }
                // Keepalives, and what Twitch may add.
                _ => {}
            }
        }
    }
}

/// Pings are answered by the library while it reads.
async fn next_frame(stream: &mut WebSocketStream<MaybeTlsStream<TcpStream>>) -> Result<Frame, SocketError> {
    loop {
        match stream.next().await {
            Some(Ok(Message::Text(text))) => {
                return serde_json::from_str(&text).map_err(|error| SocketError::Protocol(error.to_string()));
            }
            Some(Ok(Message::Close(frame))) => {
                let why = frame.map(|frame| format!("{} {}", u16::from(frame.code), frame.reason));
                return Err(SocketError::Closed(why.unwrap_or_default()));
            }
            Some(Ok(_)) => {}
            Some(Err(error)) => return Err(error.into()),
            None => return Err(SocketError::Closed("without a word".to_owned())),
        }
    }
}
