//! The service in this process, and the rows it finds.

use std::{collections::BTreeSet, time::Duration};

use chrono::{DateTime, Utc};
use common::{
    config,
    db::{account_changes, captures::rosters},
    ids::{AccountId, CaptureId},
    lifecycle::Shutdown,
    roster::Roster,
};
use devstack::testing::{TestDatabase, TestRedis};
use reqwest::{Client, StatusCode};
use serde_json::Value;
use sqlx::{Connection as _, Executor as _, MySqlConnection, MySqlPool};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use uuid::Uuid;

pub const TOKEN: &str = "an-internal-token-of-enough-characters";

/// Nobody listens there.
pub const NO_REDIS: &str = "redis://127.0.0.1:9/";

/// How long is waited for what happens at once, on a machine that has other things to do.
pub const SOON: Duration = Duration::from_secs(15);

/// A database with rows in it, and a service that reads them.
pub struct World {
    pub pool: MySqlPool,
    pub service: Service,
    redis: TestRedis,
    database: TestDatabase,
}

/// A running replica.
pub struct Service {
    base: String,
    http: Client,
    shutdown: Shutdown,
    running: Option<JoinHandle<Result<(), analysis::Error>>>,
}

/// Keeps everybody from the rosters: who reads one waits until they are let go.
pub struct HeldRosters(MySqlConnection);

/// Somebody who asked, and does not read the answer.
pub struct Asker(TcpStream);

/// An answer, read.
#[derive(Debug)]
pub struct Said {
    pub status: StatusCode,
    pub cache: Option<String>,
    pub body: Value,
}

impl World {
    pub async fn new() -> Self {
        let database = devstack::testing::migrated_database().await.unwrap();
        let redis = devstack::testing::redis().await.unwrap();
        let pool = MySqlPool::connect(database.url()).await.unwrap();
        let service = Service::start(database.url(), redis.url()).await;
        Self { pool, service, redis, database }
    }

    /// Another replica on the same data.
    pub async fn replica(&self) -> Service {
        Service::start(self.database.url(), self.redis.url()).await
    }

    /// A replica whose Redis is not there.
    pub async fn without_redis(&self) -> Service {
        Service::start(self.database.url(), NO_REDIS).await
    }

    pub fn database_url(&self) -> &str {
        self.database.url()
    }

    /// Makes every statement wait that reads rosters.
    pub async fn hold_rosters(&self) -> HeldRosters {
        let mut connection = MySqlConnection::connect(self.database.url()).await.unwrap();
        connection.execute("LOCK TABLES rosters WRITE").await.unwrap();
        HeldRosters(connection)
    }

    /// The connections with a statement that reads rosters, or waits for them.
    pub async fn roster_readers(&self) -> Vec<i64> {
        let readers = sqlx::query_scalar(
            "SELECT CAST(id AS SIGNED) FROM information_schema.processlist
             WHERE db = DATABASE() AND id <> CONNECTION_ID() AND info LIKE '%JOIN rosters%'",
        );
        readers.fetch_all(&self.pool).await.unwrap()
    }

    /// Waits for one of those that is none of `known`.
    pub async fn next_roster_reader(&self, known: &[i64]) -> i64 {
        devstack::wait::until("a statement on rosters", SOON, || async {
            self.roster_readers().await.into_iter().find(|reader| !known.contains(reader))
        })
        .await
        .unwrap()
    }

    pub async fn session(&self) -> Uuid {
        let uuid = Uuid::now_v7();
        sqlx::query(
            "INSERT INTO sessions (uuid, user_id, status, created_at, updated_at) VALUES (?, 1, 'saved', NOW(6), NOW(6))",
        )
        .bind(uuid.to_string())
        .execute(&self.pool)
        .await
        .unwrap();
        uuid
    }

    pub async fn channel(&self, id: u64, login: &str) {
        sqlx::query(
            "INSERT INTO channels (id, login, display_name, created_at, updated_at) VALUES (?, ?, ?, NOW(6), NOW(6))",
        )
        .bind(id)
        .bind(login)
        .bind(login.to_uppercase())
        .execute(&self.pool)
        .await
        .unwrap();
    }

