//! Everything a test needs: the simulator, the front, stores of its own, and replicas of the service.

use std::{collections::HashMap, time::Duration};

use common::{
    clients::{
        ClientError, TwitchApi, Upstream, UpstreamConfig,
        twitch_api::{ChattersLine, ChattersOutcome, ChattersPage, ModeratedChannel, Role},
    },
    config::{RedisConfig, TelemetryConfig, load_from},
    ids::{ChannelId, UserId},
    lifecycle::Shutdown,
    problem::ProblemLine,
    redis_store::Redis,
};
use devstack::{
    proxy::Proxy,
    testing::{TestDatabase, TestRedis},
};
use futures_util::StreamExt as _;
use serde_json::Value;
use sqlx::MySqlPool;
use tokio::net::TcpListener;
use url::Url;

use crate::front::Front;

pub const TOKEN: &str = "0123456789abcdef0123456789abcdef";
pub const KEYS: &str = "a:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

pub struct Rig {
    pub front: Front,
    pub db: TestDatabase,
    pub redis: TestRedis,
    pub pool: MySqlPool,
    pub http: reqwest::Client,
    /// The first replica.
    pub api: TwitchApi,
    pub api_url: Url,
    twitch: Url,
    sim: Url,
    shutdown: Shutdown,
}

/// A roster as a worker would collect it.
#[derive(Default)]
pub struct Read {
    pub ids: Vec<u64>,
    pub pages: Vec<ChattersPage>,
    pub outcome: Option<ChattersOutcome>,
    pub problem: Option<ProblemLine>,
}

impl Rig {
    /// The simulator's time stands still, so that what is read can be held against the truth.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// The same, the first replica with `extra` variables.
    pub async fn start_with(extra: &[(&str, &str)]) -> Self {
        // Boxed: within the future of a test, the compiler would lose itself in what all this is made of.
        let mut rig = Box::pin(Self::prepare()).await;
        (rig.api, rig.api_url) = Box::pin(rig.replica(extra)).await;
        rig
    }

    /// The same; the first replica reaches Redis through a proxy, which can misbehave.
    pub async fn start_behind_redis_proxy(extra: &[(&str, &str)]) -> (Self, Proxy) {
        let mut rig = Box::pin(Self::prepare()).await;
        let (address, database) = rig.redis.url().strip_prefix("redis://").unwrap().split_once('/').unwrap();
        let proxy = Proxy::start(vec![address.parse().unwrap()]).await.unwrap();
        let url = format!("redis://{}/{database}", proxy.address());
        let extra: Vec<_> = extra.iter().copied().chain([("REDIS_URL", url.as_str())]).collect();
        (rig.api, rig.api_url) = Box::pin(rig.replica(&extra)).await;
        (rig, proxy)
    }

    /// All but a replica.
    async fn prepare() -> Self {
        if let Ok(level) = std::env::var("TEST_LOG") {
            common::telemetry::init(&TelemetryConfig { service: "test", level, json: false });
        }
        let shutdown = Shutdown::manual();
        let sim = twitch_sim::Config { pace: twitch_sim::Pace::Stepped, ..twitch_sim::Config::default() };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let sim_url = base_of(&listener);
        let stop = shutdown.clone();
        tokio::spawn(twitch_sim::run(sim, listener, async move { stop.draining().await }));
        let (front, twitch) = Front::start(sim_url.clone()).await;
        let db = devstack::testing::migrated_database().await.unwrap();
        let redis = devstack::testing::redis().await.unwrap();
        let pool = MySqlPool::connect(db.url()).await.unwrap();
        let http = common::http::client(Duration::from_secs(30)).unwrap();
        Self {
            front,
            db,
            redis,
            pool,
            api: client_of(&sim_url, http.clone()),
            api_url: sim_url.clone(),
            http,
            twitch,
            sim: sim_url,
            shutdown,
        }
    }

    /// Starts a replica, with `extra` variables.
    pub async fn replica(&self, extra: &[(&str, &str)]) -> (TwitchApi, Url) {
        let sim = twitch_sim::Config::default();
        let client = &sim.clients[0];
        let vars: HashMap<String, String> = [
            ("INTERNAL_API_TOKEN", TOKEN),
            ("DATABASE_URL", self.db.url()),
            ("REDIS_URL", self.redis.url()),
            ("TWITCH_CLIENT_ID", &client.id),
            ("TWITCH_CLIENT_SECRET", &client.secret),
            ("TWITCH_REDIRECT_URL", &client.redirect_urls[0]),
            ("TWITCH_OAUTH_URL", self.twitch.join("oauth2/").unwrap().as_str()),
            ("TWITCH_HELIX_URL", self.twitch.join("helix/").unwrap().as_str()),
            ("TWITCH_EVENTSUB_URL", &self.sim.join("ws").unwrap().as_str().replace("http", "ws")),
            ("TWITCH_TIMEOUT_SECONDS", "5"),
            ("TOKEN_ENCRYPTION_KEYS", KEYS),
            ("RATE_LIMIT_REQUESTS_PER_SECOND", "1000"),
        ]
        .into_iter()
        .chain(extra.iter().copied())
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
        let config = load_from(move |name| vars.get(name).cloned(), twitch_api::Config::from_env).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = base_of(&listener);
        tokio::spawn(twitch_api::run(config, listener, self.shutdown.clone()));
        self.eventually("the service is ready", || async {
            self.http
                .get(url.join("readyz").unwrap())
                .send()
                .await
                .is_ok_and(|answer| answer.status().is_success())
        })
        .await;
        (client_of(&url, self.http.clone()), url)
    }

