//! A faithful Twitch on one port, for the demo, the tests and the benchmarks.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    reason = "the world is hashes turned into shares and instants; every value is far from the limits"
)]

mod clock;
mod config;
mod control;
mod helix;
mod limits;
mod oauth;
mod params;
mod requests;
mod router;
mod settings;
mod sim;
mod world;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::serve::ListenerExt as _;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub use config::{Client, Config, InvalidVariable, Pace};
pub use oauth::vault::Rotation;
pub use world::accounts::TwitchId;
pub use world::people;

/// Answers being sent may finish for so long after the stop.
const GRACE: Duration = Duration::from_secs(3);

/// Serves on `listener` until `shutdown` completes.
pub async fn run(
    config: Config,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let router = router::router(Arc::new(sim::Sim::new(config)));
    let stopping = CancellationToken::new();
    let stopped = stopping.clone();
    let listener = listener.tap_io(|stream| {
        // Pages are written whole; waiting to fill a packet only adds latency.
        let _ = stream.set_nodelay(true);
    });
    let server = axum::serve(listener, router).with_graceful_shutdown(async move {
        shutdown.await;
        stopping.cancel();
    });
    tokio::select! {
        result = server.into_future() => result,
        () = async { stopped.cancelled().await; tokio::time::sleep(GRACE).await } => Ok(()),
    }
}
