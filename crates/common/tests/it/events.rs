//! Live events: heard at once by who listens, and afterwards by who comes back.

use common::{
    config::RedisConfig,
    events::{self, ChannelViewers, Event, Published},
    ids::{ChannelId, UserId},
    redis_keys,
    redis_store::Redis,
};
use futures_util::StreamExt as _;

#[tokio::test]
async fn an_event_reaches_listeners_and_those_who_reconnect() {
    let server = devstack::testing::redis().await.unwrap();
    let redis = Redis::new(&RedisConfig { url: server.url().into() }).unwrap();
    let mut listener = redis.client().get_async_pubsub().await.unwrap();
    listener.subscribe(redis_keys::EVENTS).await.unwrap();
    // Channels of pub/sub are shared by all tests that use this server.
    let user = UserId(rand::random_range(1..u64::MAX));

    for remaining in 1..=3 {
        events::publish(&redis, &[user], &Event::Enriched { remaining }).await;
    }
    let watching = Event::Viewers { channels: vec![ChannelViewers { channel_id: ChannelId(7), viewers: 5 }] };
    events::publish(&redis, &[user], &watching).await;

    let mut heard = Vec::new();
    let mut messages = listener.on_message();
    while heard.len() < 4 {
        let message = messages.next().await.unwrap();
        let published = Published::parse(&message.get_payload::<String>().unwrap()).unwrap();
        if published.user == user {
            heard.push(published);
        }
    }
    let viewers = heard.pop().unwrap();
    assert_eq!((viewers.id, viewers.event), (None, watching), "of no use to those who reconnect");
    let caught_up = events::since(&redis, user, heard[0].id.as_deref().unwrap()).await.unwrap();
    let ids = |events: &[Published]| events.iter().map(|event| event.id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(&caught_up), ids(&heard[1..]));
    assert_eq!(caught_up[1].event, Event::Enriched { remaining: 3 });
}