    /// Accounts `1..=count`, not enriched; account `n` has the Twitch id `1000 + n` and the login `user<n>`.
    pub async fn accounts(&self, count: u32) {
        sqlx::query(
            "INSERT INTO accounts (id, twitch_id, login, display_name, updated_at)
             SELECT seq, 1000 + seq, CONCAT('user', seq), CONCAT('User', seq), NOW(6) FROM seq_1_to_1000000 WHERE seq <= ?",
        )
        .bind(count)
        .execute(&self.pool)
        .await
        .unwrap();
    }

    /// What Twitch says about accounts arrives, as the worker stores it.
    pub async fn enrich(&self, created: &[(u32, &str)]) {
        let mut tx = self.pool.begin().await.unwrap();
        let at = common::clock::Clock::system().now();
        for (id, created) in created {
            sqlx::query("UPDATE accounts SET created_at = ?, enriched_at = ?, updated_at = ? WHERE id = ?")
                .bind(time(created))
                .bind(at)
                .bind(at)
                .bind(id)
                .execute(&mut *tx)
                .await
                .unwrap();
        }
        account_changes::record(&mut tx, at).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// A complete capture in `session`; its id.
    pub async fn capture(&self, session: Uuid, channel: u64, at: &str, who: &[u32]) -> u64 {
        let distinct: BTreeSet<u32> = who.iter().copied().collect();
        let mut roster: Roster = distinct.iter().copied().map(AccountId).collect();
        let id = self.capture_without_roster(session, channel, at, "pending").await;
        let mut connection = self.pool.acquire().await.unwrap();
        let locked = rosters::lock(&mut connection, CaptureId(id)).await.unwrap().unwrap();
        locked.replace(&mut connection, &mut roster).await.unwrap();
        sqlx::query("UPDATE captures SET status = 'complete', captured_at = slot WHERE id = ?")
            .bind(id)
            .execute(&self.pool)
            .await
            .unwrap();
        id
    }

    /// A broadcast of `channel`, ended.
    pub async fn stream(&self, id: u64, channel: u64, started: &str, ended: &str) {
        sqlx::query(
            "INSERT INTO streams (id, channel_id, title, started_at, seen_at, ended_at) VALUES (?, ?, 'Chess', ?, ?, ?)",
        )
        .bind(id)
        .bind(channel)
        .bind(time(started))
        .bind(time(ended))
        .bind(time(ended))
        .execute(&self.pool)
        .await
        .unwrap();
    }

    /// A complete capture in `session`, made in a broadcast; its id.
    pub async fn capture_of(&self, session: Uuid, channel: u64, stream: u64, at: &str, who: &[u32]) -> u64 {
        let id = self.capture(session, channel, at, who).await;
        let update = sqlx::query("UPDATE captures SET stream_id = ? WHERE id = ?").bind(stream).bind(id);
        update.execute(&self.pool).await.unwrap();
        id
    }

    /// `count` captures of `channel`, a minute apart, with the roster of the capture `like` and after it.
    pub async fn many_like(&self, like: u64, channel: u64, stream: Option<u64>, count: u32) {
        sqlx::query(
            "INSERT INTO captures (channel_id, slot, stream_id, status, captured_at, chatters_count, roster_id,
                                   roster_parts)
             SELECT ?, slot + INTERVAL seq MINUTE, ?, status, slot + INTERVAL seq MINUTE, chatters_count, roster_id,
                    roster_parts
             FROM captures JOIN seq_1_to_1000000 WHERE id = ? AND seq <= ?",
        )
        .bind(channel)
        .bind(stream)
        .bind(like)
        .bind(count)
        .execute(&self.pool)
        .await
        .unwrap();
    }

    pub async fn capture_without_roster(&self, session: Uuid, channel: u64, at: &str, status: &str) -> u64 {
        let id = sqlx::query("INSERT INTO captures (channel_id, slot, status) VALUES (?, ?, ?)")
            .bind(channel)
            .bind(time(at))
            .bind(status)
            .execute(&self.pool)
            .await
            .unwrap()
            .last_insert_id();
        sqlx::query("INSERT INTO session_captures SELECT id, ? FROM sessions WHERE uuid = ?")
            .bind(id)
            .bind(session.to_string())
            .execute(&self.pool)
            .await
            .unwrap();
        id
    }
}

impl HeldRosters {
    pub async fn let_go(mut self) {
        self.0.execute("UNLOCK TABLES").await.unwrap();
    }
}

