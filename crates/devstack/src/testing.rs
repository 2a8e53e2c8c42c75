//! A database and a Redis of its own for each test.
//!
//! ```no_run
//! # async fn example() -> devstack::Result<()> {
//! let db = devstack::testing::migrated_database().await?;
//! let pool = sqlx::MySqlPool::connect(db.url()).await?;
//! let redis = devstack::testing::redis().await?;
//! let address = redis.url();
//! # Ok(())
//! # }
//! ```
//! `scripts/test` starts one `MariaDB` and one Redis for the whole run (`devstack services`) and passes their
//! addresses on. Without those, the first test of a process starts private ones, the last to end stops them.

use std::net::SocketAddr;
use std::sync::{Arc, Weak};

use rand::Rng;
use sqlx::migrate::Migrator;
use sqlx::{AssertSqlSafe, Connection, Executor, MySqlConnection};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use url::Url;

use crate::error::{Context, Error, Result};
use crate::ports::Claim;
use crate::redis::DATABASES;
use crate::stack::Stack;
use crate::workspace;

/// Address of a running `MariaDB` for tests, as a user that may create databases.
pub const DATABASE_ADMIN_URL: &str = "TEST_DATABASE_ADMIN_URL";
/// Address of a running Redis for tests.
pub const REDIS_URL: &str = "TEST_REDIS_URL";

/// A database of its own, dropped with this value.
#[derive(Debug)]
pub struct TestDatabase {
    name: String,
    url: String,
    admin_url: String,
    _services: Option<Arc<Stack>>,
}

/// One of Redis' numbered databases, empty at first and nobody else's while this value lives.
///
/// Keys are separate; channels of pub/sub and `FLUSHALL` are not, by Redis' design. A test that needs those starts
/// its own: `Stack::builder().only_stores()`.
#[derive(Debug)]
pub struct TestRedis {
    url: String,
    _claim: Claim,
    _services: Option<Arc<Stack>>,
}

/// An empty database.
pub async fn database() -> Result<TestDatabase> {
    let (services, admin_url) = if let Ok(url) = std::env::var(DATABASE_ADMIN_URL) {
        (None, url)
    } else {
        let services = private_services().await?;
        let url = services.database_admin_url();
        (Some(services), url)
    };
    let name = format!("test_{:016x}", rand::rng().random::<u64>());
    let mut connection = MySqlConnection::connect(&admin_url).await?;
    let create = format!("CREATE DATABASE {name}");
    connection.execute(AssertSqlSafe(create)).await?;
    connection.close().await?;
    Ok(TestDatabase { url: with_path(&admin_url, &name)?, name, admin_url, _services: services })
}

/// A database with the tables of the workspace's `migrations/`.
pub async fn migrated_database() -> Result<TestDatabase> {
    let database = database().await?;
    migrate(database.url()).await?;
    Ok(database)
}

/// Applies the workspace's `migrations/` as they are on disk now.
///
/// The services carry them inside. This reads the files, so that the database which the queries of `common` are
/// compiled against can be made before `common` compiles.
pub async fn migrate(url: &str) -> Result<()> {
    let migrator = Migrator::new(workspace().join("migrations")).await?;
    let mut connection = MySqlConnection::connect(url).await?;
    migrator.run(&mut connection).await?;
    connection.close().await?;
    Ok(())
}

/// An empty Redis database.
pub async fn redis() -> Result<TestRedis> {
    let (services, base) = if let Ok(url) = std::env::var(REDIS_URL) {
        (None, url)
    } else {
        let services = private_services().await?;
        let url = services.redis_url()?;
        (Some(services), url)
    };
    let address = address_of(&base)?;
    for number in 0..DATABASES {
        let name = format!("redis-{address}-{number}");
        if let Some(claim) = Claim::take(&name).context(|| "reserve a Redis database".to_owned())? {
            flush(address, number).await.context(|| "empty a Redis database".to_owned())?;
            return Ok(TestRedis {
                url: with_path(&base, &number.to_string())?,
                _claim: claim,
                _services: services,
            });
        }
    }
    Err(Error::NoSuchPart("free Redis database".to_owned()))
}

impl TestDatabase {
    /// Its address, with the database chosen.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Address of a user that may do everything; chooses no database.
    #[must_use]
    pub fn admin_url(&self) -> &str {
        &self.admin_url
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        // A runtime of its own: the test's may be gone, or have a single thread, which is busy with this drop.
        std::thread::scope(|scope| {
            let dropping = scope.spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                runtime.map(|runtime| runtime.block_on(drop_database(&self.admin_url, &self.name)))
            });
            if let Ok(Ok(Err(error))) = dropping.join() {
                eprintln!("devstack: database {} was not dropped: {error}", self.name);
            }
        });
    }
}

impl TestRedis {
    /// Its address, with the database chosen.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }
}

async fn drop_database(admin_url: &str, name: &str) -> Result<(), sqlx::Error> {
    let mut connection = MySqlConnection::connect(admin_url).await?;
    // A test that failed may have left a transaction open in a pool that nobody closes any more.
    connection.execute("SET lock_wait_timeout = 5").await?;
    connection.execute(AssertSqlSafe(format!("DROP DATABASE {name}"))).await?;
    connection.close().await
}

async fn private_services() -> Result<Arc<Stack>> {
    static RUNNING: tokio::sync::Mutex<Weak<Stack>> = tokio::sync::Mutex::const_new(Weak::new());
    let mut running = RUNNING.lock().await;
    if let Some(services) = running.upgrade() {
        return Ok(services);
    }
    let services = Arc::new(Stack::builder().only_stores().relaxed().start().await?);
    *running = Arc::downgrade(&services);
    Ok(services)
}

async fn flush(address: SocketAddr, number: u32) -> std::io::Result<()> {
    const DONE: &[u8] = b"+OK\r\n+OK\r\n";
    let mut stream = TcpStream::connect(address).await?;
    let commands = format!("SELECT {number}\r\nFLUSHDB\r\n");
    stream.write_all(commands.as_bytes()).await?;
    let mut answer = [0; DONE.len()];
    stream.read_exact(&mut answer).await?;
    if answer == DONE {
        return Ok(());
    }
    Err(std::io::Error::other(String::from_utf8_lossy(&answer).into_owned()))
}

fn parsed(url: &str) -> Result<Url> {
    Url::parse(url).map_err(|error| Error::Usage(format!("not an address of a test service: {error}")))
}

fn with_path(url: &str, path: &str) -> Result<String> {
    let mut url = parsed(url)?;
    url.set_path(path);
    Ok(url.into())
}

fn address_of(url: &str) -> Result<SocketAddr> {
    let url = parsed(url)?;
    let host = url.host_str().unwrap_or_default();
    format!("{host}:{}", url.port().unwrap_or(6379))
        .parse()
        .map_err(|_| Error::Usage(format!("{REDIS_URL} needs a numeric host")))
}
