//! How much one client may ask: a token bucket in Redis, shared by all replicas.
//!
//! A client is a user, or, before the login, an address. While Redis is away each replica counts for itself.

use std::{
    net::{IpAddr, Ipv6Addr, SocketAddr},
    num::NonZeroU32,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use axum::{
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, StatusCode},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use common::{
    problem::Problem,
    redis_keys,
    redis_store::{Redis, tolerated},
};
use governor::{
    Quota, RateLimiter,
    clock::{Clock as _, DefaultClock},
    state::keyed::HashMapStateStore,
};
use redis::Script;

use crate::{config::LimitsConfig, gateway::App, visitor::Visitor};

/// After how many requests counted locally the idle clients among them are forgotten.
const SWEEP_EVERY: usize = 10_000;

/// Counts requests.
#[derive(Debug)]
pub(crate) struct RateLimit {
    config: LimitsConfig,
    burst: NonZeroU32,
    redis: Redis,
    script: Script,
    local: RateLimiter<String, HashMapStateStore<String>, DefaultClock>,
    counted_locally: AtomicUsize,
}

impl RateLimit {
    pub(crate) fn new(config: LimitsConfig, redis: Redis) -> Self {
        let per_minute = NonZeroU32::new(config.requests_per_minute).unwrap_or(NonZeroU32::MIN);
        let burst = NonZeroU32::new(config.requests_per_minute / 4).unwrap_or(NonZeroU32::MIN);
        let local = RateLimiter::hashmap(Quota::per_minute(per_minute).allow_burst(burst));
        let script = Script::new(include_str!("lua/take_request.lua"));
        Self { config, burst, redis, script, local, counted_locally: AtomicUsize::new(0) }
    }

    /// Counts a request of `client`; when it may not be answered, how long to wait.
    async fn take(&self, client: &str, ask_redis: bool) -> Option<Duration> {
        if !ask_redis {
            return self.take_locally(client);
        }
        match self.take_shared(client).await {
            Ok(0) => None,
            Ok(wait) => Some(Duration::from_millis(wait)),
            Err(error) => {
                tolerated("rate_limit", &error);
                self.take_locally(client)
            }
        }
    }

    async fn take_shared(&self, client: &str) -> redis::RedisResult<u64> {
        let mut call = self.script.key(redis_keys::client_budget(client));
        call.arg(self.burst.get()).arg(self.config.requests_per_minute);
        call.invoke_async(&mut self.redis.shared()).await
    }

    fn take_locally(&self, client: &str) -> Option<Duration> {
        if self.counted_locally.fetch_add(1, Ordering::Relaxed) % SWEEP_EVERY == SWEEP_EVERY - 1 {
            self.local.retain_recent();
        }
        let refused = self.local.check_key(&client.to_owned()).err()?;
        Some(refused.wait_time_from(self.local.clock().now()))
    }
}

/// Answers 429 to a client that asks too much.
pub(crate) async fn limit(State(app): State<App>, request: Request, next: Next) -> Response {
    let limit = &app.rate_limit;
    let (client, ask_redis) = match request.extensions().get::<Visitor>() {
        Some(Visitor::User(login)) => (format!("user:{}", login.user), true),
        visitor => {
            let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
            let address = client_address(request.headers(), peer, limit.config.trusted_proxy_hops);
            // The store that did not know the visitor need not be waited for a second time.
            (client_of(address), !matches!(visitor, Some(Visitor::Unknown)))
        }
    };
    match limit.take(&client, ask_redis).await {
        None => next.run(request).await,
        Some(wait) => {
            Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", "Too many requests; slow down.")
                .retry_after(wait)
                .into_response()
        }
    }
}

/// The address that the outermost of our `hops` proxies saw. What stands further left in `X-Forwarded-For` was
/// written by the client and proves nothing.
fn client_address(headers: &HeaderMap, peer: Option<IpAddr>, hops: usize) -> Option<IpAddr> {
    let Some(from_right) = hops.checked_sub(1) else { return peer };
    let values = headers.get_all("x-forwarded-for");
    let chain: Vec<&str> =
        values.iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).collect();
    let forwarded = chain.iter().rev().nth(from_right).and_then(|text| text.trim().parse().ok());
    forwarded.or(peer)
}

/// One household is one client: an IPv6 subscriber has a /64.
fn client_of(address: Option<IpAddr>) -> String {
    match address {
        Some(IpAddr::V6(v6)) => match v6.to_ipv4_mapped() {
            Some(v4) => format!("ip:{v4}"),
            None => format!("ip:{}", Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64)),
        },
        Some(v4) => format!("ip:{v4}"),
        None => "ip:unknown".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(forwarded: &[&str], hops: usize) -> String {
        let headers: HeaderMap = forwarded
            .iter()
            .map(|value| ("x-forwarded-for".parse().unwrap(), value.parse().unwrap()))
            .collect();
        let address = client_address(&headers, Some([10, 0, 0, 1].into()), hops);
        client_of(address)
    }

    #[test]
    fn only_what_our_proxies_wrote_is_believed() {
        assert_eq!(address(&["6.6.6.6, 203.0.113.7"], 1), "ip:203.0.113.7");
        assert_eq!(address(&["6.6.6.6", "203.0.113.7"], 1), "ip:203.0.113.7");
        assert_eq!(address(&["6.6.6.6, 203.0.113.7, 10.1.1.1"], 2), "ip:203.0.113.7");
        assert_eq!(address(&["6.6.6.6"], 0), "ip:10.0.0.1");
        assert_eq!(address(&[], 1), "ip:10.0.0.1");
        assert_eq!(address(&["nonsense"], 1), "ip:10.0.0.1");
    }

    #[test]
    fn a_household_is_one_client() {
        assert_eq!(address(&["2001:db8:1:2:3:4:5:6"], 1), address(&["2001:db8:1:2:ffff::1"], 1));
        assert_ne!(address(&["2001:db8:1:2::1"], 1), address(&["2001:db8:1:3::1"], 1));
        assert_eq!(address(&["::ffff:203.0.113.7"], 1), "ip:203.0.113.7");
    }
}