impl Asker {
    /// Hangs up, and waits until the service has, too: it drops a question with its connection.
    pub async fn hang_up(mut self) {
        self.0.shutdown().await.unwrap();
        let mut answer = Vec::new();
        tokio::time::timeout(SOON, self.0.read_to_end(&mut answer)).await.unwrap().unwrap();
        assert!(answer.is_empty(), "the question was answered");
    }
}

impl Service {
    /// One that runs elsewhere.
    pub fn at(base: String) -> Self {
        let http = common::http::client(Duration::from_secs(20)).unwrap();
        Self { base, http, shutdown: Shutdown::manual(), running: None }
    }

    pub async fn is_up(&self) -> bool {
        let answer = self.http.get(format!("{}/healthz", self.base)).send().await;
        answer.is_ok_and(|answer| answer.status() == StatusCode::OK)
    }

    /// Asks for `path`, with the token, and leaves it at that.
    pub async fn begin(&self, path: &str) -> Asker {
        let mut stream = TcpStream::connect(self.base.trim_start_matches("http://")).await.unwrap();
        let head = format!("GET {path} HTTP/1.1\r\nhost: analysis\r\nauthorization: Bearer {TOKEN}\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        Asker(stream)
    }

    async fn start(database: &str, redis: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let (database, redis) = (database.to_owned(), redis.to_owned());
        let lookup = move |name: &str| match name {
            "INTERNAL_API_TOKEN" => Some(TOKEN.to_owned()),
            "DATABASE_URL" => Some(database.clone()),
            "REDIS_URL" => Some(redis.clone()),
            "LOG_LEVEL" => Some("warn".to_owned()),
            _ => None,
        };
        let config = config::load_from(lookup, analysis::Config::from_env).unwrap();
        common::telemetry::init(&config.service.telemetry);
        let shutdown = Shutdown::manual();
        let running = tokio::spawn(analysis::run(config, listener, shutdown.clone()));
        let http = common::http::client(Duration::from_secs(20)).unwrap();
        Self { base, http, shutdown, running: Some(running) }
    }

    /// Asks for `path`, with the token.
    pub async fn get(&self, path: &str) -> Said {
        self.ask(path, Some(TOKEN)).await
    }

    pub async fn summary(&self, session: Uuid, query: &str) -> Said {
        self.get(&format!("/internal/v1/sessions/{session}/summary{query}")).await
    }

    pub async fn ask(&self, path: &str, token: Option<&str>) -> Said {
        let mut request = self.http.get(format!("{}{path}", self.base));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let response = request.send().await.unwrap();
        let status = response.status();
        let cache = response.headers().get("x-cache").map(|value| value.to_str().unwrap().to_owned());
        let body = response.bytes().await.unwrap();
        Said { status, cache, body: serde_json::from_slice(&body).unwrap_or(Value::Null) }
    }

    /// Asks for a file, reads its first piece, and hangs up; the status.
    pub async fn cut_off(&self, path: &str) -> u16 {
        // A client of its own: the connection goes with it.
        let http = common::http::client(Duration::from_secs(20)).unwrap();
        let mut response = http.get(format!("{}{path}", self.base)).bearer_auth(TOKEN).send().await.unwrap();
        response.chunk().await.unwrap();
        response.status().as_u16()
    }

    /// A whole file, and its head.
    pub async fn download(&self, path: &str) -> (reqwest::header::HeaderMap, Vec<u8>) {
        let request = self.http.get(format!("{}{path}", self.base)).bearer_auth(TOKEN);
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        (response.headers().clone(), response.bytes().await.unwrap().into())
    }

    pub async fn stop(mut self) {
        self.shutdown.begin();
        let running = self.running.take().unwrap();
        tokio::time::timeout(Duration::from_secs(20), running).await.unwrap().unwrap().unwrap();
    }
}

impl Said {
    /// The problem's status and code.
    pub fn problem(&self) -> (u16, &str) {
        (self.status.as_u16(), self.body["code"].as_str().unwrap_or_default())
    }

    pub fn cache(&self) -> &str {
        assert_eq!(self.status, StatusCode::OK, "{}", self.body);
        self.cache.as_deref().unwrap()
    }
}

/// `2026-11-01 20:15:00`, or just the day.
pub fn time(text: &str) -> DateTime<Utc> {
    let full = if text.len() == 10 { format!("{text} 00:00:00") } else { text.to_owned() };
    chrono::NaiveDateTime::parse_from_str(&full, "%Y-%m-%d %H:%M:%S").unwrap().and_utc()
}
