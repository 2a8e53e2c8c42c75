//! What the routes share, and how it is opened and served.

use std::{sync::Arc, time::Duration};

use common::{
    clients::{Analysis, TwitchApi, Upstream},
    clock::Clock,
    db::{self, DbError, Pool},
    health::Readiness,
    http,
    ids::{SessionUuid, UserId},
    lifecycle::Shutdown,
    lru::{Admit, Lru},
    opt_out::OptOutKey,
    queue::Queue,
    redis_store::Redis,
    service,
};
use tokio::net::TcpListener;

use crate::{
    config::{AnalysisSessionsConfig, Config, WebConfig, WebSessionConfig},
    live::{self, Hub},
    middleware, pages,
    rate_limit::RateLimit,
    router,
};

/// How long another service may take to begin its answer; longer than it may wait for Twitch.
const UPSTREAM_TIMEOUT: Duration = Duration::from_secs(20);

/// For remembering whose sessions are: a few thousand.
const OWNERS_BYTES: usize = 1 << 20;

/// Why the gateway does not run.
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

/// What the routes share.
#[derive(Debug)]
pub struct Gateway {
    pub(crate) clock: Clock,
    pub(crate) pool: Pool,
    pub(crate) redis: Redis,
    pub(crate) queue: Queue,
    pub(crate) twitch: TwitchApi,
    pub(crate) analysis: Analysis,
    pub(crate) hub: Arc<Hub>,
    pub(crate) rate_limit: RateLimit,
    pub(crate) shutdown: Shutdown,
    pub(crate) web: WebConfig,
    pub(crate) web_sessions: WebSessionConfig,
    pub(crate) analysis_sessions: AnalysisSessionsConfig,
    pub(crate) opt_out_key: OptOutKey,
    owners: Lru<SessionUuid, UserId>,
}

/// The state of every route.
pub(crate) type App = Arc<Gateway>;

impl Gateway {
    /// Opens what the routes need.
    ///
    /// # Errors
    /// When MariaDB is not up in time, or an address cannot be used.
    pub async fn open(config: Config, clock: Clock, shutdown: Shutdown) -> Result<Self, Error> {
        let pool = db::connect(&config.database).await?;
        let redis = Redis::new(&config.redis)?;
        let http = http::client(UPSTREAM_TIMEOUT)?;
        let token = config.service.internal_token;
        Ok(Self {
            clock,
            queue: Queue::new(pool.clone(), redis.clone()),
            twitch: TwitchApi::new(Upstream::new(config.twitch_api, http.clone(), token.clone())),
            analysis: Analysis(Upstream::new(config.analysis, http, token)),
            hub: Arc::new(Hub::default()),
            rate_limit: RateLimit::new(config.limits, redis.clone()),
            shutdown,
            web: config.web,
            web_sessions: config.web_sessions,
            analysis_sessions: config.analysis_sessions,
            opt_out_key: config.opt_out_key,
            owners: Lru::new("owners", OWNERS_BYTES),
            pool,
            redis,
        })
    }

    /// Whether `session` was opened by `user`, and was there when that was last looked up. Whose a session is never
    /// changes; that it is still there, who reads its captures sees.
    pub(crate) async fn owns(&self, user: UserId, session: SessionUuid) -> Result<bool, DbError> {
        if self.owners.get([session].into_iter()) == [Some(user)] {
            return Ok(true);
        }
        let owned = db::sessions::is_owned(&self.pool, user, session).await?;
        if owned {
            self.owners.put(session, user, 0, Admit::Always);
        }
        Ok(owned)
    }

    /// Serves on `listener` until the shutdown.
    ///
    /// # Errors
    /// When the listener fails.
    pub async fn serve(self, listener: TcpListener) -> Result<(), Error> {
        let app = Arc::new(self);
        let listening = tokio::spawn(live::listen(app.hub.clone(), app.redis.clone(), app.shutdown.clone()));
        let (routes, _document) = router::routes();
        let routes = middleware::around_all(
            middleware::around_routes(routes, &app).merge(pages::routes(&app.web)).with_state(app.clone()),
        );
        let readiness = readiness(&app);
        service::serve("gateway", listener, app.shutdown.clone(), readiness, routes).await?;
        listening.abort();
        app.pool.close().await;
        Ok(())
    }
}

fn readiness(app: &App) -> Readiness {
    let (mariadb, redis, twitch, analysis) = (app.clone(), app.clone(), app.clone(), app.clone());
    Readiness::default()
        .check("mariadb", move || {
            let app = mariadb.clone();
            async move { db::check(&app.pool).await }
        })
        .check("redis", move || {
            let app = redis.clone();
            async move { app.redis.check().await }
        })
        .check("twitch-api", move || {
            let app = twitch.clone();
            async move { app.twitch.check().await }
        })
        .check("analysis", move || {
            let app = analysis.clone();
            async move { app.analysis.0.check().await }
        })
}
