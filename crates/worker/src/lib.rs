//! The worker runs jobs: captures and enrichment. It serves nobody but probes.
//!
//! [`runner`] takes announced jobs from [`intake`], as far as there is [`room`], claims them and runs each in a task of its
//! own; [`leases`] keeps them ours; [`endings`] ends those without effects; [`reconcile`] puts right what was lost; [`pulse`] knows whether jobs move;
//! [`scheduler`] fills the queue, [`retention`] removes what is due; `jobs/` holds one file per kind.
//!
//! [`ByHand`] does the same one step at a time, for whoever makes time pass faster. Two commands beside that: [`migrate`] and [`redrive`].

mod accounts;
mod by_hand;
mod command;
mod config;
mod context;
mod endings;
mod intake;
mod jobs;
mod leases;
pub mod migrate;
mod opt_outs;
mod pulse;
mod reconcile;
pub mod redrive;
mod retention;
mod room;
mod runner;
mod scheduler;
mod watchers;

use std::panic::AssertUnwindSafe;

use common::{
    clients::{TwitchApi, Upstream, twitch_api},
    clock::Clock,
    db,
    db::DbError,
    health::Readiness,
    http,
    lifecycle::Shutdown,
    queue::Queue,
    redis_store::Redis,
    service,
};
use futures_util::{FutureExt as _, future::BoxFuture};
use tokio::{net::TcpListener, task::JoinHandle};

pub use crate::by_hand::ByHand;
pub use crate::config::{AccountsConfig, Config, JobsConfig, Sabotage, TrialsConfig};
use crate::{
    accounts::Accounts,
    context::{Context, Parts},
    endings::Endings,
    leases::Leases,
    opt_outs::OptOuts,
    pulse::Pulse,
};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Db(#[from] DbError),
    #[error("REDIS_URL cannot be used: {0}")]
    Redis(#[from] redis::RedisError),
    #[error("the HTTP client cannot be built: {0}")]
    Http(#[from] reqwest::Error),
    #[error("serving: {0}")]
    Serve(#[from] std::io::Error),
}

/// Runs the worker until the shutdown: probes on `listener`, jobs from the queue.
///
/// # Errors
/// When MariaDB is not up in time, or the listener fails.
pub async fn run(config: Config, listener: TcpListener, shutdown: Shutdown) -> Result<(), Error> {
    let (context, endings) = open(&config, Clock::system()).await?;
    let (pool, redis, twitch) = (context.pool.clone(), context.redis.clone(), context.twitch.clone());
    let fenced = config.jobs.trials.sabotage != Some(Sabotage::Token);
    let leases = Leases::new(pool.clone(), config.jobs.lease, fenced);

    let readiness = Readiness::default()
        .check("mariadb", {
            let pool = pool.clone();
            move || {
                let pool = pool.clone();
                async move { db::check(&pool).await }
            }
        })
        .check("redis", move || {
            let redis = redis.clone();
            async move { redis.check().await }
        })
        .check("twitch-api", move || {
            let twitch = twitch.clone();
            async move { twitch.check().await }
        })
        .check("jobs", {
            let context = context.clone();
            move || std::future::ready(context.pulse.check())
        });

    let interval = config.jobs.poll_interval;
    let helpers = [
        vital("heartbeat", &shutdown, leases::beat(leases.clone())),
        vital("endings", &shutdown, endings),
        vital("reconciler", &shutdown, reconcile::run(context.clone(), interval, shutdown.clone())),
        vital("scheduler", &shutdown, scheduler::run(context.clone(), config.session_ttl, shutdown.clone())),
        vital("retention", &shutdown, retention::run(context.clone(), shutdown.clone())),
    ];
    let running = vital("runner", &shutdown, runner::run(context, leases, config.jobs, shutdown.clone()));
    service::serve("worker", listener, shutdown, readiness, axum::Router::new()).await?;
    // Running jobs are finished before what keeps them ours, and what ends them, stops.
    running.await.ok();
    for helper in helpers {
        helper.abort();
    }
    pool.close().await;
    Ok(())
}

/// Runs what a worker cannot be without. When it panics, the worker drains and ends, and is started again whole.
fn vital(
    what: &'static str,
    shutdown: &Shutdown,
    work: impl Future<Output = ()> + Send + 'static,
) -> JoinHandle<()> {
    let shutdown = shutdown.clone();
    tokio::spawn(async move {
        if AssertUnwindSafe(work).catch_unwind().await.is_err() {
            tracing::error!(what, "worker.part_panicked");
            shutdown.begin();
        }
    })
}

/// Connects to what jobs need; with the task of [`Endings`], to be spawned.
async fn open(config: &Config, clock: Clock) -> Result<(Context, BoxFuture<'static, ()>), Error> {
    let pool = db::connect(&config.database).await?;
    let redis = Redis::new(&config.redis)?;
    let http = http::client(twitch_api::PATIENCE + config.jobs.twitch_timeout * 2)?;
    let token = config.service.internal_token.clone();
    let trials = config.jobs.trials;
    let (endings, task) = Endings::new(pool.clone());
    let context = Context::from(Parts {
        clock,
        queue: Queue::new(pool.clone(), redis.clone()),
        twitch: TwitchApi::new(Upstream::new(config.twitch_api.clone(), http, token)),
        accounts: Accounts::new(config.accounts.clone()),
        opt_outs: OptOuts::new(config.opt_out_key.clone()),
        pulse: Pulse::default(),
        endings,
        reconciles: trials.sabotage != Some(Sabotage::Reconciler),
        probes: trials.probes,
        pool,
        redis,
    });
    Ok((context, task))
}
