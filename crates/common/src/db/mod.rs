//! MariaDB: the pool, the migrations, and every SQL statement, one module per table.
//!
//! Functions take what they run on: `&Pool`, or `&mut Tx` where they are part of a larger transaction. Statements are
//! checked at compile time against the migrated schema (`scripts/sqlx-prepare`).
//!
//! Lists go in as one JSON parameter that `JSON_TABLE` unfolds: the statement stays constant, whatever the length.
//! `STRAIGHT_JOIN` with it keeps the optimiser from scanning the list once per row (10,000 ids: 22 ms against 6.7 s).

pub mod account_changes;
pub mod account_columns;
pub mod account_names;
pub mod accounts;
pub mod audit_logs;
pub mod captures;
pub mod channels;
pub mod jobs;
pub mod leases;
pub mod opt_outs;
pub mod personal;
pub mod probes;
pub mod raids;
pub mod retention;
pub mod schedules;
pub mod sessions;
pub mod streams;
pub mod tokens;
pub mod users;
pub mod verdicts;

use std::{error::Error, future::Future, time::Duration};

use futures_util::TryFutureExt as _;
use secrecy::ExposeSecret as _;
use sqlx::{
    ConnectOptions as _, Connection as _, Executor as _, MySql, MySqlConnection, MySqlPool, Transaction,
    mysql::{MySqlConnectOptions, MySqlPoolOptions},
};

use crate::{config::DatabaseConfig, metrics, problem::Problem};

pub type Pool = MySqlPool;
pub type Tx = Transaction<'static, MySql>;

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("../../migrations");

/// What every connection begins with: bounded statements, bounded waits. A transaction in which nothing is said for ten
/// seconds is rolled back, so that a process that froze does not keep its locks.
const SESSION: &str = "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED; \
                       SET SESSION max_statement_time = 30, innodb_lock_wait_timeout = 5, \
                       idle_transaction_timeout = 10";

/// A connection that was used just now is not tested: that would be one more trip for each statement. When it was lost
/// since, the statement fails as it would have a moment earlier, in its middle: transactions are run again, a question is
/// answered 503.
const TESTED_AFTER: Duration = Duration::from_secs(1);

/// How often a transaction is run again after a transient failure.
const TRANSACTION_ATTEMPTS: u32 = 5;

