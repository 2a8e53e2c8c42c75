//! How much this service adds to each page of chatters, over the simulator's own time.
//!
//! `cargo run --release -p twitch-api --example page_latency [readings]`
//!
//! Reads the rooms of 30,000 and 100,000 alternately straight from the simulator and through the service, which runs in
//! this process against a private MariaDB and Redis, and compares the time between pages.

#![expect(clippy::unwrap_used, reason = "a measurement that cannot be made ends")]

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use common::{config::load_from, lifecycle::Shutdown};
use futures_util::StreamExt as _;
use serde_json::Value;
use tokio::net::TcpListener;
use twitch_sim::people::{GRANDE_VAGUE, IRON_MEADOW, LEA};

const TOKEN: &str = "0123456789abcdef0123456789abcdef";
const SCOPES: &str = "moderator:read:chatters user:read:moderated_channels";

struct Bench {
    http: reqwest::Client,
    sim: String,
    api: String,
    client: twitch_sim::Client,
}

#[tokio::main]
async fn main() {
    let readings = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(20);
    let db = devstack::testing::migrated_database().await.unwrap();
    let redis = devstack::testing::redis().await.unwrap();
    let bench = start(db.url(), redis.url()).await;
    let token = bench.log_in().await;
    println!(
        "{:>9} {:>6} {:>12} {:>12} {:>12} {:>12}",
        "chatters", "pages", "direct p50", "through p50", "added p50", "added mean"
    );
    for room in [GRANDE_VAGUE, IRON_MEADOW] {
        // The simulator writes a room's rows when it is first asked.
        let pages = bench.direct(room.0, &token).await.len();
        let (mut direct, mut through) = (Vec::new(), Vec::new());
        for _ in 0..readings {
            direct.extend(bench.direct(room.0, &token).await);
            through.extend(bench.through(room.0).await);
        }
        let (a, b) = (median(&mut direct), median(&mut through));
        let added = mean(&through) - mean(&direct);
        println!("{:>9} {pages:>6} {a:>9.3} ms {b:>9.3} ms {:>9.3} ms {added:>9.3} ms", pages * 1_000, b - a);
    }
}

async fn start(database: &str, redis: &str) -> Bench {
    let config = twitch_sim::Config { rate_limit: false, ..twitch_sim::Config::default() };
    let client = config.clients[0].clone();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let sim = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(twitch_sim::run(config, listener, std::future::pending()));
    let vars: HashMap<&str, String> = [
        ("INTERNAL_API_TOKEN", TOKEN.to_owned()),
        ("DATABASE_URL", database.to_owned()),
        ("REDIS_URL", redis.to_owned()),
        ("TWITCH_CLIENT_ID", client.id.clone()),
        ("TWITCH_CLIENT_SECRET", client.secret.clone()),
        ("TWITCH_REDIRECT_URL", client.redirect_urls[0].clone()),
        ("TWITCH_OAUTH_URL", format!("{sim}/oauth2/")),
        ("TWITCH_HELIX_URL", format!("{sim}/helix/")),
        ("TWITCH_EVENTSUB_URL", format!("{}/ws", sim.replace("http", "ws"))),
        ("TOKEN_ENCRYPTION_KEYS", "a:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=".to_owned()),
        ("RATE_LIMIT_REQUESTS_PER_SECOND", "10000".to_owned()),
    ]
    .into();
    let config = load_from(move |name| vars.get(name).cloned(), twitch_api::Config::from_env).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let api = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(twitch_api::run(config, listener, Shutdown::manual()));
    let http = common::http::client(Duration::from_secs(30)).unwrap();
    let deadline = Instant::now() + Duration::from_secs(30);
    while !http.get(format!("{api}/readyz")).send().await.is_ok_and(|answer| answer.status().is_success()) {
        assert!(Instant::now() < deadline, "the service does not become ready");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Bench { http, sim, api, client }
}

impl Bench {
    /// Logs in through the service, and returns another token for asking directly.
    async fn log_in(&self) -> String {
        let back = &self.client.redirect_urls[0];
        let user = LEA.to_string();
        let form = [
            ("client_id", self.client.id.as_str()),
            ("redirect_uri", back),
            ("state", "s"),
            ("scope", SCOPES),
            ("decision", "allow"),
            ("user_id", &user),
        ];
        let answer =
            self.http.post(format!("{}/oauth2/authorize", self.sim)).form(&form).send().await.unwrap();
        let location: url::Url = answer.headers()["location"].to_str().unwrap().parse().unwrap();
        let code = location.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
        let exchange = self.http.post(format!("{}/internal/v1/oauth/exchange", self.api)).bearer_auth(TOKEN);
        let answer = exchange.json(&serde_json::json!({ "code": code })).send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
        let form = [
            ("client_id", self.client.id.as_str()),
            ("client_secret", self.client.secret.as_str()),
            ("grant_type", "user_token"),
            ("user_id", &user),
            ("scope", SCOPES),
        ];
        let answer = self.http.post(format!("{}/oauth2/token", self.sim)).form(&form).send().await.unwrap();
        let token: Value = answer.json().await.unwrap();
        token["access_token"].as_str().unwrap().to_owned()
    }

    /// Milliseconds of each page, straight from the simulator.
    async fn direct(&self, room: u32, token: &str) -> Vec<f64> {
        let (mut pages, mut after) = (Vec::new(), None::<String>);
        loop {
            let started = Instant::now();
            let url = format!("{}/helix/chat/chatters", self.sim);
            let mut query = vec![
                ("broadcaster_id", room.to_string()),
                ("moderator_id", LEA.to_string()),
                ("first", "1000".to_owned()),
            ];
            query.extend(after.take().map(|cursor| ("after", cursor)));
            let request =
                self.http.get(url).query(&query).bearer_auth(token).header("client-id", &self.client.id);
            let body = request.send().await.unwrap().bytes().await.unwrap();
            pages.push(started.elapsed().as_secs_f64() * 1_000.0);
            // Not counted: a client's own reading of the page.
            let page: Value = serde_json::from_slice(&body).unwrap();
            match page["pagination"]["cursor"].as_str() {
                Some(cursor) => after = Some(cursor.to_owned()),
                None => return pages,
            }
        }
    }

    /// Milliseconds between the lines of the service's answer; the last line is the outcome.
    async fn through(&self, room: u32) -> Vec<f64> {
        let mut last = Instant::now();
        let url = format!("{}/internal/v1/channels/{room}/chatters?as={LEA}", self.api);
        let answer = self.http.get(url).bearer_auth(TOKEN).send().await.unwrap();
        let mut chunks = answer.bytes_stream();
        let (mut pages, mut tail) = (Vec::new(), Vec::new());
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.unwrap();
            for piece in chunk.split_inclusive(|byte| *byte == b'\n') {
                tail.extend_from_slice(piece);
                if tail.ends_with(b"\n") {
                    if tail.starts_with(b"{\"chatters\"") {
                        pages.push(last.elapsed().as_secs_f64() * 1_000.0);
                        last = Instant::now();
                    } else {
                        let end: Value = serde_json::from_slice(&tail).unwrap();
                        assert_eq!(end["outcome"]["complete"], true, "{end}");
                    }
                    tail.clear();
                }
            }
        }
        pages
    }
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / f64::from(u32::try_from(values.len()).unwrap())
}