    /// Waits for a condition.
    pub async fn eventually<F: Future<Output = bool>>(&self, what: &str, mut condition: impl FnMut() -> F) {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
        while !condition().await {
            assert!(tokio::time::Instant::now() < deadline, "never: {what}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// A code as the browser of `user` would bring it back; scopes in `denied` are not allowed.
    pub async fn code(&self, user: u32, denied: &[&str]) -> String {
        let url = self.api.authorize("state-of-test").await.unwrap().url;
        let mut form = vec![("decision", "allow".to_owned()), ("user_id", user.to_string())];
        form.extend(denied.iter().map(|scope| ("deny_scope", (*scope).to_owned())));
        let answer = self.http.post(url).form(&form).send().await.unwrap();
        let location = answer.headers()["location"].to_str().unwrap().parse::<Url>().unwrap();
        let pairs: HashMap<_, _> = location.query_pairs().into_owned().collect();
        assert_eq!(pairs["state"], "state-of-test");
        pairs["code"].clone()
    }

    /// Logs a person in.
    pub async fn login(&self, person: twitch_sim::TwitchId) -> UserId {
        let code = self.code(person.0, &[]).await;
        let answer = self.api.exchange(&code).await.unwrap();
        assert_eq!(answer.user.twitch_id.0, u64::from(person.0));
        UserId(u64::from(person.0))
    }

    /// Asks the simulator's control interface.
    pub async fn sim(&self, method: &str, path: &str, body: Value) -> Value {
        let request = self.http.request(method.parse().unwrap(), self.sim.join(path).unwrap());
        let answer = if body.is_null() { request } else { request.json(&body) }.send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.json().await.unwrap_or_default()
    }

    /// Who is in the channel, sorted.
    pub async fn truth(&self, channel: ChannelId) -> Vec<u64> {
        let told = self.sim("GET", &format!("sim/channels/{channel}/truth"), Value::Null).await;
        let mut ids: Vec<u64> =
            told["ids"].as_array().unwrap().iter().map(|id| id.as_str().unwrap().parse().unwrap()).collect();
        ids.sort_unstable();
        ids
    }

    /// Reads the channel's chatters to the end.
    pub async fn read(&self, channel: ChannelId, user: UserId) -> Read {
        self.try_read(channel, user).await.unwrap()
    }

    /// The same; the error is what kept the first page away.
    pub async fn try_read(&self, channel: ChannelId, user: UserId) -> Result<Read, ClientError> {
        let mut lines = self.api.chatters(channel, user).await?;
        let mut read = Read::default();
        while let Some(line) = lines.next().await {
            match line.unwrap() {
                ChattersLine::Page(page) => {
                    read.ids.extend(page.chatters.iter().map(|chatter| chatter.0.0));
                    read.pages.push(page);
                }
                ChattersLine::End { outcome } => read.outcome = Some(outcome),
                ChattersLine::Failed { problem } => read.problem = Some(problem),
            }
        }
        read.ids.sort_unstable();
        Ok(read)
    }

    /// As if Twitch had said which channels the user may look into.
    pub async fn knows(&self, user: UserId, channels: &[(ChannelId, Role)]) {
        let channels: Vec<_> = channels
            .iter()
            .map(|(channel, role)| ModeratedChannel {
                twitch_id: *channel,
                login: format!("c{channel}"),
                display_name: format!("C{channel}"),
                role: *role,
            })
            .collect();
        let now = common::clock::Clock::system().now();
        common::db::channels::store_roles(&self.pool, user, &channels, now).await.unwrap();
    }

    /// A connection of the test's own to the services' Redis.
    pub fn redis_store(&self) -> Redis {
        let url = self.redis.url().to_owned();
        Redis::new(&RedisConfig { url: url.into() }).unwrap()
    }

    /// The stored state of a grant: generation, and why it is lost.
    pub async fn stored(&self, user: UserId) -> (u64, Option<String>) {
        let row = sqlx::query_as("SELECT generation, lost_reason FROM twitch_tokens WHERE user_id = ?");
        row.bind(user.0).fetch_one(&self.pool).await.unwrap()
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        self.shutdown.begin();
    }
}

fn base_of(listener: &TcpListener) -> Url {
    Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap()
}

fn client_of(url: &Url, http: reqwest::Client) -> TwitchApi {
    let text = url.to_string();
    let config = load_from(move |_| Some(text.clone()), UpstreamConfig::twitch_api).unwrap();
    TwitchApi::new(Upstream::new(config, http, TOKEN.to_owned().into()))
}

/// A person of the simulator as a channel.
pub fn channel(person: twitch_sim::TwitchId) -> ChannelId {
    ChannelId(u64::from(person.0))
}