#[derive(Debug, thiserror::Error)]
pub enum DbError {
    #[error("MariaDB: {0}")]
    Sql(#[from] sqlx::Error),
    #[error("MariaDB did not answer within {0:?} of the start")]
    NotUp(Duration, #[source] sqlx::Error),
    #[error("MariaDB did not answer within {0:?}")]
    Unanswered(Duration),
    #[error("migrating: {0}")]
    Migrate(#[source] Box<sqlx::migrate::MigrateError>),
    #[error("MariaDB needs innodb_autoinc_lock_mode 0 or 1 and auto_increment_increment 1, its defaults")]
    Interleaved,
    #[error("a row of {table} makes no sense: {what}")]
    Corrupt { table: &'static str, what: String },
}

impl DbError {
    pub fn corrupt(table: &'static str, what: impl Into<String>) -> Self {
        Self::Corrupt { table, what: what.into() }
    }

    /// Whether running the whole transaction again can help: deadlock (1213), lock wait timeout (1205), or a lost
    /// connection.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Sql(error) => match error {
                sqlx::Error::Database(error) => {
                    matches!(mariadb_code(error.as_ref()), Some(1205 | 1213 | 2006 | 2013))
                }
                sqlx::Error::Io(_)
                | sqlx::Error::PoolTimedOut
                | sqlx::Error::WorkerCrashed
                | sqlx::Error::Protocol(_) => true,
                _ => false,
            },
            Self::Unanswered(_) => true,
            _ => false,
        }
    }

    /// Whether MariaDB answers but cannot store anything: it is read-only (1290, 1792, 1836), or its disk is full (1021,
    /// 1026, 1114).
    #[must_use]
    pub fn is_unwritable(&self) -> bool {
        match self {
            Self::Sql(sqlx::Error::Database(error)) => {
                matches!(mariadb_code(error.as_ref()), Some(1290 | 1792 | 1836 | 1021 | 1026 | 1114))
            }
            _ => false,
        }
    }

    /// The name of the constraint that a statement violated.
    #[must_use]
    pub fn violated(&self) -> Option<&str> {
        match self {
            // MariaDB says: Duplicate entry '…' for key 'name'.
            Self::Sql(sqlx::Error::Database(error)) if error.is_unique_violation() => {
                error.message().rsplit('\'').nth(1)
            }
            _ => None,
        }
    }
}

fn mariadb_code(error: &dyn sqlx::error::DatabaseError) -> Option<u16> {
    error.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>().map(sqlx::mysql::MySqlDatabaseError::number)
}

impl From<DbError> for Problem {
    fn from(error: DbError) -> Self {
        if error.is_transient() {
            Self::unavailable("database_unavailable", "The database does not answer; try again in a moment.")
                .retry_after(Duration::from_secs(5))
                .caused_by(error)
        } else if error.is_unwritable() {
            let detail = "Nothing can be stored at the moment; what is there can be read.";
            Self::unavailable("database_read_only", detail)
                .retry_after(Duration::from_secs(30))
                .caused_by(error)
        } else {
            Self::internal(error)
        }
    }
}

/// Opens the pool, waiting for MariaDB until the configured deadline, and applies the migrations that are missing.
///
/// # Errors
/// When it does not answer in time, refuses us, or cannot be migrated.
pub async fn connect(config: &DatabaseConfig) -> Result<Pool, DbError> {
    let options: MySqlConnectOptions = config.url.expose_secret().parse()?;
    wait_until_up(&options, config.wait).await?;
    let pool = MySqlPoolOptions::new()
        .max_connections(config.max_connections)
        .acquire_timeout(Duration::from_secs(5))
        .idle_timeout(Duration::from_mins(5))
        .test_before_acquire(false)
        .before_acquire(|connection, idle| {
            Box::pin(async move {
                if idle.idle_for >= TESTED_AFTER {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .after_connect(|connection, _| Box::pin(connection.execute(SESSION).map_ok(drop)))
        .connect_lazy_with(options);
    migrate(&pool).await?;
    Ok(pool)
}

/// Asks by connections of its own: a pool would hide why it cannot connect.
async fn wait_until_up(options: &MySqlConnectOptions, wait: Duration) -> Result<(), DbError> {
    let deadline = tokio::time::Instant::now() + wait;
    let mut told = false;
    loop {
        let error = match options.connect().await {
            Ok(connection) => return Ok(connection.close().await?),
            Err(error @ sqlx::Error::Database(_)) => return Err(error.into()),
            Err(error) => error,
        };
        if tokio::time::Instant::now() >= deadline {
            return Err(DbError::NotUp(wait, error));
        }
        if !told {
            tracing::warn!(%error, wait_seconds = wait.as_secs(), "database.waiting");
            told = true;
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}

/// Whether MariaDB answers and stores, as a readiness check: a server that has become read-only, or whose disk is full,
/// answers every question well.
///
/// # Errors
/// What went wrong, in words.
pub async fn check(pool: &Pool) -> Result<(), String> {
    let (size, idle) = (i64::from(pool.size()), i64::try_from(pool.num_idle()).unwrap_or(i64::MAX));
    metrics::storage::POOL.with_label_values(&["idle"]).set(idle);
    metrics::storage::POOL.with_label_values(&["busy"]).set(size - idle);
    metrics::storage::POOL.with_label_values(&["max"]).set(pool.options().get_max_connections().into());
    leases::touch(pool, "readiness").await.map_err(|error| error.to_string())
}

/// Applies the migrations that are missing. Services starting at once wait for each other on a named lock; a migration
/// that was cut off is run again (each is written for that).
///
/// # Errors
/// When MariaDB is not configured as it must be, a migration fails, or was changed after it had been applied.
pub async fn migrate(pool: &Pool) -> Result<(), DbError> {
    let mut lock = pool.acquire().await?;
    captures::rosters::check(&mut lock).await?;
    lock.execute("DO GET_LOCK(CONCAT('tca_migrate:', DATABASE()), 120)").await?;
    // Moving what is there takes as long as it takes.
    lock.execute("SET SESSION max_statement_time = 0").await?;
    let outcome = apply(&mut lock).await;
    lock.execute(SESSION).await?;
    // The lock would go with the connection, but the connection goes back to the pool.
    lock.execute("DO RELEASE_LOCK(CONCAT('tca_migrate:', DATABASE()))").await?;
    outcome
}

async fn apply(connection: &mut MySqlConnection) -> Result<(), DbError> {
    forget_cut_off(connection).await?;
    // Not `run`, whose future the compiler cannot prove to be `Send` (sqlx keeps `run_direct` for that).
    MIGRATIONS.run_direct(None, connection, false).await.map_err(|error| DbError::Migrate(Box::new(error)))
}

async fn forget_cut_off(connection: &mut MySqlConnection) -> Result<(), DbError> {
    let known: i64 = sqlx::query_scalar(
        "SELECT COUNT(*) FROM information_schema.tables \
         WHERE table_schema = DATABASE() AND table_name = '_sqlx_migrations'",
    )
    .fetch_one(&mut *connection)
    .await?;
    if known > 0 {
        connection.execute("DELETE FROM _sqlx_migrations WHERE success = FALSE").await?;
    }
    Ok(())
}

/// Whether a failure may be gone when the whole transaction is run again.
pub trait Transient: Error {
    fn is_transient(&self) -> bool;
}

impl Transient for DbError {
    fn is_transient(&self) -> bool {
        self.is_transient()
    }
}

/// Bounds the wait for MariaDB: a connection through which nothing comes any more never fails by itself.
///
/// # Errors
/// What `asking` failed with, or that it did not come back.
pub async fn within<T>(
    limit: Duration,
    asking: impl Future<Output = Result<T, DbError>>,
) -> Result<T, DbError> {
    tokio::time::timeout(limit, asking).await.unwrap_or(Err(DbError::Unanswered(limit)))
}

/// Runs `transaction` (begin to commit), again while it fails transiently.
///
/// A connection lost during COMMIT leaves open whether it happened: what runs here must be idempotent.
///
/// # Errors
/// The last failure.
pub async fn retrying<T, E, Fut>(mut transaction: impl FnMut() -> Fut) -> Result<T, E>
where
    E: Transient,
    Fut: Future<Output = Result<T, E>>,
{
    let mut attempt = 1;
    loop {
        match transaction().await {
            Err(error) if error.is_transient() && attempt < TRANSACTION_ATTEMPTS => {
                metrics::storage::DB_ERRORS.with_label_values(&["transient"]).inc();
                tracing::debug!(%error, attempt, "database.transaction_again");
                tokio::time::sleep(Duration::from_millis(20 << attempt)).await;
                attempt += 1;
            }
            outcome => return outcome,
        }
    }
}

/// A list as the JSON parameter of `JSON_TABLE`.
pub(crate) fn json_list<T: serde::Serialize>(rows: &[T]) -> Result<String, DbError> {
    serde_json::to_string(rows).map_err(|error| DbError::Sql(sqlx::Error::Encode(error.into())))
}
