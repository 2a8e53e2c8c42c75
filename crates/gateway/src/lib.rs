//! The gateway is the only public door: the web page, the OAuth redirects, the cookies, `/api/v1` and live events.
//!
//! It knows who is asking and what is theirs, and hands the work on: Twitch to `twitch-api`, statistics to `analysis`,
//! captures to the job queue. It holds no Twitch token.
//!
//! A request passes the layers of [`middleware`] and reaches one of the routes of [`router`]. Who is asking is in the
//! [`visitor`], read once from the [`web_session`]. [`live`] fans events out to open pages.

mod access;
mod auth;
mod config;
mod csrf;
mod extract;
mod gateway;
mod handlers;
mod live;
mod middleware;
pub mod openapi;
mod pages;
mod rate_limit;
mod refusals;
mod router;
mod security_headers;
mod visitor;
mod web_session;

use common::{clock::Clock, lifecycle::Shutdown};
use tokio::net::TcpListener;

pub use crate::{
    config::{AnalysisSessionsConfig, Config, LimitsConfig, WebConfig, WebSessionConfig},
    gateway::{Error, Gateway},
};

/// Runs the gateway on `listener` until the shutdown.
///
/// # Errors
/// When MariaDB is not up in time, or the listener fails.
pub async fn run(config: Config, listener: TcpListener, shutdown: Shutdown) -> Result<(), Error> {
    Gateway::open(config, Clock::system(), shutdown).await?.serve(listener).await
}
