//! How a service starts and stops: the same few lines in each `main.rs`.

use std::{error::Error, future::Future, net::SocketAddr, process::ExitCode, time::Duration};

use axum::{Router, middleware, serve::ListenerExt as _};
use tokio::net::TcpListener;

use crate::{
    config::{self, Env, ServiceConfig},
    health::{self, Readiness},
    http,
    lifecycle::Shutdown,
    metrics,
    problem::chain,
    telemetry,
};

/// Loads the configuration, binds the listener and runs the service; the whole of a `main`.
///
/// `<binary> healthcheck` asks the running service how it is instead, for container images that have no curl.
pub async fn main<C, Run, Running, E>(read: impl FnOnce(&mut Env) -> C, run: Run) -> ExitCode
where
    C: AsRef<ServiceConfig>,
    Run: FnOnce(C, TcpListener, Shutdown) -> Running,
    Running: Future<Output = Result<(), E>>,
    E: Error + 'static,
{
    dotenvy::dotenv().ok();
    let config = match config::load(read) {
        Ok(config) => config,
        Err(errors) => {
            eprintln!("{errors}");
            return ExitCode::from(2);
        }
    };
    if std::env::args().nth(1).as_deref() == Some("healthcheck") {
        return healthcheck(config.as_ref()).await;
    }
    telemetry::init(&config.as_ref().telemetry);
    match start(config, run).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(cause = chain(&*error), "service.failed");
            ExitCode::FAILURE
        }
    }
}

async fn start<C, Run, Running, E>(config: C, run: Run) -> Result<(), Box<dyn Error>>
where
    C: AsRef<ServiceConfig>,
    Run: FnOnce(C, TcpListener, Shutdown) -> Running,
    Running: Future<Output = Result<(), E>>,
    E: Error + 'static,
{
    let service = config.as_ref();
    let shutdown = Shutdown::on_signals(service.shutdown)?;
    let listener = bind("LISTEN_ADDR", service.listen_addr).await?;
    let metrics_listener = bind("METRICS_ADDR", service.metrics_addr).await?;
    metrics::build_info(service.name);
    let scraping = tokio::spawn(metrics::serve(metrics_listener, shutdown.clone()));
    let hard = shutdown.clone();
    let outcome = tokio::select! {
        outcome = run(config, listener, shutdown) => outcome.map_err(Into::into),
        () = hard.forced() => Err("stopped before the running work was done".into()),
    };
    scraping.abort();
    tracing::info!("service.stopped");
    outcome
}

async fn bind(variable: &str, addr: SocketAddr) -> Result<TcpListener, String> {
    TcpListener::bind(addr).await.map_err(|error| format!("{variable}={addr} cannot be listened on: {error}"))
}

/// Serves `routes` and the probes until the shutdown closes; open requests are answered before it returns. While it
/// drains, each answer also ends its connection, so that those who keep one open come back to another replica.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    name: &'static str,
    listener: TcpListener,
    shutdown: Shutdown,
    readiness: Readiness,
    routes: Router,
) -> std::io::Result<()> {
    let app = http::common_layers(routes.merge(health::routes(readiness, shutdown.clone())), name)
        .layer(middleware::from_fn_with_state(shutdown.clone(), http::close_when_draining));
    let listener = listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "http.nodelay_refused");
        }
    });
    tracing::info!(service = name, "service.listening");
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, app).with_graceful_shutdown(async move { shutdown.closing().await }).await
}

async fn healthcheck(config: &ServiceConfig) -> ExitCode {
    // Nobody routes to a worker: it is healthy when it can do its work and jobs move.
    let probe = if config.name == "worker" { "readyz" } else { "healthz" };
    let url = format!("http://127.0.0.1:{}/{probe}", config.listen_addr.port());
    let answer = match http::client(Duration::from_secs(2)) {
        Ok(client) => client.get(url).send().await.and_then(reqwest::Response::error_for_status),
        Err(error) => Err(error),
    };
    match answer {
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}", chain(&error));
            ExitCode::FAILURE
        }
    }
}
