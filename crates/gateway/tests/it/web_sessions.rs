//! Cookies, and the sessions behind them.

use std::time::{Duration, Instant};

use common::redis_keys;
use devstack::proxy::Fault;
use redis::AsyncTypedCommands as _;

use crate::site::{Site, nobody, until};

/// The Redis keys of all web sessions.
async fn keys(site: &Site) -> Vec<String> {
    site.redis.shared().keys(redis_keys::web_session("*")).await.unwrap()
}

#[tokio::test]
async fn the_id_changes_at_login_and_the_old_one_is_dead() {
    let site = Site::start().await;
    let mut browser = site.browser();
    let state = browser.begin_login("/auth/login").await;
    let (before, key_before) = (browser.cookie.clone(), keys(&site).await);
    browser.come_back(&state, 42).await;
    assert_ne!(browser.cookie, before);
    let key_after = keys(&site).await;
    assert_eq!(key_after.len(), 1);
    assert_ne!(key_after, key_before);
    browser.cookie = before;
    browser.get("/api/v1/me").await.is_problem(401, "not_authenticated");
}

#[tokio::test]
async fn cookies_are_kept_from_scripts_and_other_sites() {
    let site = Site::start().await;
    let mut browser = site.browser();
    browser.log_in(42).await;
    let cookie = browser.set_cookie.clone().unwrap();
    for attribute in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=604800"] {
        assert!(cookie.contains(attribute), "{attribute}: {cookie}");
    }
    assert!(
        cookie.starts_with("session=") && !cookie.contains("Secure") && !cookie.contains("Domain"),
        "{cookie}"
    );
}

#[tokio::test]
async fn outside_development_cookies_need_tls_and_this_very_host() {
    let site = Site::with(&[("APP_ENV", "production"), ("PUBLIC_URL", "https://chatters.example")]).await;
    let mut browser = site.browser();
    browser.log_in(42).await;
    let cookie = browser.set_cookie.clone().unwrap();
    assert!(cookie.starts_with("__Host-session=") && cookie.contains("Secure"), "{cookie}");
    assert!(!cookie.contains("Domain"), "{cookie}");
    browser.get("/api/v1/me").await.ok();
}

#[tokio::test]
async fn an_expired_session_is_a_logged_out_one() {
    let site = Site::start().await;
    let mut browser = site.browser();
    browser.log_in(42).await;
    let [key] = keys(&site).await.try_into().unwrap();
    let ttl = site.redis.shared().ttl(&key).await.unwrap();
    assert!(format!("{ttl:?}").contains("604"), "Redis forgets it by itself: {ttl:?}");
    site.redis.shared().del(&key).await.unwrap();
    browser.get("/api/v1/me").await.is_problem(401, "not_authenticated");
    assert_eq!(browser.cookie, None, "the cookie is taken back");
    browser.log_in(42).await;
    browser.get("/api/v1/me").await.ok();
}

#[tokio::test]
async fn visits_keep_a_session_alive() {
    let site = Site::start().await;
    let mut browser = site.browser();
    browser.log_in(42).await;
    browser.set_cookie = None;
    browser.get("/api/v1/me").await.ok();
    assert_eq!(browser.set_cookie, None, "not at every visit");
    site.pass(Duration::from_hours(8));
    browser.get("/api/v1/me").await.ok();
    assert!(browser.set_cookie.clone().unwrap().contains("Max-Age=604800"));
}

#[tokio::test]
async fn a_forged_cookie_is_nobodys() {
    let site = Site::start().await;
    let mut browser = site.browser();
    browser.log_in(42).await;
    let good = browser.cookie.clone().unwrap();
    let [key] = keys(&site).await.try_into().unwrap();
    let id = key.strip_prefix("web:").unwrap();
    let (name_and_signature, last) = good.split_at(good.len() - 1);
    let tampered = format!("{name_and_signature}{}", if last == "A" { "Q" } else { "A" });
    for forged in [format!("session={id}"), tampered, "session=".to_owned(), "session=%00".to_owned()] {
        browser.cookie = Some(forged.clone());
        browser.get("/api/v1/me").await.is_problem(401, "not_authenticated");
    }
    browser.cookie = Some(good);
    browser.get("/api/v1/me").await.ok();
}

#[tokio::test]
async fn without_redis_nobody_is_logged_out() {
    let mut site = Site::start().await;
    let mut browser = site.browser();
    browser.log_in(42).await;
    let gone = format!("redis://{}", nobody().await);
    let url = site.replica(&[("REDIS_URL", &gone)]).await;
    let mut elsewhere = browser.at(&url);
    let answer = elsewhere.get("/api/v1/me").await;
    answer.is_problem(503, "sessions_unavailable");
    assert_ne!(answer.header("retry-after"), "");
    assert!(elsewhere.set_cookie.is_none());
    assert_eq!(elsewhere.get("/auth/login").await.location(), "/?error=sessions_unavailable");
    elsewhere.post("/auth/logout", &serde_json::json!({})).await.is_problem(503, "sessions_unavailable");
    // The cookie is as good as before where Redis answers.
    browser.get("/api/v1/me").await.ok();
}

#[tokio::test]
async fn a_redis_that_does_not_answer_is_not_waited_for_long() {
    let mut site = Site::start().await;
    let mut browser = site.browser();
    browser.log_in(42).await;
    let (proxy, url) = site.behind_redis_proxy().await;
    let mut elsewhere = browser.at(&url);
    elsewhere.get("/api/v1/me").await.ok();
    proxy.set(Fault::BlackHole);
    let began = Instant::now();
    elsewhere.get("/api/v1/me").await.is_problem(503, "sessions_unavailable");
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
    proxy.set(Fault::None);
    until("Redis is back", || async {
        elsewhere.request(reqwest::Method::GET, "/api/v1/me").send().await.unwrap().status() == 200
    })
    .await;
}
