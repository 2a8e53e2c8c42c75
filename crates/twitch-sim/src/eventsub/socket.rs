//! One WebSocket connection: welcome, keepalives, events, and the ways it ends.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use futures_util::{SinkExt as _, StreamExt as _};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role};

use super::frames;
use super::hub::Outgoing;
use crate::params::Params;
use crate::sim::Sim;

type Socket = WebSocketStream<TokioIo<Upgraded>>;

/// `GET /ws?keepalive_timeout_seconds=10..600`.
pub(crate) async fn connect(State(sim): State<Arc<Sim>>, params: Params, mut request: Request) -> Response {
    let Some(key) = websocket_key(request.headers()) else {
        return (StatusCode::UPGRADE_REQUIRED, [(header::UPGRADE, "websocket")]).into_response();
    };
    let accept = derive_accept_key(key.as_bytes());
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let host = host.unwrap_or("localhost").to_owned();
    let upgrade = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        if let Ok(upgraded) = upgrade.await {
            let io = TokioIo::new(upgraded);
            let socket = WebSocketStream::from_raw_socket(io, Role::Server, None).await;
            serve(&sim, socket, &host, &params).await;
        }
    });
    let mut response = StatusCode::SWITCHING_PROTOCOLS.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    if let Ok(accept) = HeaderValue::from_str(&accept) {
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    }
    response
}

fn websocket_key(headers: &HeaderMap) -> Option<String> {
    let upgrade = headers.get(header::UPGRADE)?.to_str().ok()?;
    let key = headers.get(header::SEC_WEBSOCKET_KEY)?.to_str().ok()?;
    upgrade.eq_ignore_ascii_case("websocket").then(|| key.to_owned())
}

async fn serve(sim: &Sim, mut socket: Socket, host: &str, params: &Params) {
    let now_ms = sim.clock.now_ms();
    let opened = sim.hub.lock().open(host, params.get("reconnect_token"), now_ms);
    let Some((id, mut outgoing)) = opened else {
        close(&mut socket, 4007, "invalid reconnect").await;
        return;
    };
    let settings = sim.settings();
    let asked = params.get("keepalive_timeout_seconds").and_then(|text| text.parse::<u64>().ok());
    let keepalive_s = match settings.eventsub_keepalive_seconds {
        0 => asked.unwrap_or(10).clamp(10, 600),
        seconds => u64::from(seconds),
    };
    let welcome = frames::session(&id, now_ms, Some(keepalive_s), None);
    let message = sim.hub.lock().uuid();
    let text = frames::frame(&message, "session_welcome", now_ms, None, &welcome);
    let mut line = Line {
        keepalive: Duration::from_secs(keepalive_s),
        quiet_since: Instant::now(),
        silent: false,
        unused_at: Some(Instant::now() + Duration::from_millis(settings.eventsub_unused_ms)),
        leave_at: None,
        reconnect_grace: Duration::from_millis(settings.eventsub_reconnect_ms),
    };
    let mut status = "websocket_disconnected";
    if socket.send(Message::text(text)).await.is_ok() {
        loop {
            let step = tokio::select! {
                order = outgoing.recv() => line.obey(&mut socket, order).await,
                message = socket.next() => hear(&mut socket, message).await,
                () = sleep_until(line.quiet_since + line.keepalive), if !line.silent => {
                    line.keep_alive(sim, &mut socket).await
                }
                () = sleep_until(line.unused_at.unwrap_or(line.quiet_since)), if line.unused_at.is_some() => {
                    line.check_use(sim, &id, &mut socket).await
                }
                () = sleep_until(line.leave_at.unwrap_or(line.quiet_since)), if line.leave_at.is_some() => {
                    close(&mut socket, 4004, "reconnect grace time expired").await;
                    ControlFlow::Break("websocket_disconnected")
                }
                () = sim.stopping.cancelled() => {
                    close(&mut socket, 4000, "internal server error").await;
                    ControlFlow::Break("websocket_internal_error")
                }
            };
            if let ControlFlow::Break(why) = step {
                status = why;
                break;
            }
        }
    }
    sim.hub.lock().close(&id, status, sim.clock.now_ms());
}

type Step = ControlFlow<&'static str>;

/// The timers of a connection.
struct Line {
    keepalive: Duration,
    quiet_since: Instant,
    silent: bool,
    unused_at: Option<Instant>,
    leave_at: Option<Instant>,
    reconnect_grace: Duration,
}

impl Line {
    async fn obey(&mut self, socket: &mut Socket, order: Option<Outgoing>) -> Step {
        match order {
            Some(Outgoing::Frame(_)) if self.silent => ControlFlow::Continue(()),
            Some(Outgoing::Frame(text)) => {
                self.quiet_since = Instant::now();
                sent(&socket.send(Message::text(text)).await)
            }
            Some(Outgoing::Close(code, reason)) => {
                close(socket, code, reason).await;
                ControlFlow::Break(status_of(code))
            }
            Some(Outgoing::Drop) | None => ControlFlow::Break("websocket_network_error"),
            Some(Outgoing::Silence) => {
                self.silent = true;
                ControlFlow::Continue(())
            }
            Some(Outgoing::Leave) => {
                self.leave_at = Some(Instant::now() + self.reconnect_grace);
                ControlFlow::Continue(())
            }
        }
    }

    async fn keep_alive(&mut self, sim: &Sim, socket: &mut Socket) -> Step {
        self.quiet_since = Instant::now();
        let id = sim.hub.lock().uuid();
        let payload = serde_json::json!({});
        let text = frames::frame(&id, "session_keepalive", sim.clock.now_ms(), None, &payload);
        sent(&socket.send(Message::text(text)).await)
    }

    async fn check_use(&mut self, sim: &Sim, id: &str, socket: &mut Socket) -> Step {
        self.unused_at = None;
        let used = sim.hub.lock().has_subscriptions(id);
        if used || self.leave_at.is_some() {
            return ControlFlow::Continue(());
        }
        close(socket, 4003, "connection unused").await;
        ControlFlow::Break("websocket_connection_unused")
    }
}

/// Clients may answer pings and close; anything else ends the connection.
async fn hear<E>(socket: &mut Socket, message: Option<Result<Message, E>>) -> Step {
    match message {
        Some(Ok(Message::Text(_) | Message::Binary(_))) => {
            close(socket, 4001, "client sent inbound traffic").await;
            ControlFlow::Break("websocket_received_inbound_traffic")
        }
        Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => ControlFlow::Continue(()),
        Some(Ok(Message::Close(_)) | Err(_)) | None => ControlFlow::Break("websocket_disconnected"),
    }
}

fn sent<E>(result: &Result<(), E>) -> Step {
    if result.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break("websocket_network_error") }
}

fn status_of(code: u16) -> &'static str {
    match code {
        4000 => "websocket_internal_error",
        4001 => "websocket_received_inbound_traffic",
        4002 => "websocket_failed_ping_pong",
        4003 => "websocket_connection_unused",
        4005 => "websocket_network_timeout",
        4006 => "websocket_network_error",
        _ => "websocket_disconnected",
    }
}

/// Says goodbye and gives the client a moment to answer.
async fn close(socket: &mut Socket, code: u16, reason: &'static str) {
    let frame = CloseFrame { code: CloseCode::from(code), reason: reason.into() };
    if socket.close(Some(frame)).await.is_ok() {
        let answered = async { while let Some(Ok(_)) = socket.next().await {} };
        let _ = timeout(Duration::from_secs(1), answered).await;
    }
}
