//! Budgets against a real Redis, and against the simulator's buckets.

use std::time::{Duration, Instant};

use common::{config::RedisConfig, ids::UserId, redis_store::Redis};
use futures_util::{StreamExt as _, stream};
use serde_json::Value;
use tokio::time::Instant as Until;
use twitch_api::{
    TwitchError,
    budget::{Bucket, Budgets, Urgency},
    helix::RateHeaders,
};
use twitch_sim::people::{LEA, PETIT_PIXEL};

use crate::rig::{Rig, TOKEN};

const USER: Bucket = Bucket::User(UserId(7));

async fn budgets(per_second: u32) -> (devstack::testing::TestRedis, Budgets) {
    let redis = devstack::testing::redis().await.unwrap();
    let store = Redis::new(&RedisConfig { url: redis.url().to_owned().into() }).unwrap();
    (redis, Budgets::new(store, per_second))
}

fn in_ms(ms: u64) -> Until {
    Until::now() + Duration::from_millis(ms)
}

/// Spends until it is refused; how many points that were, and how long to stay away.
async fn spend_all(budgets: &Budgets, bucket: Bucket, urgency: Urgency) -> (u32, Duration) {
    let mut points = 0;
    loop {
        // Shorter than the time in which a point flows in.
        match budgets.spend(bucket, urgency, 1, in_ms(5)).await {
            Ok(given) => points += given,
            Err(TwitchError::BudgetExhausted { retry_after }) => return (points, retry_after),
            Err(error) => panic!("{error}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn three_quarters_are_ours_and_what_can_wait_leaves_a_fifth() {
    let (_redis, budgets) = budgets(100_000).await;
    let started = Instant::now();
    let (spare, wait) = spend_all(&budgets, USER, Urgency::Spare).await;
    assert!(wait <= Duration::from_millis(100), "{wait:?}");
    let (now, _) = spend_all(&budgets, USER, Urgency::Now).await;
    let flowed = u32::try_from(started.elapsed().as_secs()).unwrap() * 10 + 10;
    assert!((480..480 + flowed).contains(&spare), "{spare}");
    assert!((600..600 + flowed).contains(&(spare + now)), "{spare} + {now}");
    let other = spend_all(&budgets, Bucket::App, Urgency::Now).await.0;
    assert!(other >= 600, "buckets are apart");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ceiling_spreads_calls_in_the_order_in_which_they_came() {
    let (_redis, budgets) = budgets(20).await;
    // Of somebody else, so that the connection is there: what waits for it is not sent in order.
    budgets.spend(Bucket::User(UserId(8)), Urgency::Now, 1, in_ms(10_000)).await.unwrap();
    let started = Instant::now();
    let mut waiting = stream::FuturesUnordered::new();
    for number in 0..40_u32 {
        let budgets = budgets.clone();
        let (asked, has_asked) = tokio::sync::oneshot::channel();
        waiting.push(tokio::spawn(async move {
            let spending = budgets.spend(USER, Urgency::Now, 1, in_ms(10_000));
            tokio::pin!(spending);
            // The question is on its way to Redis before the next one asks.
            let _ = futures_util::poll!(&mut spending);
            asked.send(()).unwrap();
            spending.await.unwrap();
            (number, started.elapsed())
        }));
        has_asked.await.unwrap();
    }
    while let Some(done) = waiting.next().await {
        let (number, took) = done.unwrap();
        // Twenty at once, then each 50 ms after the one before. A busy machine makes them later; only whoever jumped the
        // queue is earlier.
        let turn = Duration::from_millis(50) * (number + 1).saturating_sub(20);
        assert!(took + Duration::from_millis(5) >= turn, "{number} was let through after {took:?}");
    }

    let told = Instant::now();
    let error = budgets.spend(USER, Urgency::Now, 1, in_ms(1)).await.unwrap_err();
    assert!(matches!(error, TwitchError::BudgetExhausted { retry_after } if !retry_after.is_zero()));
    assert!(told.elapsed() < Duration::from_millis(500), "it was not told at once");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_stands_behind_somebody_with_a_later_turn_than_it_can_wait_for_is_told_at_once() {
    let (_redis, budgets) = budgets(100_000).await;
    budgets.spend(USER, Urgency::Now, 600, in_ms(5)).await.unwrap();
    let (asked, has_asked) = tokio::sync::oneshot::channel();
    let ahead = budgets.clone();
    let ahead = tokio::spawn(async move {
        let spending = ahead.spend(USER, Urgency::Spare, 1, in_ms(60_000));
        tokio::pin!(spending);
        // It is the first in the queue before the next one comes.
        let _ = futures_util::poll!(&mut spending);
        asked.send(()).unwrap();
        spending.await.unwrap();
    });
    has_asked.await.unwrap();
    let told = Instant::now();
    let error = budgets.spend(USER, Urgency::Spare, 1, in_ms(8_000)).await.unwrap_err();
    assert!(told.elapsed() < Duration::from_secs(4), "it waited in vain for {:?}", told.elapsed());
    let TwitchError::BudgetExhausted { retry_after } = error else { panic!("{error}") };
    // A fifth of 600 points and one more flow in, ten a second.
    assert!((7..=12).contains(&retry_after.as_secs()), "{retry_after:?}");
    ahead.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_correct_downwards_only() {
    let (_redis, budgets) = budgets(100_000).await;
    budgets.spend(USER, Urgency::Now, 1, in_ms(5)).await.unwrap();
    budgets.observe(USER, RateHeaders { limit: Some(800), remaining: Some(230), reset: None });
    let deadline = Instant::now() + Duration::from_secs(5);
    let left = loop {
        // The correction is on its way while this asks.
        let given = budgets.spend(USER, Urgency::Now, 20, in_ms(5)).await.unwrap_or(0);
        if given < 20 {
            break given;
        }
        assert!(Instant::now() < deadline, "never corrected");
    };
    assert!(left < 20);
    budgets.observe(USER, RateHeaders { limit: Some(800), remaining: Some(799), reset: None });
    assert!(spend_all(&budgets, USER, Urgency::Now).await.0 < 30, "a header gave points");
}

#[tokio::test(flavor = "multi_thread")]
async fn points_are_handed_out_together_when_many_are_wanted() {
    let (_redis, budgets) = budgets(50).await;
    assert_eq!(budgets.spend(USER, Urgency::Now, 20, in_ms(5)).await.unwrap(), 20);
    let rest = budgets.spend(USER, Urgency::Now, 100, in_ms(5)).await.unwrap();
    assert!((30..33).contains(&rest), "{rest}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_redis_there_is_a_small_share_and_never_no_limit() {
    let store = Redis::new(&RedisConfig { url: "redis://127.0.0.1:1".to_owned().into() }).unwrap();
    let budgets = Budgets::new(store, 1_000);
    // The first question finds out that Redis is away; its deadline is longer.
    budgets.spend(USER, Urgency::Now, 50, in_ms(5_000)).await.unwrap();
    let (points, wait) = spend_all(&budgets, USER, Urgency::Now).await;
    assert!(points <= 12, "{points}");
    assert!(wait > Duration::from_millis(100), "{wait:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_redis_the_ceiling_holds_too() {
    let store = Redis::new(&RedisConfig { url: "redis://127.0.0.1:1".to_owned().into() }).unwrap();
    let budgets = Budgets::new(store, 2);
    budgets.spend(USER, Urgency::Now, 1, in_ms(5_000)).await.unwrap();
    let (points, _) = spend_all(&budgets, USER, Urgency::Now).await;
    // A point flows in every two seconds.
    assert!(points <= 3, "{points} more at once");
}

/// As fast as two replicas can, from one user's bucket: we refuse, Twitch never has to, and at least 70 % of what it
/// would have given is used.
#[tokio::test(flavor = "multi_thread")]
async fn two_replicas_empty_a_bucket_without_a_429_from_twitch() {
    let rig = Rig::start().await;
    let (_, second) = rig.replica(&[]).await;
    let lea = rig.login(LEA).await;
    rig.sim("DELETE", "sim/requests", Value::Null).await;
    let started = Instant::now();
    let urls = [&rig.api_url, &second]
        .map(|base| base.join(&format!("internal/v1/channels/{PETIT_PIXEL}/chatters?as={lea}")).unwrap());
    let asking = stream::iter(0..1_000).map(|n: usize| {
        let request = rig.http.get(urls[n % 2].clone()).bearer_auth(TOKEN).header("x-deadline-ms", "300");
        async move { request.send().await.unwrap().status().as_u16() }
    });
    let statuses: Vec<u16> = asking.buffer_unordered(20).collect().await;
    let twitch_gives = 800.0 + started.elapsed().as_secs_f64() * 800.0 / 60.0;
    let used = u32::try_from(statuses.iter().filter(|status| **status == 200).count()).unwrap();
    assert!(statuses.iter().all(|status| [200, 429].contains(status)), "{statuses:?}");
    let told = rig.sim("GET", "sim/requests", Value::Null).await;
    let chatters = &told["endpoints"]["GET /chat/chatters"];
    assert_eq!(chatters["429"], Value::Null, "{chatters}");
    assert!(f64::from(used) >= 0.7 * twitch_gives, "{used} of {twitch_gives}");
}
