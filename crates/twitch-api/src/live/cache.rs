//! Broadcasts as Twitch last listed them, in Redis.

use std::{collections::HashMap, time::Duration};

use common::{
    clients::twitch_api::LiveStream,
    ids::ChannelId,
    metrics, redis_keys,
    redis_store::{Redis, tolerated},
};
use redis::AsyncTypedCommands as _;

/// What is known of channels' broadcasts. Cheap to clone.
#[derive(Clone, Debug)]
pub struct LiveCache {
    redis: Redis,
    /// How often all channels are asked about.
    pub(crate) poll_every: Duration,
    ttl: Duration,
}

/// What the cache says about some channels.
#[derive(Debug, Default)]
pub(crate) struct Known {
    pub(crate) live: Vec<LiveStream>,
    pub(crate) unknown: Vec<ChannelId>,
}

impl LiveCache {
    /// What is kept outlives two polls, but not the configured `ttl`.
    #[must_use]
    pub fn new(redis: Redis, poll_every: Duration, ttl: Duration) -> Self {
        Self { redis, poll_every, ttl: ttl.min(poll_every * 2) }
    }

    /// What is known about `channels`; nothing when Redis is away.
    pub(crate) async fn known(&self, channels: &[ChannelId]) -> Known {
        if channels.is_empty() {
            return Known::default();
        }
        let keys: Vec<_> = channels.iter().copied().map(redis_keys::live_stream).collect();
        let kept: Vec<Option<String>> = match self.redis.shared().mget(&keys).await {
            Ok(kept) => kept,
            Err(error) => {
                tolerated("streams.known", &error);
                return Known { live: Vec::new(), unknown: channels.to_vec() };
            }
        };
        let mut known = Known::default();
        for (channel, text) in channels.iter().zip(kept) {
            match text.and_then(|text| serde_json::from_str::<Option<LiveStream>>(&text).ok()) {
                Some(stream) => known.live.extend(stream),
                None => known.unknown.push(*channel),
            }
        }
        let outcome = if known.unknown.is_empty() { "hit" } else { "miss" };
        metrics::storage::CACHE.with_label_values(&["streams", outcome]).inc();
        known
    }

    /// Keeps what Twitch said about `asked` channels.
    pub(crate) async fn keep(&self, asked: &[ChannelId], live: &[LiveStream]) {
        let live: HashMap<_, _> = live.iter().map(|stream| (stream.broadcaster_id, stream)).collect();
        let mut writes = redis::pipe();
        for channel in asked {
            let text = serde_json::to_string(&live.get(channel)).unwrap_or_else(|_| "null".to_owned());
            writes.set_ex(redis_keys::live_stream(*channel), text, self.ttl.as_secs().max(1)).ignore();
        }
        if let Err(error) = writes.exec_async(&mut self.redis.shared()).await {
            tolerated("streams.keep", &error);
        }
    }

    /// Forgets what is kept about `channel`, which has changed.
    pub(crate) async fn forget(&self, channel: ChannelId) {
        if let Err(error) = self.redis.shared().del(redis_keys::live_stream(channel)).await {
            tolerated("streams.forget", &error);
        }
    }
}
