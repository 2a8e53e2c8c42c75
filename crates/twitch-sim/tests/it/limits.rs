//! The 800 points a minute.

use reqwest::Method;
use serde_json::json;
use twitch_sim::{Config, Pace};

use crate::harness::*;

fn header(response: &reqwest::Response, name: &str) -> i64 {
    response.headers()[name].to_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn buckets_are_per_user_and_say_how_full_they_are() {
    let sim = Sim::start().await;
    let lea = sim.log_in(LEA, READ_CHATTERS).await;
    let app = sim.app().await;
    let first = sim.helix(&lea, Method::GET, "/users").send().await.unwrap();
    assert_eq!((header(&first, "ratelimit-limit"), header(&first, "ratelimit-remaining")), (800, 799));

    let points = json!({ "client_id": CLIENT, "user_id": 10_000_001, "points": 2 });
    sim.control(Method::PUT, "/limits", points).await;
    let mut statuses = Vec::new();
    for _ in 0..3 {
        statuses.push(sim.helix(&lea, Method::GET, "/users").send().await.unwrap());
    }
    let last = statuses.pop().unwrap();
    assert!(statuses.iter().all(|response| response.status() == 200));
    assert_eq!(last.status(), 429);
    assert_eq!(header(&last, "ratelimit-remaining"), 0);
    let now = i64::try_from(std::time::UNIX_EPOCH.elapsed().unwrap().as_secs()).unwrap();
    assert!((55..=62).contains(&(header(&last, "ratelimit-reset") - now)));
    assert_eq!(answer(sim.helix(&app, Method::GET, "/users?id=1")).await.0, 200);

    let anonymous = sim.request(Method::GET, "/helix/users").send().await.unwrap();
    assert!(anonymous.headers().get("ratelimit-limit").is_none());
    sim.control(Method::DELETE, "/limits", json!({})).await;
    assert_eq!(sim.get(&lea, "/users").await.0, 200);
}

#[tokio::test]
async fn requests_are_counted_by_endpoint_and_by_points() {
    let sim = Sim::start().await;
    let lea = sim.log_in(LEA, READ_CHATTERS).await;
    sim.control(Method::DELETE, "/requests", json!({})).await;
    sim.chatters(&lea, HARBOR_LIGHT, "").await;
    sim.chatters(&lea, NEW_FACE, "").await;
    let app = sim.app().await;
    sim.get(&app, "/users?id=1").await;
    let counts = sim.control(Method::GET, "/requests", json!({})).await;
    assert_eq!(counts["endpoints"]["GET /chat/chatters"], json!({ "200": 1, "403": 1 }));
    assert_eq!(counts["endpoints"]["POST /token"], json!({ "200": 1 }));
    assert_eq!(counts["points"], json!({ "app": 1, "users": { LEA: 2 } }));
}

#[tokio::test]
async fn limits_can_be_off() {
    let config = Config { rate_limit: false, pace: Pace::Stepped, ..Config::default() };
    let sim = Sim::start_with(config).await;
    let lea = sim.log_in(LEA, READ_CHATTERS).await;
    sim.control(Method::PUT, "/limits", json!({ "client_id": CLIENT, "user_id": 10_000_001, "points": 0 }))
        .await;
    assert_eq!(sim.get(&lea, "/users").await.0, 200);
}
