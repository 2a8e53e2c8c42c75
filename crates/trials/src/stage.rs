//! What most trials play on: MariaDB, Redis and some workers, with a stand-in for `twitch-api`.

use std::{
    os::unix::process::ExitStatusExt as _,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use common::{config::RedisConfig, queue::Queue, redis_store::Redis};
use devstack::{Server, Service, Stack, StackBuilder, wait};
use sqlx::{AssertSqlSafe, MySqlPool, mysql::MySqlPoolOptions};
use tokio::task::AbortHandle;

use crate::{Result, stub::Stub};

/// How long a lease lasts, in seconds, unless a trial says otherwise.
pub const LEASE_SECONDS: u64 = 2;
const SIGABRT: i32 = 6;

/// The processes, and our own way to the stores, past any proxy.
#[derive(Debug)]
pub struct Stage {
    pub stack: Stack,
    pub pool: MySqlPool,
    pub redis: Redis,
    pub queue: Queue,
    /// In the place of the service, where that is left out.
    pub twitch: Option<Stub>,
}

/// Variables of workers on a stage: probes are run, and what is lost is found soon.
#[must_use]
pub fn for_trials(builder: StackBuilder) -> StackBuilder {
    [
        ("JOB_PROBES", "1".to_owned()),
        ("JOB_LEASE_SECONDS", LEASE_SECONDS.to_string()),
        ("JOB_POLL_INTERVAL", "1".to_owned()),
        ("TWITCH_TIMEOUT_SECONDS", "1".to_owned()),
        ("LOG_LEVEL", "info,sqlx=error".to_owned()),
    ]
    .into_iter()
    .fold(builder, |builder, (name, value)| builder.env(Service::Worker, name, value))
}

impl Stage {
    /// `workers` workers and nobody else; `more` adds to the plan.
    ///
    /// # Errors
    /// When a process does not start.
    pub async fn with(workers: usize, more: impl FnOnce(StackBuilder) -> StackBuilder) -> Result<Self> {
        let twitch = Stub::start().await?;
        let builder = Stack::builder()
            .without_simulator()
            .without(Service::Gateway)
            .without(Service::TwitchApi)
            .without(Service::Analysis)
            .replicas(Service::Worker, workers)
            .env(Service::Worker, "TWITCH_API_URL", &twitch.url);
        let mut stage = Self::of(more(for_trials(builder)).start().await?).await?;
        stage.twitch = Some(twitch);
        Ok(stage)
    }

    /// A stage of any stack.
    ///
    /// # Errors
    /// When the stores do not answer.
    pub async fn of(stack: Stack) -> Result<Self> {
        let options = MySqlPoolOptions::new().max_connections(8).acquire_timeout(Duration::from_secs(30));
        let pool = options.connect(&stack.database_url()).await?;
        let redis = Redis::new(&RedisConfig { url: stack.redis_url()?.into() })?;
        let queue = Queue::new(pool.clone(), redis.clone());
        Ok(Self { stack, pool, redis, queue, twitch: None })
    }

    #[must_use]
    pub fn workers(&self) -> Vec<&Server> {
        self.stack.all(Service::Worker).collect()
    }

    /// Runs a statement as a user who may do everything.
    ///
    /// # Errors
    /// When MariaDB refuses it.
    pub async fn admin(&self, statement: &str) -> Result<()> {
        let admin = self.admin_pool().await?;
        sqlx::raw_sql(AssertSqlSafe(statement.to_owned())).execute(&admin).await?;
        admin.close().await;
        Ok(())
    }

    /// Connections that may do and see everything.
    ///
    /// # Errors
    /// When MariaDB fails.
    pub async fn admin_pool(&self) -> Result<MySqlPool> {
        Ok(MySqlPool::connect(&self.stack.database_admin_url()).await?)
    }

    /// The one number that a query asks for.
    ///
    /// # Errors
    /// When MariaDB fails.
    pub async fn number(&self, query: &'static str) -> Result<i64> {
        Ok(sqlx::query_scalar::<_, i64>(query).fetch_one(&self.pool).await?)
    }

    /// Waits until a query gives `wanted`; how long that took.
    ///
    /// # Errors
    /// When it does not within `limit`. Errors of MariaDB, which may be down in a trial, are waited out.
    pub async fn until(
        &self,
        what: &str,
        query: &'static str,
        wanted: i64,
        limit: Duration,
    ) -> Result<Duration> {
        let started = tokio::time::Instant::now();
        wait::until(what, limit, || async { (self.number(query).await.ok() == Some(wanted)).then_some(()) })
            .await?;
        Ok(started.elapsed())
    }

    /// Waits until no probe is left to be run; how long that took.
    ///
    /// # Errors
    /// When that is not so within `limit`.
    pub async fn drained(&self, limit: Duration) -> Result<Duration> {
        // Asked every few milliseconds: counting all that wait would be most of what MariaDB does.
        let open = "SELECT EXISTS (SELECT 1 FROM jobs WHERE state = 'ready' AND kind = 'probe')
                        OR EXISTS (SELECT 1 FROM jobs WHERE state = 'running' AND kind = 'probe')";
        self.until("the end of all probes", open, 0, limit).await
    }

    /// Waits until all that is due is done, the enrichment of what was captured too.
    ///
    /// # Errors
    /// When something is left after `limit`.
    pub async fn at_rest(&self, limit: Duration) -> Result<()> {
        let due =
            "SELECT COUNT(*) FROM jobs WHERE state IN ('ready', 'running') AND run_at <= UTC_TIMESTAMP(6)";
        self.until("the end of all that is due", due, 0, limit).await.map(drop)
    }

    /// Waits until no capture is pending.
    ///
    /// # Errors
    /// When one is after `limit`; the error says what became of their jobs.
    pub async fn captures_ended(&self, limit: Duration) -> Result<Duration> {
        // Asked often, so by an index: counting captures would be most of what MariaDB does.
        let open = "SELECT EXISTS (SELECT 1 FROM jobs WHERE state = 'ready' AND kind = 'capture_chatters')
                        OR EXISTS (SELECT 1 FROM jobs WHERE state = 'running' AND kind = 'capture_chatters')";
        let pending = "SELECT COUNT(*) FROM captures WHERE status = 'pending'";
        let ended = async {
            let took = self.until("the end of all captures' jobs", open, 0, limit).await?;
            let left = limit.saturating_sub(took);
            self.until("the end of all captures", pending, 0, left).await.map(|more| took + more)
        };
        match ended.await {
            Ok(took) => Ok(took),
            Err(error) => Err(format!("{error}; pending are\n{}", self.pending_captures().await?).into()),
        }
    }

    async fn pending_captures(&self) -> Result<String> {
        let lines: Vec<String> = sqlx::query_scalar(
            "SELECT CONCAT_WS(' ', COUNT(*), 'with a job', COALESCE(jobs.state, 'missing'), 'attempt', jobs.attempt,
                              'announced', jobs.announced, 'due since',
                              TIMESTAMPDIFF(SECOND, MIN(jobs.run_at), UTC_TIMESTAMP(6)), 's', MIN(jobs.last_error))
             FROM captures LEFT JOIN jobs ON jobs.kind = 'capture_chatters' AND jobs.dedup = CAST(captures.id AS CHAR)
             WHERE captures.status = 'pending' GROUP BY jobs.state, jobs.attempt, jobs.announced",
        )
        .fetch_all(&self.pool)
        .await?;
        let logs = self.workers().into_iter().map(|worker| worker.process().log_tail());
        Ok(lines.into_iter().chain(logs).collect::<Vec<_>>().join("\n"))
    }

    /// Starts workers again that have ended, until the keeper is dropped.
    #[must_use]
    pub fn keep_workers(self: &Arc<Self>) -> Keeper {
        let aborted = Arc::new(AtomicU32::new(0));
        let keeping = (0..self.workers().len()).map(|index| {
            let (stage, aborted) = (self.clone(), aborted.clone());
            tokio::spawn(async move { stage.keep(index, &aborted).await }).abort_handle()
        });
        Keeper { keeping: keeping.collect(), aborted }
    }

    async fn keep(&self, index: usize, aborted: &AtomicU32) {
        let Ok(server) = self.stack.service(Service::Worker, index) else { return };
        loop {
            if let Some(status) = server.process().exit_status() {
                if status.signal() == Some(SIGABRT) {
                    aborted.fetch_add(1, Ordering::Relaxed);
                }
                // Killed again while it starts, it is looked at again.
                server.start().await.ok();
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

/// Keeps workers running.
#[derive(Debug)]
pub struct Keeper {
    keeping: Vec<AbortHandle>,
    aborted: Arc<AtomicU32>,
}

impl Keeper {
    /// How many workers took themselves down.
    #[must_use]
    pub fn aborted(&self) -> u32 {
        self.aborted.load(Ordering::Relaxed)
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        for keeping in &self.keeping {
            keeping.abort();
        }
    }
}
