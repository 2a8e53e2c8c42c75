//! Events over the simulator's WebSocket.

use chrono::{DateTime, TimeDelta, Utc};
use common::{
    clients::twitch_api::Role,
    clock::Clock,
    db,
    ids::{ChannelId, UserId},
};
use serde_json::{Value, json};
use twitch_sim::people::{GRANDE_VAGUE, HARBOR_LIGHT, LEA, NIGHT_SHIFT, PETIT_PIXEL};

use crate::rig::{Rig, channel};

/// Léa moderates three channels; the owner of one of them has logged in too.
async fn listening() -> (Rig, UserId) {
    let rig = Rig::start().await;
    let (lea, harbor) = (rig.login(LEA).await, rig.login(HARBOR_LIGHT).await);
    let moderated =
        [HARBOR_LIGHT, PETIT_PIXEL, GRANDE_VAGUE].map(|person| (channel(person), Role::Moderator));
    let mut channels = vec![(ChannelId(lea.0), Role::Broadcaster)];
    channels.extend(moderated);
    rig.knows(lea, &channels).await;
    rig.knows(harbor, &[(channel(HARBOR_LIGHT), Role::Broadcaster)]).await;
    // Three for each own channel, as many for the two others.
    subscribed(&rig, ALL).await;
    (rig, lea)
}

/// What is subscribed when [`listening`].
const ALL: usize = 12;

async fn enabled(rig: &Rig) -> Vec<Value> {
    let told = rig.sim("GET", "sim/eventsub", Value::Null).await;
    let all = told["subscriptions"].as_array().unwrap();
    all.iter().filter(|one| one["status"] == "enabled").cloned().collect()
}

async fn subscribed(rig: &Rig, count: usize) {
    rig.eventually("everything is subscribed", || async { enabled(rig).await.len() == count }).await;
}

/// Their ids, sorted.
async fn subscription_ids(rig: &Rig) -> Vec<String> {
    let mut ids: Vec<_> =
        enabled(rig).await.iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect();
    ids.sort_unstable();
    ids
}

async fn sessions(rig: &Rig) -> Vec<Value> {
    let told = rig.sim("GET", "sim/eventsub", Value::Null).await;
    told["sessions"].as_array().unwrap().clone()
}

/// Waits until there are as many sockets as `before`, and none of those.
async fn moved(rig: &Rig, before: &[Value]) {
    rig.eventually("the sockets moved", || async {
        let now = sessions(rig).await;
        now.len() == before.len() && now.iter().all(|id| !before.contains(id))
    })
    .await;
}

async fn raid(rig: &Rig, to: ChannelId) {
    let raid =
        json!({ "from": NIGHT_SHIFT.to_string(), "to": to.to_string(), "viewers": 40, "announced": 42 });
    let told = rig.sim("POST", "sim/raids", raid).await;
    assert!(told["notified"].as_u64().unwrap() > 0, "{told}");
}

