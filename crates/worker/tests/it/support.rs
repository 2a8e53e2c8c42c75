//! A worker in this process, the `twitch-api` it talks to, and the rows it finds.

use std::{
    collections::HashMap,
    future::Future,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use axum::{
    Json, Router,
    body::Body,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use common::{
    config, db,
    ids::{CaptureId, ChannelId, JobId, UserId},
    jobs::{CaptureChatters, NewJob, Probe},
    lifecycle::Shutdown,
    problem::Problem,
    queue::Queue,
    redis_store::Redis,
};
use devstack::testing::{TestDatabase, TestRedis};
use serde_json::{Value, json};
use sqlx::MySqlPool;
use tokio::{net::TcpListener, task::JoinHandle};

pub const TOKEN: &str = "an-internal-token-of-enough-characters";
pub const OPT_OUT_KEY: &str = "an-opt-out-key-of-enough-characters";
/// How long what is waited for may take; well under MariaDB's 50 s of waiting for a lock.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// What the scripted `twitch-api` answers.
#[derive(Clone, Default)]
pub struct Twitch(Arc<Mutex<Script>>);

#[derive(Default)]
pub struct Script {
    /// The lines of the answer about a channel's chatters.
    pub chatters: HashMap<u64, Vec<Value>>,
    /// Users whose grant is lost.
    pub lost: Vec<String>,
    /// Asked about chatters: how often.
    pub chatters_asked: u32,
    /// Answers about chatters wait while this is closed.
    pub gate: Option<Arc<tokio::sync::Semaphore>>,
    /// Answers about accounts wait while this is closed.
    pub accounts_gate: Option<Arc<tokio::sync::Semaphore>>,
    /// Ids asked about, a call each.
    pub accounts_asked: Vec<Vec<String>>,
    /// Ids that Twitch does not know.
    pub absent: Vec<String>,
}

impl Twitch {
    pub fn script(&self) -> std::sync::MutexGuard<'_, Script> {
        self.0.lock().unwrap()
    }

    /// The room of `channel` from now on: one complete list.
    pub fn room(&self, channel: u64, chatters: &[(u64, &str)]) {
        let rows: Vec<_> = chatters.iter().map(|(id, login)| json!([id.to_string(), login, login])).collect();
        let total = rows.len();
        let page = json!({ "chatters": rows, "page": 1, "total": total });
        self.script().chatters.insert(channel, vec![page, outcome(total, true, None)]);
    }

    async fn serve(self) -> String {
        let app = Router::new()
            .route("/healthz", get(|| async { "ok" }))
            .route("/internal/v1/channels/{channel}/chatters", get(chatters))
            .route("/internal/v1/accounts", post(accounts))
            .with_state(self);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await });
        url
    }
}

pub fn outcome(total: usize, complete: bool, reason: Option<&str>) -> Value {
    json!({ "outcome": {
        "complete": complete, "reason": reason, "pages": 1, "total": total, "received": total,
        "duplicates": 0, "blanks": 0,
    } })
}

async fn chatters(
    State(twitch): State<Twitch>,
    Path(channel): Path<u64>,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    let (lines, gate) = {
        let mut script = twitch.script();
        script.chatters_asked += 1;
        if script.lost.contains(&query["as"]) {
            return Problem::new(StatusCode::UNAUTHORIZED, "token_lost", "Log in again.").into_response();
        }
        (script.chatters.get(&channel).cloned(), script.gate.clone())
    };
    if let Some(gate) = gate {
        gate.acquire().await.unwrap().forget();
    }
    match lines {
        Some(lines) => {
            Body::from(lines.iter().map(Value::to_string).collect::<Vec<_>>().join("\n")).into_response()
        }
        None => Problem::unavailable("twitch_unavailable", "Twitch does not answer.").into_response(),
    }
}

