//! A TCP proxy that misbehaves on demand, and balances over several servers.
//!
//! It stands between a service and `MariaDB`, Redis or Twitch in fault tests, and in front of a service that
//! runs in several replicas, asking each whether it is ready as Traefik does. The fault can be changed at any time and
//! applies to open connections too.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::Instant;

use crate::error::{Context, Result};
use crate::http;

const CHUNK: usize = 16 * 1024;
/// Chunks on their way in one direction, which bounds memory; enough for latency not to become a bandwidth limit.
const IN_FLIGHT: usize = 256;
/// Between two questions whether a replica is ready.
const CHECK_EVERY: Duration = Duration::from_millis(250);

/// What the proxy does to the traffic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fault {
    /// Nothing: everything is passed on.
    #[default]
    None,
    /// Every byte arrives this much later, in each direction.
    Latency(Duration),
    /// Connections are accepted, nothing arrives. When the fault ends, what was held is delivered, as TCP would
    /// deliver it after a network outage.
    BlackHole,
    /// Open connections, and new ones at once, are closed with a TCP reset.
    Reset,
}

/// A proxy on a loopback port of its own. Dropping it closes all its connections.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    fault: watch::Sender<Fault>,
    tasks: Vec<AbortHandle>,
}

impl Proxy {
    /// Starts on any free port. Each connection goes to the next of `upstreams` that accepts it.
    pub async fn start(upstreams: Vec<SocketAddr>) -> Result<Self> {
        Self::start_on((Ipv4Addr::LOCALHOST, 0).into(), upstreams, None).await
    }

    /// Starts on any free port. Each connection goes to the next of `upstreams` that answers 200 at the path `health`;
    /// when none does, to the next that accepts it.
    pub async fn balancer(upstreams: Vec<SocketAddr>, health: &'static str) -> Result<Self> {
        Self::start_on((Ipv4Addr::LOCALHOST, 0).into(), upstreams, Some(health)).await
    }

    /// Starts on a given address.
    pub(crate) async fn start_on(
        address: SocketAddr,
        upstreams: Vec<SocketAddr>,
        health: Option<&'static str>,
    ) -> Result<Self> {
        let listener = TcpListener::bind(address).await.context(|| format!("listen on {address}"))?;
        let address = listener.local_addr().context(|| "tell the port of a proxy".to_owned())?;
        let (fault, state) = watch::channel(Fault::None);
        let upstreams = Arc::new(Upstreams::new(upstreams));
        let mut tasks = Vec::new();
        if let Some(path) = health {
            let checks = (0..upstreams.all.len()).map(|index| check(Arc::clone(&upstreams), index, path));
            tasks.extend(checks.map(|check| tokio::spawn(check).abort_handle()));
        }
        tasks.push(tokio::spawn(accept(listener, upstreams, state)).abort_handle());
        Ok(Self { address, fault, tasks })
    }

    /// Where clients connect to.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Changes what happens to the traffic from now on.
    pub fn set(&self, fault: Fault) {
        self.fault.send_replace(fault);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

#[derive(Debug)]
struct Upstream {
    address: SocketAddr,
    ready: AtomicBool,
}

#[derive(Debug)]
struct Upstreams {
    all: Vec<Upstream>,
    next: AtomicUsize,
}

impl Upstreams {
    fn new(addresses: Vec<SocketAddr>) -> Self {
        let all = addresses.into_iter().map(|address| Upstream { address, ready: AtomicBool::new(true) });
        Self { all: all.collect(), next: AtomicUsize::new(0) }
    }

    async fn connect(&self) -> Option<TcpStream> {
        let first = self.next.fetch_add(1, Ordering::Relaxed);
        let count = self.all.len();
        for ready in [true, false] {
            let in_turn = self.all.iter().cycle().skip(first % count.max(1)).take(count);
            for upstream in in_turn.filter(|upstream| upstream.ready.load(Ordering::Relaxed) == ready) {
                if let Ok(stream) = TcpStream::connect(upstream.address).await {
                    return Some(stream);
                }
            }
        }
        None
    }
}

async fn check(upstreams: Arc<Upstreams>, index: usize, path: &'static str) {
    let Some(upstream) = upstreams.all.get(index) else { return };
    loop {
        let ready = matches!(http::get(upstream.address, path).await, Ok((200, _)));
        upstream.ready.store(ready, Ordering::Relaxed);
        tokio::time::sleep(CHECK_EVERY).await;
    }
}

async fn accept(listener: TcpListener, upstreams: Arc<Upstreams>, fault: watch::Receiver<Fault>) {
    // Owns the connections: when this task is aborted they are too.
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((client, _)) = accepted {
                    connections.spawn(serve(client, Arc::clone(&upstreams), fault.clone()));
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve(mut client: TcpStream, upstreams: Arc<Upstreams>, fault: watch::Receiver<Fault>) {
    if *fault.borrow() == Fault::Reset {
        return reset(&client);
    }
    // To the client a server that is down looks like a connection that is closed at once.
    let Some(mut upstream) = upstreams.connect().await else {
        return reset(&client);
    };
    drop((client.set_nodelay(true), upstream.set_nodelay(true)));
    let broken = {
        let (from_client, to_client) = client.split();
        let (from_upstream, to_upstream) = upstream.split();
        let mut watching = fault.clone();
        tokio::select! {
            moved = async {
                tokio::try_join!(
                    pump(from_client, to_upstream, fault.clone()),
                    pump(from_upstream, to_client, fault.clone()),
                )
            } => moved.is_err(),
            _ = watching.wait_for(|fault| *fault == Fault::Reset) => true,
        }
    };
    if broken {
        reset(&client);
        reset(&upstream);
    }
}

/// Makes the coming close a TCP reset.
fn reset(stream: &TcpStream) {
    drop(stream.set_zero_linger());
}

/// Moves one direction: reading stamps each chunk with its time of delivery, writing waits for that time.
async fn pump(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut fault: watch::Receiver<Fault>,
) -> std::io::Result<()> {
    let (sender, mut queue) = mpsc::channel::<(Instant, Vec<u8>)>(IN_FLIGHT);
    let latency = fault.clone();
    let reading = async move {
        let mut buffer = vec![0; CHUNK];
        loop {
            let length = from.read(&mut buffer).await?;
            let due = match *latency.borrow() {
                Fault::Latency(delay) => Instant::now() + delay,
                _ => Instant::now(),
            };
            let chunk = buffer.get(..length).unwrap_or_default().to_vec();
            if length == 0 || sender.send((due, chunk)).await.is_err() {
                return Ok::<_, std::io::Error>(());
            }
        }
    };
    let writing = async move {
        while let Some((due, chunk)) = queue.recv().await {
            tokio::time::sleep_until(due).await;
            let open = fault.wait_for(|fault| *fault != Fault::BlackHole).await.is_ok();
            if !open {
                break;
            }
            to.write_all(&chunk).await?;
        }
        to.shutdown().await
    };
    tokio::try_join!(reading, writing).map(drop)
}