async fn raids(rig: &Rig) -> i64 {
    sqlx::query_scalar("SELECT COUNT(*) FROM raids").fetch_one(&rig.pool).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn raids_and_streams_are_stored_once() {
    let (rig, _) = listening().await;
    let costs: u64 = enabled(&rig).await.iter().map(|one| one["cost"].as_u64().unwrap()).sum();
    assert_eq!(costs, 6, "only the channels of strangers cost");
    rig.sim("PUT", "sim/settings", json!({ "eventsub_duplicates": true })).await;
    raid(&rig, channel(PETIT_PIXEL)).await;
    rig.eventually("the raid is stored", || async { raids(&rig).await == 1 }).await;
    let (from, to, login, viewers): (u64, u64, String, u32) =
        sqlx::query_as("SELECT from_channel_id, to_channel_id, from_login, viewers FROM raids")
            .fetch_one(&rig.pool)
            .await
            .unwrap();
    assert_eq!((from, to), (NIGHT_SHIFT.0.into(), PETIT_PIXEL.0.into()));
    assert_eq!((login.as_str(), viewers), ("sam_nightshift", 42));

    let harbor = channel(HARBOR_LIGHT);
    let open = || async {
        let open = "SELECT COUNT(*) FROM streams WHERE channel_id = ? AND ended_at IS NULL";
        sqlx::query_scalar::<_, i64>(open).bind(harbor.0).fetch_one(&rig.pool).await.unwrap()
    };
    rig.sim("POST", &format!("sim/channels/{harbor}/offline"), json!({})).await;
    rig.sim("PUT", "sim/clock", json!({ "advance_seconds": 60 })).await;
    rig.sim("POST", &format!("sim/channels/{harbor}/live"), json!({})).await;
    rig.eventually("the broadcast began", || async { open().await == 1 }).await;
    rig.sim("PUT", "sim/clock", json!({ "advance_seconds": 60 })).await;
    rig.sim("POST", &format!("sim/channels/{harbor}/offline"), json!({})).await;
    rig.eventually("the broadcast ended", || async { open().await == 0 }).await;
    assert_eq!(raids(&rig).await, 1, "a message told twice was stored twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reconnect_loses_nothing_and_a_lost_socket_subscribes_again() {
    let (rig, _) = listening().await;
    let before = sessions(&rig).await;
    rig.sim("PUT", "sim/settings", json!({ "eventsub_reconnect_ms": 5_000 })).await;
    rig.sim("POST", "sim/eventsub/reconnect", json!({})).await;
    raid(&rig, channel(PETIT_PIXEL)).await;
    moved(&rig, &before).await;
    assert_eq!(enabled(&rig).await.len(), ALL, "subscriptions carry over");
    raid(&rig, channel(GRANDE_VAGUE)).await;
    rig.eventually("both raids are stored", || async { raids(&rig).await == 2 }).await;

    for way in ["close", "cut"] {
        rig.sim("POST", &format!("sim/eventsub/{way}"), json!({})).await;
        rig.eventually("all is gone", || async { enabled(&rig).await.len() < ALL }).await;
        subscribed(&rig, ALL).await;
    }
    raid(&rig, channel(HARBOR_LIGHT)).await;
    rig.eventually("the raid is stored", || async { raids(&rig).await == 3 }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_that_fails_is_tried_again_while_the_old_socket_is_heard() {
    let (rig, _) = listening().await;
    let (before, ids) = (sessions(&rig).await, subscription_ids(&rig).await);
    rig.sim("POST", "sim/faults", json!({ "endpoint": "GET /ws", "kind": "unavailable", "next": 2 })).await;
    rig.sim("POST", "sim/eventsub/reconnect", json!({})).await;
    rig.eventually("both sockets were refused", || async {
        rig.sim("GET", "sim/requests", Value::Null).await["endpoints"]["GET /ws"]["503"] == 2
    })
    .await;
    raid(&rig, channel(PETIT_PIXEL)).await;
    rig.eventually("the raid is stored", || async { raids(&rig).await == 1 }).await;
    moved(&rig, &before).await;
    assert_eq!(subscription_ids(&rig).await, ids, "they were subscribed anew");
    raid(&rig, channel(GRANDE_VAGUE)).await;
    rig.eventually("the other raid is stored", || async { raids(&rig).await == 2 }).await;
}

/// An event says neither how many watch nor the title.
#[tokio::test(flavor = "multi_thread")]
async fn a_late_beginning_leaves_what_the_poll_has_seen() {
    let rig = Rig::start().await;
    let owner = rig.login(HARBOR_LIGHT).await;
    let harbor = channel(HARBOR_LIGHT);
    rig.knows(owner, &[(harbor, Role::Broadcaster)]).await;
    subscribed(&rig, 3).await;
    rig.sim("POST", &format!("sim/channels/{harbor}/live"), json!({})).await;
    let streams = rig.api.streams(&[harbor]).await.unwrap().streams;
    let stream = &streams[0];
    assert!(stream.viewer_count > 0 && !stream.title.is_empty());
    let polled_at = Clock::system().now() - TimeDelta::hours(1);
    db::streams::seen(&rig.pool, &streams, polled_at).await.unwrap();

    let event = json!({
        "id": stream.twitch_id,
        "broadcaster_user_id": harbor,
        "type": "live",
        "started_at": stream.started_at,
    });
    let told =
        rig.sim("POST", "sim/eventsub/notify", json!({ "type": "stream.online", "event": event })).await;
    assert_eq!(told["notified"], 1);
    let kept = || async {
        let kept = "SELECT seen_at, viewer_count, title FROM streams WHERE id = ?";
        let row = sqlx::query_as::<_, (DateTime<Utc>, u32, String)>(kept).bind(stream.twitch_id.0);
        row.fetch_one(&rig.pool).await.unwrap()
    };
    let soon = polled_at + TimeDelta::minutes(30);
    rig.eventually("the event is stored", || async { kept().await.0 > soon }).await;
    let (_, viewers, title) = kept().await;
    assert_eq!((viewers, &title), (stream.viewer_count, &stream.title));
}

/// The first copy of the message meets a deadlock as often as it is tried, the second finds the way free.
#[tokio::test(flavor = "multi_thread")]
async fn a_raid_outlives_a_hiccup_of_the_database() {
    let (rig, _) = listening().await;
    // Counts outside of transactions, which are rolled back.
    for statement in [
        "CREATE TABLE hiccups ENGINE = MyISAM AS SELECT 5 AS ahead",
        "CREATE TRIGGER hiccup BEFORE INSERT ON raids FOR EACH ROW
         IF (SELECT ahead FROM hiccups) > 0 THEN
             UPDATE hiccups SET ahead = ahead - 1;
             SIGNAL SQLSTATE '40001' SET MYSQL_ERRNO = 1213;
         END IF",
    ] {
        sqlx::raw_sql(statement).execute(&rig.pool).await.unwrap();
    }
    rig.sim("PUT", "sim/settings", json!({ "eventsub_duplicates": true })).await;
    raid(&rig, channel(PETIT_PIXEL)).await;
    rig.eventually("the raid is stored", || async { raids(&rig).await == 1 }).await;
    let ahead: i64 =
        sqlx::query_scalar("SELECT CAST(ahead AS SIGNED) FROM hiccups").fetch_one(&rig.pool).await.unwrap();
    assert_eq!(ahead, 0, "there was no hiccup");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_socket_is_dead() {
    let rig = Rig::start().await;
    rig.sim("PUT", "sim/settings", json!({ "eventsub_keepalive_seconds": 2 })).await;
    let harbor = rig.login(HARBOR_LIGHT).await;
    rig.knows(harbor, &[(channel(HARBOR_LIGHT), Role::Broadcaster)]).await;
    subscribed(&rig, 3).await;
    let before = sessions(&rig).await;
    rig.sim("POST", "sim/eventsub/silence", json!({})).await;
    rig.eventually("another socket", || async {
        sessions(&rig).await != before && enabled(&rig).await.len() == 3
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_who_disconnects_is_listened_to_no_more() {
    let (rig, lea) = listening().await;
    rig.sim("POST", &format!("sim/users/{lea}/disconnect"), json!({})).await;
    rig.sim(
        "POST",
        "sim/eventsub/revoke",
        json!({ "status": "authorization_revoked", "type": "channel.raid" }),
    )
    .await;
    rig.eventually("the grant is lost", || async { rig.stored(lea).await.1.is_some() }).await;
    rig.eventually("the socket is closed", || async { sessions(&rig).await.len() == 1 }).await;
}
