//! Who is live.

use std::time::Duration;

use common::{
    clients::twitch_api::Role,
    events::{self, ChannelViewers, Event, Published},
    ids::{ChannelId, UserId},
    redis_keys,
};
use devstack::proxy;
use futures_util::StreamExt as _;
use serde_json::{Value, json};
use twitch_sim::people::{HARBOR_LIGHT, NEW_FACE, PETIT_PIXEL};

use crate::{
    front::Fault,
    rig::{Rig, channel},
};

async fn set_live(rig: &Rig, channel: ChannelId, live: bool) {
    let what = if live { "live" } else { "offline" };
    rig.sim("POST", &format!("sim/channels/{channel}/{what}"), json!({})).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_live_channels_are_listed_and_the_answer_is_kept() {
    let rig = Rig::start().await;
    let (harbor, face) = (channel(HARBOR_LIGHT), channel(NEW_FACE));
    set_live(&rig, harbor, true).await;
    for _ in 0..2 {
        let streams = rig.api.streams(&[harbor, face]).await.unwrap().streams;
        assert_eq!(streams.iter().map(|stream| stream.broadcaster_id).collect::<Vec<_>>(), [harbor]);
        assert!(!streams[0].title.is_empty());
    }
    assert_eq!(rig.front.count("helix/streams"), 1, "the kept answer was not used");
    let stored: Vec<u64> =
        sqlx::query_scalar("SELECT channel_id FROM streams").fetch_all(&rig.pool).await.unwrap();
    assert_eq!(stored, [harbor.0], "captures belong to it before the first poll");
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_told_twice_and_broken_ones_do_not_count() {
    let rig = Rig::start().await;
    let row = |id: &str, user: &str, kind: &str| json!({"id": id, "user_id": user, "type": kind, "viewer_count": 3, "started_at": "2026-01-01T00:00:00Z"});
    let rows =
        json!([row("1", "7", "live"), row("1", "7", "live"), row("2", "8", ""), row("x", "9", "live")]);
    rig.front.misbehave("helix/streams", 0, 1, Fault::edit(move |page| page["data"] = rows.clone()));
    let streams = rig.api.streams(&[7, 8, 9].map(ChannelId)).await.unwrap().streams;
    assert_eq!(streams.len(), 1);
    assert!(rig.api.streams(&[]).await.unwrap().streams.is_empty());
}

/// Three replicas, a poll each second: one of them polls.
#[tokio::test(flavor = "multi_thread")]
async fn the_poll_follows_broadcasts_from_their_start_to_their_end() {
    let each_second = [("STREAM_POLL_SECONDS", "1")];
    let rig = Rig::start_with(&each_second).await;
    let (harbor, pixel) = (channel(HARBOR_LIGHT), channel(PETIT_PIXEL));
    rig.knows(UserId(1), &[(harbor, Role::Moderator), (pixel, Role::Moderator)]).await;
    set_live(&rig, harbor, true).await;
    set_live(&rig, pixel, false).await;
    for _ in 0..2 {
        rig.replica(&each_second).await;
    }
    let open = || async {
        let open =
            sqlx::query_scalar("SELECT channel_id FROM streams WHERE ended_at IS NULL ORDER BY channel_id");
        let open: Vec<u64> = open.fetch_all(&rig.pool).await.unwrap();
        open
    };
    rig.eventually("harbor's broadcast is stored", || async { open().await == [harbor.0] }).await;
    let viewers: u32 =
        sqlx::query_scalar("SELECT viewer_count FROM streams").fetch_one(&rig.pool).await.unwrap();
    assert!(viewers > 0);

    // One poll that misses it does not end it.
    rig.front.misbehave("helix/streams", 0, 1, Fault::edit(|page| page["data"] = json!([])));
    let polls = rig.front.count("helix/streams");
    rig.eventually("two more polls", || async { rig.front.count("helix/streams") > polls + 2 }).await;
    assert_eq!(open().await, [harbor.0]);

    set_live(&rig, harbor, false).await;
    set_live(&rig, pixel, true).await;
    rig.eventually("the end is noticed", || async { open().await == [pixel.0] }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn open_pages_are_told_of_viewers_and_of_what_the_poll_finds_changed() {
    let rig = Rig::start_with(&[("STREAM_POLL_SECONDS", "1")]).await;
    let (user, harbor) = (UserId(1), channel(HARBOR_LIGHT));
    set_live(&rig, harbor, true).await;
    rig.knows(user, &[(harbor, Role::Moderator)]).await;
    let redis = rig.redis_store();
    let mut listener = redis.client().get_async_pubsub().await.unwrap();
    listener.subscribe(redis_keys::EVENTS).await.unwrap();
    let told = |wanted: Event| {
        let redis = &redis;
        async move {
            let heard = events::since(redis, user, "0").await.unwrap();
            heard.iter().any(|told| told.event == wanted)
        }
    };
    let mut messages = listener.on_message();
    let watching =
        |viewers| Event::Viewers { channels: vec![ChannelViewers { channel_id: harbor, viewers }] };
    for viewers in [1_234_u32, 1_235] {
        let edit = move |page: &mut Value| page["data"][0]["viewer_count"] = json!(viewers);
        rig.front.misbehave("helix/streams", 1, 1, Fault::edit(edit));
        // Other numbers come between, and other tests have the same Redis.
        let heard = async {
            loop {
                let message = messages.next().await.unwrap().get_payload::<String>().unwrap();
                let published = Published::parse(&message).unwrap();
                if (published.user, published.event) == (user, watching(viewers)) {
                    break;
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(20), heard).await.expect("viewers are told");
    }
    let ended = Event::ChannelChanged { channel_id: harbor };
    assert!(!told(ended.clone()).await, "it goes on");
    set_live(&rig, harbor, false).await;
    rig.eventually("the end is told", || told(ended.clone())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_while_redis_is_away_is_told_when_it_is_back() {
    let (rig, proxy) = Rig::start_behind_redis_proxy(&[("STREAM_POLL_SECONDS", "1")]).await;
    let (user, harbor) = (UserId(1), channel(HARBOR_LIGHT));
    set_live(&rig, harbor, true).await;
    rig.knows(user, &[(harbor, Role::Moderator)]).await;
    rig.eventually("the broadcast is known", || async {
        let stored = sqlx::query_scalar("SELECT channel_id FROM streams");
        let stored: Vec<u64> = stored.fetch_all(&rig.pool).await.unwrap();
        stored == [harbor.0]
    })
    .await;

    proxy.set(proxy::Fault::Reset);
    set_live(&rig, harbor, false).await;
    let polls = rig.front.count("helix/streams");
    // The third of them finds the end; before the fourth begins, it was tried to tell it.
    rig.eventually("four more polls", || async { rig.front.count("helix/streams") >= polls + 4 }).await;
    let redis = rig.redis_store();
    let told = || async {
        let heard = events::since(&redis, user, "0").await.unwrap();
        heard.iter().any(|told| told.event == Event::ChannelChanged { channel_id: harbor })
    };
    assert!(!told().await, "Redis was not away");
    proxy.set(proxy::Fault::None);
    rig.eventually("the end is told", told).await;
}

/// Channels that Twitch does not know, with ids below those of the simulator's people, from 2,000,000 on.
fn strangers(count: u64) -> Vec<(ChannelId, Role)> {
    (0..count).map(|n| (ChannelId(2_000_000 + n), Role::Moderator)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_round_of_the_poll_costs_a_point_for_a_hundred_channels() {
    let rig = Rig::start_with(&[("STREAM_POLL_SECONDS", "1")]).await;
    rig.knows(UserId(1), &strangers(250)).await;
    // Every round ends with the channel of the highest id. In the midst of one the counts do not fit; were there more
    // calls in a round, or fewer, they would not fit in between either.
    rig.eventually("three calls a round", || async {
        let told = rig.sim("GET", "sim/requests", Value::Null).await;
        let rounds = rig.front.count("user_id=2000249") as u64;
        let calls = told["endpoints"]["GET /streams"]["200"].as_u64().unwrap_or(0);
        rounds >= 3 && calls == 3 * rounds && told["points"]["app"] == calls
    })
    .await;
    for channel in ["2000000", "2000100", "2000200"] {
        assert!(rig.front.count(&format!("user_id={channel}")) >= 3, "{channel} was left out");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_fails_does_not_keep_the_others_from_being_asked() {
    let rig = Rig::start_with(&[("STREAM_POLL_SECONDS", "1")]).await;
    let harbor = channel(HARBOR_LIGHT);
    set_live(&rig, harbor, true).await;
    rig.front.refuse_when("helix/streams", |query| query.contains("user_id=2000000"));
    let mut channels = strangers(100);
    channels.push((harbor, Role::Moderator));
    rig.knows(UserId(1), &channels).await;
    rig.eventually("the second batch is stored", || async {
        let stored = sqlx::query_scalar("SELECT channel_id FROM streams");
        let stored: Vec<u64> = stored.fetch_all(&rig.pool).await.unwrap();
        stored == [harbor.0]
    })
    .await;
    assert!(rig.front.count("user_id=2000000") > 0, "the first batch was never asked");
}
