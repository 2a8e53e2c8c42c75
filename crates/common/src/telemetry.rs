//! Logs: JSON lines in production, pretty ones for people in development.

use tracing_subscriber::{EnvFilter, Layer, layer::SubscriberExt, util::SubscriberInitExt};

use crate::config::TelemetryConfig;

/// A span of theirs would stand between ours and the line, whose JSON carries only the innermost: the request id with it.
const QUIET: &str = "tower_sessions=warn";

/// Installs the process's log output. A second call is a no-op, so that tests may start several services in one
/// process.
pub fn init(config: &TelemetryConfig) {
    let filter = EnvFilter::try_new(format!("{},{QUIET}", config.level)).unwrap_or_else(|error| {
        // Not logged: there is no log yet.
        eprintln!("LOG_LEVEL `{}` is not usable ({error}); info is used", config.level);
        EnvFilter::new("info")
    });
    let output = if config.json {
        tracing_subscriber::fmt::layer().json().flatten_event(true).with_span_list(false).boxed()
    } else {
        tracing_subscriber::fmt::layer().with_target(false).boxed()
    };
    if tracing_subscriber::registry().with(filter).with(output).try_init().is_ok() {
        tracing::info!(service = config.service, version = env!("CARGO_PKG_VERSION"), "service.starting");
    }
}