async fn accounts(State(twitch): State<Twitch>, Json(query): Json<Value>) -> Json<Value> {
    let ids: Vec<String> = serde_json::from_value(query["ids"].clone()).unwrap();
    let gate = twitch.script().accounts_gate.clone();
    if let Some(gate) = gate {
        gate.acquire().await.unwrap().forget();
    }
    let mut script = twitch.script();
    script.accounts_asked.push(ids.clone());
    let (absent, known): (Vec<_>, Vec<_>) = ids.into_iter().partition(|id| script.absent.contains(id));
    let accounts: Vec<_> = known
        .iter()
        .map(|id| {
            json!({ "twitch_id": id, "login": format!("user{id}"), "display_name": format!("User{id}"),
                    "created_at": "2020-03-04T05:06:07Z", "account_type": "", "broadcaster_type": "affiliate",
                    "default_picture": true, "has_description": false })
        })
        .collect();
    Json(json!({ "accounts": accounts, "absent": absent }))
}

/// A worker with all it needs.
pub struct World {
    pub twitch: Twitch,
    pub pool: MySqlPool,
    pub redis: Redis,
    pub queue: Queue,
    vars: HashMap<&'static str, String>,
    shutdown: Shutdown,
    workers: Vec<JoinHandle<()>>,
    /// Where the last worker answers.
    address: Option<SocketAddr>,
    _database: TestDatabase,
    _redis: TestRedis,
}

impl World {
    /// The parts, and no worker yet.
    pub async fn new() -> Self {
        let database = devstack::testing::migrated_database().await.unwrap();
        let redis_server = devstack::testing::redis().await.unwrap();
        let twitch = Twitch::default();
        let vars = HashMap::from([
            ("INTERNAL_API_TOKEN", TOKEN.to_owned()),
            ("DATABASE_URL", database.url().to_owned()),
            ("REDIS_URL", redis_server.url().to_owned()),
            ("TWITCH_API_URL", twitch.clone().serve().await),
            ("TWITCH_TIMEOUT_SECONDS", "1".to_owned()),
            ("OPT_OUT_KEY", OPT_OUT_KEY.to_owned()),
            ("JOB_LEASE_SECONDS", "2".to_owned()),
            ("JOB_POLL_INTERVAL", "1".to_owned()),
            ("JOB_PROBES", "1".to_owned()),
            ("DATABASE_MAX_CONNECTIONS", "8".to_owned()),
        ]);
        let pool = MySqlPool::connect(database.url()).await.unwrap();
        let redis = Redis::new(&config::RedisConfig { url: redis_server.url().into() }).unwrap();
        let queue = Queue::new(pool.clone(), redis.clone());
        let (shutdown, workers) = (Shutdown::manual(), Vec::new());
        Self {
            twitch,
            pool,
            redis,
            queue,
            vars,
            shutdown,
            workers,
            address: None,
            _database: database,
            _redis: redis_server,
        }
    }

    /// The parts and a worker.
    pub async fn started() -> Self {
        let mut world = Self::new().await;
        world.start_worker().await;
        world
    }

    pub async fn start_worker(&mut self) {
        let vars = self.vars.clone();
        let lookup = move |name: &str| vars.get(name).cloned();
        let config = config::load_from(lookup, worker::Config::from_env).unwrap();
        common::telemetry::init(&config.service.telemetry);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        self.address = Some(listener.local_addr().unwrap());
        let shutdown = self.shutdown.clone();
        self.workers
            .push(tokio::spawn(async move { worker::run(config, listener, shutdown).await.unwrap() }));
    }

    /// Asks the workers to stop and waits until they have.
    pub async fn stop(&mut self) {
        self.shutdown.begin();
        for worker in self.workers.drain(..) {
            tokio::time::timeout(DEADLINE, worker).await.expect("a worker that stops").unwrap();
        }
    }

    /// The same parts with a worker that remembers nothing.
    pub async fn restarted(mut self) -> Self {
        self.shutdown = Shutdown::manual();
        self.start_worker().await;
        self
    }

    /// The same parts, for workers that have not been asked to stop.
    pub fn renewed(mut self) -> Self {
        self.shutdown = Shutdown::manual();
        self
    }

