//! A faithful Twitch on one port, for the demo, the tests and the benchmarks.
//!
//! What a client of the real service relies on is here with its parameters, checks, bodies and
//! headers: consent and tokens (`oauth`), Helix (`helix`), EventSub (`eventsub`). The
//! addresses of the official mock (`/auth`, `/mock`, `/eventsub/subscriptions`, `/ws`) lead to the
//! same handlers, so that unchanged client libraries can be pointed at it.
//!
//! Behind it is a `world` that happens by itself: accounts, rooms, streams. All of it is a pure
//! function of the seed and the instant, so it needs no memory, survives restarts, and can be
//! asked about any moment: who was in channel C at time t. What tests cause under `/sim`
//! (`control`: raids, operators, bans, streams, faults) is kept beside it with its time, so the
//! past stays askable.
//!
//! World time (`clock`) is real, faster, or stepped, and drives
//! presence, streams, token expiry and every date. Rate limits (`limits`) and socket timers
//! stay on the machine's time, because clients wait on theirs.
//!
//! It is fast where benchmarks look: rows of chatters are written once per account, a roster once
//! per channel and ten seconds, and a page is a copy of bytes (0.1 ms for 1,000 chatters).
//!
//! The people to log in as are in `people`; every address and the control API with its bodies
//! are in the crate's README. This is a tool for development: it stands alone, stores nothing, and
//! must never be reachable from outside.
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
mod eventsub;
mod faults;
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

pub use config::{Client, Config, InvalidVariable, Pace};
pub use faults::{Kind as FaultKind, Rule as FaultRule};
pub use oauth::grant::Rotation;
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
    let sim = Arc::new(sim::Sim::new(config));
    let announcing = tokio::spawn(eventsub::announce::keep_announcing(Arc::clone(&sim)));
    let stopping = sim.stopping.clone();
    let stopped = stopping.clone();
    let listener = listener.tap_io(|stream| {
        // Pages are written whole; waiting to fill a packet only adds latency.
        let _ = stream.set_nodelay(true);
    });
    let server = axum::serve(listener, router::router(sim)).with_graceful_shutdown(async move {
        shutdown.await;
        stopping.cancel();
    });
    let result = tokio::select! {
        result = server.into_future() => result,
        () = async { stopped.cancelled().await; tokio::time::sleep(GRACE).await } => Ok(()),
    };
    announcing.abort();
    result
}
