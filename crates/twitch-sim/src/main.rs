//! The simulator as a process: `SIM_ADDR`, `SIM_SEED`, `SIM_CLIENT_ID`, `SIM_CLIENT_SECRET`,
//! `SIM_REDIRECT_URL`, `SIM_RATE_LIMIT`. Stops on SIGTERM and on Ctrl-C.

use std::error::Error;

use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;
use twitch_sim::Config;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let filter = EnvFilter::try_from_env("LOG_LEVEL").unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).init();
    let lookup = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let config = Config::from_env(lookup)?;
    let address = lookup("SIM_ADDR").unwrap_or_else(|| "127.0.0.1:8089".to_owned());
    let listener = TcpListener::bind(&address).await?;
    tracing::info!(address = %listener.local_addr()?, seed = config.seed, "sim.listening");
    let mut terminate = signal(SignalKind::terminate())?;
    let shutdown = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
    };
    twitch_sim::run(config, listener, shutdown).await?;
    tracing::info!("sim.stopped");
    Ok(())
}