    /// What the last worker says when it is asked whether it is ready: status and body.
    pub async fn ready(&self) -> (u16, String) {
        let url = format!("http://{}/readyz", self.address.unwrap());
        let client = common::http::client(DEADLINE).unwrap();
        let answer = client.get(url).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// A pending capture of `channel` in an active session of user 7, and its job.
    pub async fn ask_for_capture(&self, channel: u64, max_attempt: u16) -> (CaptureId, JobId) {
        sqlx::query(
            "INSERT IGNORE INTO sessions (uuid, user_id, created_at, updated_at) VALUES (UUID(), 7, NOW(6), NOW(6))",
        )
        .execute(&self.pool)
        .await
        .unwrap();
        let capture = sqlx::query("INSERT INTO captures (channel_id, slot) VALUES (?, UTC_TIMESTAMP(6))")
            .bind(channel)
            .execute(&self.pool)
            .await
            .unwrap()
            .last_insert_id();
        sqlx::query("INSERT INTO session_captures SELECT id, ? FROM sessions WHERE user_id = 7")
            .bind(capture)
            .execute(&self.pool)
            .await
            .unwrap();
        let payload = CaptureChatters {
            capture: CaptureId(capture),
            channel: ChannelId(channel),
            user: UserId(7),
            until: None,
        };
        let mut job = NewJob::of(&payload).unwrap();
        job.policy.max_attempt = max_attempt;
        let mut connection = self.pool.acquire().await.unwrap();
        let (job, fresh) = db::jobs::insert(&mut connection, &job, "test-request").await.unwrap();
        assert!(fresh);
        self.queue.announce(&[job]).await;
        (CaptureId(capture), job)
    }

    /// Jobs of `tenant` that leave a row each in `job_probes`; not announced.
    pub async fn ask_for_probes(&self, tenant: u64, count: u32) -> Vec<JobId> {
        self.ask_for_naps(tenant, count, 0).await
    }

    /// The same, each taking so many milliseconds.
    pub async fn ask_for_naps(&self, tenant: u64, count: u32, nap_ms: u64) -> Vec<JobId> {
        let probe = |n| Probe {
            name: format!("{tenant}-{n}"),
            tenant: UserId(tenant),
            nap_ms,
            traceless: false,
            abort_at: None,
            poison: false,
        };
        self.insert((0..count).map(probe)).await
    }

    /// Jobs of two tenants that leave nothing; not announced.
    pub async fn ask_for_traceless(&self, count: u32) -> Vec<JobId> {
        let probe = |n: u32| Probe {
            name: n.to_string(),
            tenant: UserId(7 + u64::from(n % 2)),
            nap_ms: 0,
            traceless: true,
            abort_at: None,
            poison: false,
        };
        self.insert((0..count).map(probe)).await
    }

    async fn insert(&self, probes: impl Iterator<Item = Probe>) -> Vec<JobId> {
        let mut connection = self.pool.acquire().await.unwrap();
        let mut jobs = Vec::new();
        for probe in probes {
            let job = NewJob::of(&probe).unwrap();
            jobs.push(db::jobs::insert(&mut connection, &job, "").await.unwrap().0);
        }
        jobs
    }

    /// A variable of the workers to be started.
    pub fn get(&self, name: &str) -> String {
        self.vars[name].clone()
    }

    /// Sets a variable of the workers to be started.
    pub fn set(&mut self, name: &'static str, value: &str) {
        self.vars.insert(name, value.to_owned());
    }

    /// The rows that a query counts.
    pub async fn count(&self, query: &'static str) -> i64 {
        sqlx::query_scalar(query).fetch_one(&self.pool).await.unwrap()
    }

    /// Waits until `query` counts `wanted` rows.
    pub async fn until(&self, query: &'static str, wanted: i64) {
        until(query, || async { self.count(query).await == wanted }).await;
    }
}

/// Waits for a condition.
pub async fn until<Fut: Future<Output = bool>>(what: &str, mut condition: impl FnMut() -> Fut) {
    let started = Instant::now();
    while !condition().await {
        assert!(started.elapsed() < DEADLINE, "waited in vain: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
