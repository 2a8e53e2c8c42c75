//! Events over the simulator's WebSocket.

use common::{
    clients::twitch_api::Role,
    ids::{ChannelId, UserId},
};
use serde_json::{Value, json};
use twitch_sim::people::{GRANDE_VAGUE, HARBOR_LIGHT, LEA, NIGHT_SHIFT, PETIT_PIXEL};

use crate::rig::{Rig, channel};

/// Léa moderates three channels; the owner of another channel has logged in too.
async fn listening() -> (Rig, UserId) {
    let rig = Rig::start().await;
    let (lea, harbor) = (rig.login(LEA).await, rig.login(HARBOR_LIGHT).await);
    let moderated =
        [HARBOR_LIGHT, PETIT_PIXEL, GRANDE_VAGUE].map(|person| (channel(person), Role::Moderator));
    let mut channels = vec![(ChannelId(lea.0), Role::Broadcaster)];
    channels.extend(moderated);
    rig.knows(lea, &channels).await;
    rig.knows(harbor, &[(channel(HARBOR_LIGHT), Role::Broadcaster)]).await;
    // Three for each own channel, raids for the two others.
    subscribed(&rig, 8).await;
    (rig, lea)
}

async fn enabled(rig: &Rig) -> Vec<Value> {
    let told = rig.sim("GET", "sim/eventsub", Value::Null).await;
    let all = told["subscriptions"].as_array().unwrap();
    all.iter().filter(|one| one["status"] == "enabled").cloned().collect()
}

async fn subscribed(rig: &Rig, count: usize) {
    rig.eventually("everything is subscribed", || async { enabled(rig).await.len() == count }).await;
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
    assert_eq!(costs, 2, "only the channels of strangers cost");
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
    let sessions = || async { rig.sim("GET", "sim/eventsub", Value::Null).await["sessions"].clone() };
    let before = sessions().await;
    rig.sim("PUT", "sim/settings", json!({ "eventsub_reconnect_ms": 5_000 })).await;
    rig.sim("POST", "sim/eventsub/reconnect", json!({})).await;
    raid(&rig, channel(PETIT_PIXEL)).await;
    rig.eventually("the sockets moved", || async {
        let now = sessions().await;
        now.as_array().unwrap().len() == 2
            && now.as_array().unwrap().iter().all(|id| !before.as_array().unwrap().contains(id))
    })
    .await;
    assert_eq!(enabled(&rig).await.len(), 8, "subscriptions carry over");
    raid(&rig, channel(GRANDE_VAGUE)).await;
    rig.eventually("both raids are stored", || async { raids(&rig).await == 2 }).await;

    for way in ["close", "cut"] {
        rig.sim("POST", &format!("sim/eventsub/{way}"), json!({})).await;
        rig.eventually("all is gone", || async { enabled(&rig).await.len() < 8 }).await;
        subscribed(&rig, 8).await;
    }
    raid(&rig, channel(HARBOR_LIGHT)).await;
    rig.eventually("the raid is stored", || async { raids(&rig).await == 3 }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_socket_is_dead() {
    let rig = Rig::start().await;
    rig.sim("PUT", "sim/settings", json!({ "eventsub_keepalive_seconds": 2 })).await;
    let harbor = rig.login(HARBOR_LIGHT).await;
    rig.knows(harbor, &[(channel(HARBOR_LIGHT), Role::Broadcaster)]).await;
    subscribed(&rig, 3).await;
    let before = rig.sim("GET", "sim/eventsub", Value::Null).await["sessions"].clone();
    rig.sim("POST", "sim/eventsub/silence", json!({})).await;
    rig.eventually("another socket", || async {
        let now = rig.sim("GET", "sim/eventsub", Value::Null).await["sessions"].clone();
        now != before && enabled(&rig).await.len() == 3
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
    rig.eventually("the socket is closed", || async {
        let told = rig.sim("GET", "sim/eventsub", Value::Null).await;
        told["sessions"].as_array().unwrap().len() == 1
    })
    .await;
}
