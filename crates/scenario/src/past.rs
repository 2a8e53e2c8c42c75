//! A moment that has passed: the simulator, `twitch-api` and the worker, all on one clock that is set by hand.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, Utc};
use common::{
    clients::{TwitchApi, Upstream},
    clock::Clock,
    config::{Env, load_from},
    db::{self, Pool},
    http,
    ids::UserId,
    lifecycle::Shutdown,
};
use tokio::{net::TcpListener, task::JoinHandle, time::Instant};
use twitch_sim::TwitchId;
use worker::ByHand;

use crate::{Result, cast, sim::Sim};

/// How long anything may take before something must be wrong.
const PATIENCE: Duration = Duration::from_secs(30);
/// Twitch's own budgets hold here too; our ceiling below them is for whoever has time.
const REQUESTS_PER_SECOND: &str = "1000";

/// The services of a moment, in this process.
#[derive(Debug)]
pub struct Past {
    pub sim: Sim,
    pub worker: ByHand,
    micros: Arc<AtomicI64>,
    app: twitch_api::App,
    twitch: TwitchApi,
    shutdown: Shutdown,
    running: Vec<JoinHandle<()>>,
}

impl Past {
    /// Opens the services at `at`. Their variables are what `lookup` finds.
    ///
    /// # Errors
    /// When a variable is missing, or one of the stores.
    pub async fn open(
        sim: Sim,
        at: DateTime<Utc>,
        lookup: impl Fn(&str) -> Option<String> + Clone + 'static,
    ) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}/", listener.local_addr()?);
        let lookup = move |name: &str| match name {
            "TWITCH_API_URL" => Some(url.clone()),
            "RATE_LIMIT_REQUESTS_PER_SECOND" => Some(REQUESTS_PER_SECOND.to_owned()),
            name => lookup(name),
        };
        let read = |env: &mut Env| (twitch_api::Config::from_env(env), worker::Config::from_env(env));
        let (twitch_config, worker_config) = load_from(lookup, read)?;

        let micros = Arc::new(AtomicI64::new(at.timestamp_micros()));
        let clock = Clock::from_fn({
            let micros = micros.clone();
            move || DateTime::from_timestamp_micros(micros.load(Ordering::Relaxed)).unwrap_or_default()
        });
        sim.set_clock(at).await?;
        let token = worker_config.service.internal_token.clone();
        let upstream = Upstream::new(worker_config.twitch_api.clone(), http::client(PATIENCE)?, token);
        let app = twitch_api::App::open(&twitch_config, clock.clone()).await?;
        let shutdown = Shutdown::manual();
        let serving = {
            let (app, shutdown) = (app.clone(), shutdown.clone());
            tokio::spawn(async move {
                if let Err(error) = twitch_api::serve(app, twitch_config.service, listener, shutdown).await {
                    tracing::error!(%error, "past.not_served");
                }
            })
        };
        Ok(Self {
            worker: ByHand::open(&worker_config, clock).await?,
            twitch: TwitchApi::new(upstream),
            running: vec![serving],
            sim,
            micros,
            app,
            shutdown,
        })
    }

    /// The pool.
    #[must_use]
    pub fn pool(&self) -> &Pool {
        self.worker.pool()
    }

    /// What time it is.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.app.clock.now()
    }

    /// Goes to another moment.
    ///
    /// # Errors
    /// When the simulator does not follow.
    pub async fn go_to(&self, at: DateTime<Utc>) -> Result<()> {
        self.micros.store(at.timestamp_micros(), Ordering::Relaxed);
        self.sim.set_clock(at).await
    }

    /// Logs a person in, as the gateway does.
    ///
    /// # Errors
    /// When a step of the login fails.
    pub async fn log_in(&self, person: TwitchId) -> Result<UserId> {
        let page = self.twitch.authorize("scenario").await?.url;
        let code = self.sim.consent(page, person).await?;
        let answer = self.twitch.exchange(&code).await?;
        let user = db::users::logged_in(self.pool(), &answer.user, self.now()).await?;
        let channels = self.twitch.channels(user).await?.channels;
        db::channels::store_roles(self.pool(), user, &channels, self.now()).await?;
        Ok(user)
    }

    /// Listens for raids, and waits until all of the cast are heard.
    ///
    /// # Errors
    /// When they are not, after a while.
    pub async fn listen(&mut self) -> Result<()> {
        self.running.push(tokio::spawn(twitch_api::eventsub::run(self.app.clone(), self.shutdown.clone())));
        for part in cast::CAST {
            until("somebody listens for raids", || self.sim.is_heard(part.channel)).await?;
        }
        Ok(())
    }

    /// Sends a raid, and waits until it is known.
    ///
    /// # Errors
    /// When it does not become known.
    pub async fn raid(&self, from: TwitchId, to: TwitchId, viewers: u32) -> Result<()> {
        let (at, target) = (self.now(), [cast::channel(to)]);
        self.sim.raid(from, to, viewers).await?;
        until("the raid is known", || async {
            let known = db::raids::on_channels(self.pool(), &target, at - MINUTE, at + MINUTE, 10).await?;
            Ok(known.iter().any(|raid| raid.from == cast::channel(from)))
        })
        .await
    }

    /// Looks who is live.
    ///
    /// # Errors
    /// When Twitch cannot be asked.
    pub async fn poll(&self) -> Result<()> {
        Ok(twitch_api::live::poll(&self.app).await?)
    }

    /// One round of everything that happens by itself: the stream poll, the scheduler, and the jobs that are due.
    ///
    /// # Errors
    /// When one of them fails.
    pub async fn step(&self) -> Result<()> {
        self.poll().await?;
        self.worker.schedule().await?;
        self.worker.work().await?;
        Ok(())
    }

    /// Works until every account that was seen is described.
    ///
    /// # Errors
    /// When some are not, after a while.
    pub async fn describe_all(&self) -> Result<()> {
        until("all accounts are described", || async {
            self.worker.work().await?;
            Ok(db::accounts::pending(self.pool()).await? == 0)
        })
        .await
    }

    /// Stops the services; the tokens that Twitch gave are stored then, and no lease is left behind.
    pub async fn close(self) {
        self.shutdown.begin();
        for task in self.running {
            if let Err(panic) = task.await {
                tracing::error!(%panic, "past.panicked");
            }
        }
        self.app.tokens.settle().await;
        self.app.pool.close().await;
        self.worker.pool().close().await;
    }
}

const MINUTE: chrono::TimeDelta = chrono::TimeDelta::minutes(1);

async fn until<F: Future<Output = Result<bool>>>(what: &str, mut condition: impl FnMut() -> F) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    while !condition().await? {
        if Instant::now() > deadline {
            return Err(format!("waited in vain until {what}").into());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}
