//! Live events.

use std::time::Duration;

use common::{
    events::{self, Event},
    ids::UserId,
    metrics::storage::SSE_CLIENTS,
};
use devstack::proxy::Fault;
use reqwest::{Method, Response};
use serde_json::Value;

use crate::{
    browser::Browser,
    site::{Site, fresh_user, until},
};

/// An open stream of events.
struct Stream {
    response: Response,
    rest: String,
}

/// An event as a page receives it.
#[derive(Debug)]
struct Received {
    id: String,
    name: String,
    data: Value,
}

impl Stream {
    async fn open(browser: &Browser, last: Option<&str>) -> Self {
        let mut request = browser.request(Method::GET, "/api/v1/events");
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert!(!response.headers().contains_key("content-encoding"), "events must not wait in a compressor");
        let mut stream = Self { response, rest: String::new() };
        assert!(stream.block().await.unwrap().contains("retry: 2000"));
        stream
    }

    /// What stands before the next empty line; none at the end.
    async fn block(&mut self) -> Option<String> {
        loop {
            if let Some((block, rest)) = self.rest.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.rest = rest;
                return Some(block);
            }
            let chunk = tokio::time::timeout(Duration::from_secs(20), self.response.chunk()).await;
            let chunk = chunk.expect("an event in time").unwrap()?;
            self.rest.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    async fn next(&mut self) -> Option<Received> {
        loop {
            let block = self.block().await?;
            let field =
                |name: &str| block.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
            if let (Some(id), Some(name), Some(data)) = (field("id: "), field("event: "), field("data: ")) {
                return Some(Received { id, name, data: serde_json::from_str(&data).unwrap() });
            }
        }
    }
}

async fn publish(site: &Site, user: u64, remaining: u64) {
    events::publish(&site.redis, &[UserId(user)], &Event::Enriched { remaining }).await;
}

/// An open stream on which events arrive: the gateway's own subscription takes a moment after its start.
async fn ready(site: &Site, browser: &Browser, user: u64) -> (Stream, Received) {
    for _ in 0..50 {
        let mut stream = Stream::open(browser, None).await;
        publish(site, user, 0).await;
        if let Ok(Some(first)) = tokio::time::timeout(Duration::from_millis(500), stream.next()).await {
            return (stream, first);
        }
    }
    panic!("no event arrived");
}

#[tokio::test]
async fn a_page_is_told_and_catches_up_on_what_it_missed() {
    let site = Site::start().await;
    let (user, other) = (fresh_user(), fresh_user());
    let browser = site.logged_in(user, &[]).await;
    let (mut stream, first) = ready(&site, &browser, user).await;
    assert_eq!((first.name.as_str(), &first.data["type"]), ("enriched", &Value::from("enriched")));
    publish(&site, other, 99).await;
    publish(&site, user, 1).await;
    let seen = stream.next().await.unwrap();
    assert_eq!(seen.data["remaining"], 1, "nobody else's");
    // What is not kept leaves the page where it was.
    events::publish(&site.redis, &[UserId(user)], &Event::Viewers { channels: Vec::new() }).await;
    let viewers = stream.block().await.unwrap();
    assert!(viewers.contains("event: viewers") && !viewers.contains("id:"), "{viewers}");
    drop(stream);
    publish(&site, user, 2).await;
    publish(&site, user, 3).await;
    let mut again = Stream::open(&browser, Some(&seen.id)).await;
    for remaining in [2, 3] {
        assert_eq!(again.next().await.unwrap().data["remaining"], remaining);
    }
    publish(&site, user, 4).await;
    assert_eq!(again.next().await.unwrap().data["remaining"], 4, "and goes on live, nothing twice");
}

#[tokio::test]
async fn every_replica_tells_its_pages() {
    let mut site = Site::start().await;
    let user = fresh_user();
    let browser = site.logged_in(user, &[]).await;
    let elsewhere = browser.at(&site.replica(&[]).await);
    let (mut here, _) = ready(&site, &browser, user).await;
    let (mut there, _) = ready(&site, &elsewhere, user).await;
    publish(&site, user, 7).await;
    for stream in [&mut here, &mut there] {
        while stream.next().await.unwrap().data["remaining"] != 7 {}
    }
}

#[tokio::test]
async fn when_redis_was_away_pages_come_back_and_miss_nothing() {
    let mut site = Site::start().await;
    let user = fresh_user();
    let browser = site.logged_in(user, &[]).await;
    let (proxy, url) = site.behind_redis_proxy().await;
    let browser = browser.at(&url);
    let (mut stream, mut seen) = ready(&site, &browser, user).await;
    proxy.set(Fault::Reset);
    publish(&site, user, 5).await;
    while let Some(event) = stream.next().await {
        seen = event;
    }
    proxy.set(Fault::None);
    until("Redis is back", || async {
        browser.request(Method::GET, "/api/v1/me").send().await.unwrap().status() == 200
    })
    .await;
    let mut again = Stream::open(&browser, Some(&seen.id)).await;
    assert_eq!(again.next().await.unwrap().data["remaining"], 5);
    ready(&site, &browser, user).await;
}

#[tokio::test]
async fn a_user_may_have_many_pages_open_but_not_endlessly_many() {
    let site = Site::start().await;
    let user = fresh_user();
    let mut browser = site.logged_in(user, &[]).await;
    ready(&site, &browser, user).await;
    let mut open = Vec::new();
    for _ in 0..32 {
        open.push(browser.request(Method::GET, "/api/v1/events").send().await.unwrap());
    }
    browser.get("/api/v1/events").await.is_problem(429, "too_many_streams");
    open.clear();
    until("a place is free", || async {
        browser.request(Method::GET, "/api/v1/events").send().await.unwrap().status() == 200
    })
    .await;
}

#[tokio::test]
async fn streams_need_a_login_and_end_with_it() {
    let site = Site::start().await;
    site.browser().get("/api/v1/events").await.is_problem(401, "not_authenticated");
    let user = fresh_user();
    let mut browser = site.logged_in(user, &[]).await;
    let (mut stream, _) = ready(&site, &browser, user).await;
    browser.post("/auth/logout", &Value::Null).await;
    assert!(stream.next().await.is_none());
    browser.get("/api/v1/events").await.is_problem(401, "not_authenticated");
}

#[tokio::test]
async fn a_strange_last_id_is_no_harm() {
    let site = Site::start().await;
    let user = fresh_user();
    let browser = site.logged_in(user, &[]).await;
    ready(&site, &browser, user).await;
    for last in ["", "x", "$", "9999999999999999999999-0", "0-0 + 1"] {
        Stream::open(&browser, Some(last)).await;
    }
}

#[tokio::test]
async fn open_streams_are_counted_and_end_at_the_shutdown() {
    let mut site = Site::start().await;
    let user = fresh_user();
    let browser = site.logged_in(user, &[]).await;
    let (mut stream, _) = ready(&site, &browser, user).await;
    assert!(SSE_CLIENTS.get() >= 1);
    site.stop().await;
    assert!(stream.next().await.is_none());
    until("no stream is counted", || async { SSE_CLIENTS.get() == 0 }).await;
}
