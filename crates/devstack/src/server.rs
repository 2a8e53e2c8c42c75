//! A process with a port that can be asked whether it is ready.

use std::net::SocketAddr;
use std::process::ExitStatus;
use std::time::Duration;

use sqlx::Connection;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::error::{Error, Result, Unready};
use crate::http;
use crate::ports::Port;
use crate::process::Process;

const PAUSE: Duration = Duration::from_millis(20);
const PROBE_LIMIT: Duration = Duration::from_secs(3);

/// How a process is asked whether it is ready.
#[derive(Debug)]
pub(crate) enum Probe {
    /// `GET` of this path answers 200.
    Http(&'static str),
    /// Any answer in HTTP will do.
    AnyHttp,
    /// `PING` is answered by `PONG`, which Redis does not do while it loads its data.
    Redis,
    /// Someone can log in with this address.
    MariaDb(String),
}

/// `MariaDB`, Redis, the simulator or one replica of a service.
#[derive(Debug)]
pub struct Server {
    process: Process,
    probe: Probe,
    port: Port,
    metrics: Option<Port>,
    limit: Duration,
}

impl Server {
    pub(crate) fn new(process: Process, probe: Probe, port: Port, limit: Duration) -> Self {
        Self { process, probe, port, metrics: None, limit }
    }

    pub(crate) fn with_metrics(mut self, port: Port) -> Self {
        self.metrics = Some(port);
        self
    }

    /// Name of the process, for example `worker-0`.
    #[must_use]
    pub fn name(&self) -> &str {
        self.process.name()
    }

    /// Where it listens; stays the same over restarts.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.port.address()
    }

    /// Its address as an `http` origin without a final slash.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address())
    }

    /// Where its metrics are, for those that have them.
    #[must_use]
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics.as_ref().map(Port::address)
    }

    /// Its metrics page, for those that have one.
    #[must_use]
    pub fn metrics_url(&self) -> Option<String> {
        self.metrics_address().map(|address| format!("http://{address}/metrics"))
    }

    /// Process id, while it runs.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.process.pid()
    }

    /// The process, for its exit status and its log.
    #[must_use]
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// Kills with `SIGKILL` and waits for the end.
    pub fn kill9(&self) {
        self.process.kill9();
    }

    /// Freezes with `SIGSTOP`.
    pub fn stop(&self) {
        self.process.stop();
    }

    /// Lets a frozen process go on.
    pub fn cont(&self) {
        self.process.cont();
    }

    /// Asks with `SIGTERM` and waits at most `grace` for the end.
    pub async fn term(&self, grace: Duration) -> Result<Option<ExitStatus>> {
        self.process.term(grace).await
    }

    /// Starts it again on the same port and data, and waits until it is ready.
    pub async fn start(&self) -> Result<()> {
        self.process.spawn()?;
        self.ready().await
    }

    /// Kills it, starts it again and waits until it is ready.
    pub async fn restart(&self) -> Result<()> {
        self.kill9();
        self.start().await
    }

    /// Waits until it is ready; an error at once when it ends, or when the stack's limit is over.
    pub async fn ready(&self) -> Result<()> {
        match self.readiness(Instant::now() + self.limit).await? {
            None => Ok(()),
            Some(unready) => Err(Error::NotReady { limit: self.limit, servers: vec![unready] }),
        }
    }

    /// Whether it answers its probe now.
    pub async fn is_ready(&self) -> bool {
        self.pid().is_some() && self.ask().await.is_ok()
    }

    /// `None` when it became ready, what it said last when the deadline passed.
    pub(crate) async fn readiness(&self, deadline: Instant) -> Result<Option<Unready>> {
        loop {
            if let Some(status) = self.process.exit_status() {
                return Err(Error::Died {
                    name: self.name().to_owned(),
                    status,
                    tail: self.process.log_tail(),
                });
            }
            let Err(reason) = self.ask().await else {
                return Ok(None);
            };
            if Instant::now() >= deadline {
                return Ok(Some(Unready {
                    name: self.name().to_owned(),
                    reason,
                    tail: self.process.log_tail(),
                }));
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    pub(crate) fn spawn(&self) -> Result<()> {
        self.process.spawn()
    }

    async fn ask(&self) -> Result<(), String> {
        let asking = async {
            match &self.probe {
                Probe::Http(path) => match http::get(self.address(), path).await {
                    Ok((200, _)) => Ok(()),
                    Ok((status, body)) => Err(format!("{path} answers {status} {body}")),
                    Err(error) => Err(format!("{path}: {error}")),
                },
                Probe::AnyHttp => match http::get(self.address(), "/").await {
                    Ok(_) => Ok(()),
                    Err(error) => Err(error.to_string()),
                },
                Probe::Redis => ping(self.address()).await,
                Probe::MariaDb(url) => match sqlx::MySqlConnection::connect(url).await {
                    Ok(connection) => connection.close().await.map_err(|error| error.to_string()),
                    Err(error) => Err(error.to_string()),
                },
            }
        };
        tokio::time::timeout(PROBE_LIMIT, asking).await.unwrap_or_else(|_| Err("no answer".to_owned()))
    }
}

async fn ping(address: SocketAddr) -> Result<(), String> {
    let exchange = async {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(b"PING\r\n").await?;
        let mut answer = [0; 5];
        stream.read_exact(&mut answer).await?;
        Ok::<_, std::io::Error>(answer)
    };
    match exchange.await {
        Ok(answer) if &answer == b"+PONG" => Ok(()),
        Ok(answer) => Err(format!("PING is answered by {}", String::from_utf8_lossy(&answer))),
        Err(error) => Err(error.to_string()),
    }
}
