//! How much a client may ask, who may act in whose name, and what the probes say.

use reqwest::Method;
use serde_json::json;

use crate::site::{PUBLIC_URL, Site, nobody};

#[tokio::test]
async fn who_asks_too_much_is_told_when_to_come_back() {
    let mut site = Site::with(&[("GATEWAY_REQUESTS_PER_MINUTE", "20")]).await;
    let other = site.replica(&[("GATEWAY_REQUESTS_PER_MINUTE", "20")]).await;
    let mut browser = site.browser();
    let mut elsewhere = browser.at(&other);
    for _ in 0..3 {
        browser.get("/api/v1/me").await.is_problem(401, "not_authenticated");
    }
    for _ in 0..2 {
        elsewhere.get("/api/v1/me").await.is_problem(401, "not_authenticated");
    }
    for browser in [&mut browser, &mut elsewhere] {
        let refused = browser.get("/api/v1/me").await;
        refused.is_problem(429, "too_many_requests");
        let wait: u64 = refused.header("retry-after").parse().unwrap();
        assert!((1..=3).contains(&wait), "{wait}");
    }
    assert_eq!(browser.get("/healthz").await.status, 200, "probes are not counted");
}

#[tokio::test]
async fn a_user_has_a_budget_of_their_own() {
    let site = Site::with(&[("GATEWAY_REQUESTS_PER_MINUTE", "20")]).await;
    let mut browser = site.browser();
    browser.log_in(42).await;
    for _ in 0..5 {
        browser.get("/api/v1/sessions").await.ok();
    }
    browser.get("/api/v1/sessions").await.is_problem(429, "too_many_requests");
}

#[tokio::test]
async fn without_redis_each_replica_counts_for_itself() {
    let mut site = Site::start().await;
    let gone = format!("redis://{}", nobody().await);
    let url = site.replica(&[("GATEWAY_REQUESTS_PER_MINUTE", "12"), ("REDIS_URL", &gone)]).await;
    let mut browser = site.browser().at(&url);
    for _ in 0..3 {
        browser.get("/api/v1/me").await.is_problem(401, "not_authenticated");
    }
    browser.get("/api/v1/me").await.is_problem(429, "too_many_requests");
}

#[tokio::test]
async fn behind_a_proxy_the_client_is_whom_the_proxy_saw() {
    let site = Site::with(&[("GATEWAY_REQUESTS_PER_MINUTE", "4"), ("TRUSTED_PROXY_HOPS", "1")]).await;
    let mut browser = site.browser();
    let mut ask = async |forwarded: &str| {
        let request = browser.request(Method::GET, "/api/v1/me").header("x-forwarded-for", forwarded);
        browser.send(request).await.status.as_u16()
    };
    assert_eq!(ask("203.0.113.7").await, 401);
    assert_eq!(ask("203.0.113.7").await, 429);
    assert_eq!(ask("1.2.3.4, 203.0.113.7").await, 429, "what the client wrote changes nothing");
    assert_eq!(ask("203.0.113.8").await, 401);
}

#[tokio::test]
async fn other_sites_change_nothing() {
    let site = Site::start().await;
    let mut browser = site.logged_in(42, &[7]).await;
    let body = json!({ "channel_ids": ["7"] });
    let post = |header: &str, value: &str| {
        browser.request(Method::POST, "/api/v1/captures").header(header, value).json(&body)
    };
    let refused = [
        post("sec-fetch-site", "cross-site"),
        post("sec-fetch-site", "same-site"),
        post("origin", "https://evil.example"),
        post("accept", "*/*"),
        browser.request(Method::POST, "/auth/logout"),
        browser.request(Method::DELETE, "/api/v1/sessions/x").header("origin", "null"),
    ];
    let allowed = post("origin", PUBLIC_URL);
    for request in refused {
        browser.send(request).await.is_problem(403, "csrf_refused");
    }
    assert_eq!(site.count("SELECT COUNT(*) FROM jobs").await, 0);
    assert_eq!(browser.send(allowed).await.status, 202);
}

#[tokio::test]
async fn unknown_addresses_and_methods_are_problems() {
    let site = Site::start().await;
    let mut browser = site.browser();
    browser.get("/api/v1/nothing").await.is_problem(404, "route_not_found");
    browser.get("/auth/nothing").await.is_problem(404, "route_not_found");
    browser.post("/api/v2/captures", &json!({})).await.is_problem(404, "route_not_found");
    browser.post("/api/v1/me", &json!({})).await.is_problem(405, "method_not_allowed");
    browser.get("/auth/logout").await.is_problem(405, "method_not_allowed");
    browser.post("/channels", &json!({})).await.is_problem(405, "method_not_allowed");
}

#[tokio::test]
async fn readiness_names_what_is_missing() {
    let mut site = Site::start().await;
    let mut browser = site.browser();
    let ready = browser.get("/readyz").await;
    assert_eq!((ready.status.as_u16(), ready.json()["ready"].clone()), (200, json!(true)));
    let gone = nobody().await;
    let (redis, http) = (format!("redis://{gone}"), format!("http://{gone}/"));
    let url =
        site.replica(&[("REDIS_URL", &redis), ("TWITCH_API_URL", &http), ("ANALYSIS_URL", &http)]).await;
    let unready = browser.at(&url).get("/readyz").await;
    assert_eq!(unready.status, 503);
    let failures: Vec<_> = unready.json()["failures"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(failures, ["analysis", "redis", "twitch-api"]);
    assert_eq!(browser.at(&url).get("/healthz").await.status, 200);
}
