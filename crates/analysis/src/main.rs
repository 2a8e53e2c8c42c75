//! `analysis` answers questions about captures.

use std::process::ExitCode;

use analysis::Config;

#[tokio::main]
async fn main() -> ExitCode {
    common::service::main(Config::from_env, analysis::run).await
}
