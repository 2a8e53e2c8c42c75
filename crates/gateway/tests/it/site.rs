//! A gateway in this process with stores of its own, scripted neighbours and a clock that stands still.

use std::{
    collections::HashMap,
    future::Future,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use chrono::DateTime;
use common::{clock::Clock, config, lifecycle::Shutdown, redis_store::Redis};
use devstack::{
    proxy::Proxy,
    testing::{TestDatabase, TestRedis},
};
use gateway::{Config, Gateway};
use sqlx::MySqlPool;
use tokio::{net::TcpListener, task::JoinHandle};

use crate::{browser::Browser, upstreams::Upstreams};

const DEADLINE: Duration = Duration::from_secs(20);

pub const PUBLIC_URL: &str = "http://chatters.example";

pub struct Site {
    pub url: String,
    pub services: Upstreams,
    pub pool: MySqlPool,
    pub redis: Redis,
    pub shutdown: Shutdown,
    pub dist: PathBuf,
    vars: HashMap<String, String>,
    micros: Arc<AtomicI64>,
    running: Vec<JoinHandle<()>>,
    _database: TestDatabase,
    _redis: TestRedis,
}

impl Site {
    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    /// A site with other settings than usual.
    pub async fn with(settings: &[(&str, &str)]) -> Self {
        let database = devstack::testing::migrated_database().await.unwrap();
        let redis_server = devstack::testing::redis().await.unwrap();
        let services = Upstreams::default();
        let upstream = services.serve().await;
        let dist = std::env::temp_dir().join(format!("gateway-it-{}", uuid::Uuid::new_v4()));
        let vars = [
            ("INTERNAL_API_TOKEN", "an-internal-token-of-enough-characters"),
            ("OPT_OUT_KEY", "an-opt-out-key-of-enough-characters"),
            ("SESSION_SECRET", "a-session-secret-of-enough-characters"),
            ("DATABASE_URL", database.url()),
            ("REDIS_URL", redis_server.url()),
            ("TWITCH_API_URL", &upstream),
            ("ANALYSIS_URL", &upstream),
            ("PUBLIC_URL", PUBLIC_URL),
            ("WEB_DIST_DIR", dist.to_str().unwrap()),
            ("LOG_LEVEL", "warn"),
        ];
        let vars = vars.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let start: DateTime<chrono::Utc> = "2026-11-23T21:35:12Z".parse().unwrap();
        let mut site = Self {
            url: String::new(),
            services,
            pool: MySqlPool::connect(database.url()).await.unwrap(),
            redis: Redis::new(&config::RedisConfig { url: redis_server.url().into() }).unwrap(),
            shutdown: Shutdown::manual(),
            dist,
            vars,
            micros: Arc::new(AtomicI64::new(start.timestamp_micros())),
            running: Vec::new(),
            _database: database,
            _redis: redis_server,
        };
        site.url = site.replica(settings).await;
        site
    }

    /// Another gateway on the same stores; its address.
    pub async fn replica(&mut self, settings: &[(&str, &str)]) -> String {
        let mut vars = self.vars.clone();
        vars.extend(settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let config = config::load_from(move |name| vars.get(name).cloned(), Config::from_env).unwrap();
        common::telemetry::init(&config.service.telemetry);
        let micros = self.micros.clone();
        let clock = Clock::from_fn(move || {
            DateTime::from_timestamp_micros(micros.load(Ordering::Relaxed)).unwrap_or_default()
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let gateway = Gateway::open(config, clock, self.shutdown.clone()).await.unwrap();
        self.running.push(tokio::spawn(async move { gateway.serve(listener).await.unwrap() }));
        url
    }

    /// Another gateway that reaches Redis through a proxy, which can misbehave.
    pub async fn behind_redis_proxy(&mut self) -> (Proxy, String) {
        let address = self.vars["REDIS_URL"].strip_prefix("redis://").unwrap().to_owned();
        let (address, database) = address.split_once('/').unwrap();
        let proxy = Proxy::start(vec![address.parse().unwrap()]).await.unwrap();
        let url = self.replica(&[("REDIS_URL", &format!("redis://{}/{database}", proxy.address()))]).await;
        (proxy, url)
    }

    /// Moves the clock on.
    pub fn pass(&self, time: Duration) {
        self.micros.fetch_add(i64::try_from(time.as_micros()).unwrap(), Ordering::Relaxed);
    }

    pub fn browser(&self) -> Browser {
        Browser::new(&self.url)
    }

    /// A browser of `user`, who moderates `channels` beside the own one.
    pub async fn logged_in(&self, user: u64, channels: &[u64]) -> Browser {
        let mut listed = vec![(user, "broadcaster")];
        listed.extend(channels.iter().map(|id| (*id, "moderator")));
        self.services.script().channels.insert(user, listed);
        let mut browser = self.browser();
        browser.log_in(user).await;
        browser
    }

    /// What a query counts.
    pub async fn count(&self, query: &'static str) -> i64 {
        sqlx::query_scalar(query).fetch_one(&self.pool).await.unwrap()
    }

    pub async fn run(&self, statement: &'static str) {
        sqlx::query(statement).execute(&self.pool).await.unwrap();
    }

    /// Asks the gateways to stop, and waits until they have.
    pub async fn stop(&mut self) {
        self.shutdown.begin();
        for gateway in self.running.drain(..) {
            tokio::time::timeout(DEADLINE, gateway).await.expect("a gateway that stops").unwrap();
        }
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        let _not_written = std::fs::remove_dir_all(&self.dist);
    }
}

/// A user id that no other test has: pub/sub is shared by all databases of a Redis.
pub fn fresh_user() -> u64 {
    1_000 + uuid::Uuid::new_v4().as_u64_pair().0 % 1_000_000_000_000
}

/// Waits for a condition.
pub async fn until<Fut: Future<Output = bool>>(what: &str, mut condition: impl FnMut() -> Fut) {
    let started = Instant::now();
    while !condition().await {
        assert!(started.elapsed() < DEADLINE, "waited in vain: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// An address where nobody listens.
pub async fn nobody() -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap()
}
