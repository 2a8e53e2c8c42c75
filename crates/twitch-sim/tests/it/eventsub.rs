//! Sockets from welcome to close, and the subscriptions on them.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::harness::*;

const DEADLINE: Duration = Duration::from_secs(10);

struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    async fn open(url: &str) -> Self {
        Self(connect_async(url).await.unwrap().0)
    }

    async fn connect(sim: &Sim) -> (Self, String) {
        let mut socket = Self::open(&format!("{}/ws", sim.base.replace("http", "ws"))).await;
        let welcome = socket.expect("session_welcome").await;
        let id = text(&welcome["payload"]["session"]["id"]);
        (socket, id)
    }

    /// The next frame, or the code of the close.
    async fn next(&mut self) -> Result<Value, u16> {
        loop {
            match timeout(DEADLINE, self.0.next()).await.expect("a frame in time") {
                Some(Ok(Message::Text(text))) => return Ok(serde_json::from_str(&text).unwrap()),
                Some(Ok(Message::Close(frame))) => return Err(frame.map_or(1_005, |frame| frame.code.into())),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Err(1_006),
            }
        }
    }

    /// The next frame of a type; keepalives are passed over.
    async fn expect(&mut self, kind: &str) -> Value {
        loop {
            let frame = self.next().await.unwrap();
            if frame["metadata"]["message_type"] == kind {
                return frame;
            }
            assert_eq!(frame["metadata"]["message_type"], "session_keepalive", "{frame}");
        }
    }

    async fn expect_close(&mut self) -> u16 {
        loop {
            if let Err(code) = self.next().await {
                return code;
            }
        }
    }
}

async fn subscribe(sim: &Sim, login: &Login, session: &str, kind: &str, condition: Value) -> (u16, Value) {
    let version = if kind == "channel.follow" { "2" } else { "1" };
    let body = json!({
        "type": kind,
        "version": version,
        "condition": condition,
        "transport": { "method": "websocket", "session_id": session },
    });
    answer(sim.helix(login, Method::POST, "/eventsub/subscriptions").json(&body)).await
}

fn raids_to(channel: &str) -> Value {
    json!({ "to_broadcaster_user_id": channel })
}

#[tokio::test]
async fn a_raid_and_a_stream_are_told() {
    let sim = Sim::start().await;
    let lea = sim.log_in(LEA, "").await;
    let (mut socket, session) = Socket::connect(&sim).await;
    let (status, made) = subscribe(&sim, &lea, &session, "channel.raid", raids_to(PETIT_PIXEL)).await;
    assert_eq!(status, 202, "{made}");
    assert_eq!((&made["total_cost"], &made["max_total_cost"]), (&json!(1), &json!(10)));
    assert_eq!(made["data"][0]["status"], "enabled");
    let watched = json!({ "broadcaster_user_id": NEW_FACE });
    for kind in ["stream.online", "stream.offline"] {
        assert_eq!(subscribe(&sim, &lea, &session, kind, watched.clone()).await.0, 202);
    }

    let raid = json!({ "from": HARBOR_LIGHT, "to": PETIT_PIXEL, "viewers": 50 });
    assert_eq!(sim.control(Method::POST, "/raids", raid).await["notified"], 1);
    let frame = socket.expect("notification").await;
    assert_eq!(frame["metadata"]["subscription_type"], "channel.raid");
    let event = &frame["payload"]["event"];
    assert_eq!(
        (&event["viewers"], &event["from_broadcaster_user_login"]),
        (&json!(50), &json!("harborlight"))
    );
    let silent = json!({ "from": HARBOR_LIGHT, "to": PETIT_PIXEL, "viewers": 5, "silent": true });
    sim.control(Method::POST, "/raids", silent).await;

    sim.control(Method::POST, &format!("/channels/{NEW_FACE}/live"), json!({})).await;
    let online = socket.expect("notification").await;
    assert_eq!(online["payload"]["event"]["type"], "live");
    sim.control(Method::POST, &format!("/channels/{NEW_FACE}/offline"), json!({})).await;
    let offline = socket.expect("notification").await;
    assert_eq!(offline["metadata"]["subscription_type"], "stream.offline");
}

