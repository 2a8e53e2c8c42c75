//! `worker` runs jobs; `worker migrate` applies the migrations, `worker redrive` puts dead jobs back to work.

use std::process::ExitCode;

use worker::{Config, migrate, redrive};

#[tokio::main]
async fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.split_first() {
        Some((command, _)) if command == "migrate" => migrate::main().await,
        Some((command, rest)) if command == "redrive" => redrive::main(rest).await,
        _ => common::service::main(Config::from_env, worker::run).await,
    }
}
