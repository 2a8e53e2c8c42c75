//! `worker` runs jobs; `worker migrate` applies the migrations and exits.

use std::process::ExitCode;

use worker::{Config, migrate};

#[tokio::main]
async fn main() -> ExitCode {
    if std::env::args().nth(1).as_deref() == Some("migrate") {
        return migrate::main().await;
    }
    common::service::main(Config::from_env, worker::run).await
}