#[tokio::test]
async fn the_schedule_is_told_when_time_passes() {
    let sim = Sim::start().await;
    let lea = sim.log_in(LEA, "").await;
    let (mut socket, session) = Socket::connect(&sim).await;
    let condition = json!({ "broadcaster_user_id": NIGHT_SHIFT });
    assert_eq!(subscribe(&sim, &lea, &session, "stream.online", condition).await.0, 202);
    let app = sim.app().await;
    for _ in 0..96 {
        sim.advance(3_600.0).await;
        if sim.get(&app, &format!("/streams?user_id={NIGHT_SHIFT}")).await.1["data"] != json!([]) {
            let online = socket.expect("notification").await;
            assert_eq!(online["payload"]["event"]["broadcaster_user_login"], "sam_nightshift");
            return;
        }
    }
    panic!("no stream in four days");
}

#[tokio::test]
async fn keepalives_come_and_twice_the_same_event_can() {
    let sim = Sim::start().await;
    sim.control(
        Method::PUT,
        "/settings",
        json!({ "eventsub_keepalive_seconds": 1, "eventsub_duplicates": true }),
    )
    .await;
    let lea = sim.log_in(LEA, "").await;
    let (mut socket, session) = Socket::connect(&sim).await;
    let first = socket.next().await.unwrap();
    assert_eq!(first["metadata"]["message_type"], "session_keepalive");
    subscribe(&sim, &lea, &session, "channel.raid", raids_to(PETIT_PIXEL)).await;
    sim.control(Method::POST, "/raids", json!({ "from": HARBOR_LIGHT, "to": PETIT_PIXEL, "viewers": 1 }))
        .await;
    let (a, b) = (socket.expect("notification").await, socket.expect("notification").await);
    assert_eq!(a["metadata"]["message_id"], b["metadata"]["message_id"]);
}

#[tokio::test]
async fn subscriptions_survive_a_reconnect() {
    let sim = Sim::start().await;
    sim.control(Method::PUT, "/settings", json!({ "eventsub_reconnect_ms": 300 })).await;
    let lea = sim.log_in(LEA, "").await;
    let (mut old, session) = Socket::connect(&sim).await;
    subscribe(&sim, &lea, &session, "channel.raid", raids_to(PETIT_PIXEL)).await;
    sim.control(Method::POST, "/eventsub/reconnect", json!({})).await;
    let frame = old.expect("session_reconnect").await;
    let details = &frame["payload"]["session"];
    assert_eq!(
        (&details["status"], &details["keepalive_timeout_seconds"]),
        (&json!("reconnecting"), &json!(null))
    );
    let url = text(&details["reconnect_url"]);
    let mut new = Socket::open(&url).await;
    new.expect("session_welcome").await;
    let raid = json!({ "from": HARBOR_LIGHT, "to": PETIT_PIXEL, "viewers": 9 });
    sim.control(Method::POST, "/raids", raid).await;
    assert_eq!(new.expect("notification").await["payload"]["event"]["viewers"], 9);
    assert_eq!(old.expect_close().await, 4_004);
    // A reconnect address works once.
    assert_eq!(Socket::open(&url).await.expect_close().await, 4_007);
}

#[tokio::test]
async fn sockets_end_as_documented() {
    let sim = Sim::start().await;
    sim.control(Method::PUT, "/settings", json!({ "eventsub_unused_ms": 200 })).await;
    let (mut unused, _) = Socket::connect(&sim).await;
    assert_eq!(unused.expect_close().await, 4_003);
    sim.control(Method::PUT, "/settings", json!({ "eventsub_unused_ms": 60_000 })).await;
    let (mut talking, _) = Socket::connect(&sim).await;
    talking.0.send(Message::text("hello")).await.unwrap();
    assert_eq!(talking.expect_close().await, 4_001);
    let (mut told, session) = Socket::connect(&sim).await;
    sim.control(Method::POST, "/eventsub/close", json!({ "session_id": session, "code": 4_005 })).await;
    assert_eq!(told.expect_close().await, 4_005);
    let (mut cut, _) = Socket::connect(&sim).await;
    sim.control(Method::POST, "/eventsub/cut", json!({})).await;
    assert_eq!(cut.expect_close().await, 1_006);
}

