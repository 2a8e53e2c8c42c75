//! The only service that talks to Twitch.
//!
//! It owns the application's secret and every user's token, and hands out what Twitch says as plain facts: who may look
//! into which channel, who is in a chat, what an account is. It does not know what a capture is.
//!
//! | part | what it does |
//! |---|---|
//! | [`tokens`] | stores tokens encrypted, refreshes them once, notices grants that are lost |
//! | [`budget`] | decides how often Twitch may be called, over all replicas |
//! | [`helix`] | calls the Helix API: retries, paging, judging whether a list is complete |
//! | [`live`] | polls who is live |
//! | [`eventsub`] | listens for raids and for streams that begin and end |
//! | [`routes`] | the internal HTTP interface, listed in [`router`] |
//!
//! No token ever leaves this process but to Twitch, and none is ever logged.

mod app;
mod breaker;
pub mod budget;
mod config;
mod error;
pub mod eventsub;
mod extract;
pub mod helix;
pub mod live;
mod router;
pub mod routes;
pub mod tokens;

use common::{clock::Clock, config::ServiceConfig, db, health::Readiness, lifecycle::Shutdown, service};
use tokio::net::TcpListener;
use tokio_util::task::TaskTracker;

pub use app::App;
pub use config::{Config, TwitchConfig};
pub use error::TwitchError;

/// Why the service could not start or had to stop.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the database cannot be used")]
    Database(#[from] db::DbError),
    #[error("REDIS_URL cannot be used")]
    Redis(#[from] redis::RedisError),
    #[error("the HTTP client cannot be built")]
    Http(#[from] reqwest::Error),
    #[error("TWITCH_REDIRECT_URL or TWITCH_OAUTH_URL cannot be used")]
    Url(#[from] url::ParseError),
    #[error("the listener failed")]
    Listener(#[from] std::io::Error),
}

/// Runs the service until the shutdown.
///
/// # Errors
/// When something it needs cannot be opened.
pub async fn run(config: Config, listener: TcpListener, shutdown: Shutdown) -> Result<(), Error> {
    let app = App::open(&config, Clock::system()).await?;
    let background = TaskTracker::new();
    background.spawn(tokens::validation::run(app.tokens.clone(), shutdown.clone()));
    background.spawn(live::run(app.clone(), shutdown.clone()));
    background.spawn(eventsub::run(app.clone(), shutdown.clone()));
    background.close();
    serve(app.clone(), config.service, listener, shutdown).await?;
    background.wait().await;
    // A refresh that Twitch has answered must be stored, or the grant is lost.
    app.tokens.settle().await;
    Ok(())
}

/// Answers on `listener` until the shutdown, without doing anything by itself: [`run`] less its background tasks.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    app: App,
    config: ServiceConfig,
    listener: TcpListener,
    shutdown: Shutdown,
) -> Result<(), Error> {
    let (pool, redis) = (app.pool.clone(), app.redis.clone());
    let readiness = Readiness::default()
        .check("database", move || {
            let pool = pool.clone();
            async move { db::check(&pool).await }
        })
        .check("redis", move || {
            let redis = redis.clone();
            async move { redis.check().await }
        });
    let routes = router::routes(app, config.internal_token);
    Ok(service::serve(config.name, listener, shutdown, readiness, routes).await?)
}
