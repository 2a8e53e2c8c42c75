//! The demo on a simulator in this process: its past, with real stores, and what happens while one watches.

#![expect(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

mod live;

use std::{collections::HashMap, net::SocketAddr};

use common::{clock::Clock, lifecycle::Shutdown};
use devstack::testing::{TestDatabase, TestRedis};
use scenario::{history, sim::Sim};
use sqlx::MySqlPool;
use tokio::net::TcpListener;

/// Where a simulator listens that runs until `end`.
async fn simulator(config: twitch_sim::Config, end: impl Future<Output = ()> + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(twitch_sim::run(config, listener, end));
    address
}

struct Stage {
    sim: Sim,
    pool: MySqlPool,
    vars: HashMap<String, String>,
    shutdown: Shutdown,
    _database: TestDatabase,
    _redis: TestRedis,
}

impl Stage {
    async fn build() -> Self {
        let database = devstack::testing::migrated_database().await.unwrap();
        let redis = devstack::testing::redis().await.unwrap();
        let shutdown = Shutdown::manual();
        let config = twitch_sim::Config::default();
        let client = config.clients[0].clone();
        let stop = shutdown.clone();
        let address = simulator(config, async move { stop.draining().await }).await;
        let vars = [
            ("INTERNAL_API_TOKEN", "0123456789abcdef0123456789abcdef".to_owned()),
            ("OPT_OUT_KEY", "an-opt-out-key-of-enough-characters".to_owned()),
            ("DATABASE_URL", database.url().to_owned()),
            ("REDIS_URL", redis.url().to_owned()),
            ("TWITCH_CLIENT_ID", client.id),
            ("TWITCH_CLIENT_SECRET", client.secret),
            ("TWITCH_REDIRECT_URL", client.redirect_urls[0].clone()),
            ("TWITCH_OAUTH_URL", format!("http://{address}/oauth2/")),
            ("TWITCH_HELIX_URL", format!("http://{address}/helix/")),
            ("TWITCH_EVENTSUB_URL", format!("ws://{address}/ws")),
            ("TOKEN_ENCRYPTION_KEYS", "a:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=".to_owned()),
        ];
        Self {
            sim: Sim::new(format!("http://{address}/").parse().unwrap()).unwrap(),
            pool: MySqlPool::connect(database.url()).await.unwrap(),
            vars: vars.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            shutdown,
            _database: database,
            _redis: redis,
        }
    }

    async fn make_history(&self) {
        let vars = self.vars.clone();
        let lookup = move |name: &str| vars.get(name).cloned();
        history::make(self.sim.clone(), Clock::system().now(), lookup).await.unwrap();
    }

    async fn count(&self, query: &'static str) -> i64 {
        sqlx::query_scalar(query).fetch_one(&self.pool).await.unwrap()
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.shutdown.begin();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_opens_with_two_past_streams_and_a_live_one_on_each_channel() {
    let stage = Stage::build().await;
    stage.make_history().await;
    let captured = "SELECT COUNT(*) FROM (SELECT captures.channel_id FROM captures JOIN streams ON streams.id = stream_id
                    WHERE status = 'complete' AND captures.viewer_count > 0
                    GROUP BY captures.channel_id, stream_id, ended_at IS NULL HAVING COUNT(*) >= 25) AS broadcasts";
    assert_eq!(stage.count(captured).await, 12, "three broadcasts on each of four channels");
    let live = "SELECT COUNT(*) FROM streams JOIN captures ON stream_id = streams.id
                WHERE ended_at IS NULL AND slot > UTC_TIMESTAMP() - INTERVAL 3 MINUTE AND status = 'complete'";
    assert!(stage.count(live).await >= 4, "the running broadcasts are captured up to now");
    assert_eq!(
        stage.count("SELECT COUNT(*) FROM captures WHERE status NOT IN ('complete', 'missed')").await,
        0
    );
    assert_eq!(stage.count("SELECT COUNT(*) FROM captures WHERE reason = 'scheduler_late'").await, 8);
    assert_eq!(stage.count("SELECT COUNT(*) FROM raids").await, 5);
    assert_eq!(stage.count("SELECT COUNT(*) FROM accounts WHERE enriched_at IS NULL").await, 0);
    let fresh = "SELECT COUNT(*) FROM accounts WHERE created_at > UTC_TIMESTAMP() - INTERVAL 3 DAY";
    assert!(stage.count(fresh).await >= 90, "a wave of accounts that were registered on its day");
    let sessions = "SELECT COUNT(DISTINCT user_id, status) FROM sessions WHERE status IN ('saved', 'active')";
    assert_eq!(
        stage.count(sessions).await,
        8,
        "each of the four people has a saved session and an active one"
    );
    let due = "SELECT COUNT(*) FROM schedules WHERE next_slot < UTC_TIMESTAMP() - INTERVAL 1 MINUTE
               OR next_slot > UTC_TIMESTAMP() + INTERVAL 1 MINUTE OR interval_minutes <> 1";
    assert_eq!(stage.count(due).await, 0, "the schedules go on from here");
    assert_eq!(
        stage.count("SELECT COUNT(*) FROM leases WHERE lease_until > UTC_TIMESTAMP(6)").await,
        0,
        "the services that start now need not wait"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_demo_whose_data_are_kept_gets_no_second_past() {
    let stage = Stage::build().await;
    sqlx::query(
        "INSERT INTO streams (id, channel_id, started_at, ended_at, seen_at)
         VALUES (7, 10000001, UTC_TIMESTAMP() - INTERVAL 1 DAY, UTC_TIMESTAMP() - INTERVAL 22 HOUR, UTC_TIMESTAMP())",
    )
    .execute(&stage.pool)
    .await
    .unwrap();
    stage.make_history().await;
    assert_eq!(stage.count("SELECT COUNT(*) FROM captures").await, 0);
    assert_eq!(
        stage.count("SELECT COUNT(*) FROM twitch_tokens WHERE user_id > 0").await,
        4,
        "all logged in anew"
    );
    assert_eq!(stage.count("SELECT COUNT(*) FROM schedules WHERE paused_reason IS NULL").await, 7);
}