#[tokio::test]
async fn grants_and_roles_that_end_revoke_subscriptions() {
    let sim = Sim::start().await;
    let lea = sim.log_in(LEA, "moderator:read:followers").await;
    let (mut socket, session) = Socket::connect(&sim).await;
    let follow = json!({ "broadcaster_user_id": HARBOR_LIGHT, "moderator_user_id": LEA });
    assert_eq!(subscribe(&sim, &lea, &session, "channel.follow", follow).await.0, 202);
    subscribe(&sim, &lea, &session, "channel.raid", raids_to(PETIT_PIXEL)).await;
    sim.control(Method::DELETE, &format!("/channels/{HARBOR_LIGHT}/moderators/{LEA}"), json!({})).await;
    let frame = socket.expect("revocation").await;
    assert_eq!(frame["payload"]["subscription"]["status"], "moderator_removed");
    sim.control(Method::POST, &format!("/users/{LEA}/disconnect"), json!({})).await;
    let frame = socket.expect("revocation").await;
    assert_eq!(frame["payload"]["subscription"]["status"], "authorization_revoked");
    assert_eq!(frame["metadata"]["subscription_type"], "channel.raid");
}

#[tokio::test]
async fn subscribing_is_limited_and_checked() {
    let sim = Sim::start().await;
    let lea = sim.log_in(LEA, "").await;
    let (_socket, session) = Socket::connect(&sim).await;
    let raid = async |channel: &str| subscribe(&sim, &lea, &session, "channel.raid", raids_to(channel)).await;
    assert_eq!(raid(PETIT_PIXEL).await.0, 202);
    assert_eq!(raid(PETIT_PIXEL).await.1["message"], "subscription already exists");
    // One's own channel costs nothing, since its owner authorised the application.
    assert_eq!(raid(LEA).await.1["data"][0]["cost"], 0);
    // `null` is what some clients write for the half of the condition that they leave open.
    let half = json!({ "from_broadcaster_user_id": null, "to_broadcaster_user_id": LEA });
    assert_eq!(subscribe(&sim, &lea, &session, "channel.raid", half).await.0, 409);
    let made = sim
        .control(Method::POST, "/channels", json!({ "channels": 10, "chatters": 1, "moderator": 1 }))
        .await;
    let mut last = 0;
    for channel in made["channel_ids"].as_array().unwrap() {
        last = raid(channel.as_str().unwrap()).await.0;
    }
    assert_eq!(last, 429, "the cost is limited to 10");

    let app = sim.app().await;
    let online = json!({ "broadcaster_user_id": PETIT_PIXEL });
    assert_eq!(subscribe(&sim, &app, &session, "stream.online", online.clone()).await.0, 400);
    assert_eq!(subscribe(&sim, &lea, "nowhere", "stream.online", online.clone()).await.0, 400);
    assert_eq!(subscribe(&sim, &lea, &session, "stream.sideways", online).await.0, 400);
    assert_eq!(subscribe(&sim, &lea, &session, "channel.raid", json!({})).await.0, 400);
    let follow = json!({ "broadcaster_user_id": HARBOR_LIGHT, "moderator_user_id": LEA });
    assert_eq!(subscribe(&sim, &lea, &session, "channel.follow", follow).await.0, 403, "no scope");
}

#[tokio::test]
async fn subscriptions_are_listed_filtered_and_deleted() {
    let sim = Sim::start().await;
    let lea = sim.log_in(LEA, "").await;
    let (socket, session) = Socket::connect(&sim).await;
    let (_, made) = subscribe(&sim, &lea, &session, "channel.raid", raids_to(PETIT_PIXEL)).await;
    let condition = json!({ "broadcaster_user_id": HARBOR_LIGHT });
    subscribe(&sim, &lea, &session, "stream.online", condition).await;
    let list = async |query: &str| sim.get(&lea, &format!("/eventsub/subscriptions{query}")).await;
    assert_eq!(list("").await.1["total"], 2);
    assert_eq!(list("?type=stream.online").await.1["data"].as_array().unwrap().len(), 1);
    assert_eq!(list("?type=stream.online&status=enabled").await.0, 400);
    let path = format!("/eventsub/subscriptions?id={}", text(&made["data"][0]["id"]));
    assert_eq!(answer(sim.helix(&lea, Method::DELETE, &path)).await.0, 204);
    assert_eq!(answer(sim.helix(&lea, Method::DELETE, &path)).await.0, 404);
    // The root address serves clients of the official mock.
    let root = sim.request(Method::GET, "/eventsub/subscriptions").bearer_auth(&lea.access);
    assert_eq!(answer(root.header("Client-Id", CLIENT)).await.1["total"], 1);
    drop(socket);
    let gone = async {
        while list("?status=websocket_disconnected").await.1["data"] == json!([]) {
            tokio::task::yield_now().await;
        }
    };
    timeout(DEADLINE, gone).await.expect("the loss is noticed");
}
