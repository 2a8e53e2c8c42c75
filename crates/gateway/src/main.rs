//! `gateway` runs the public door; `gateway openapi` prints the description of its API and needs no configuration.

use std::process::ExitCode;

use gateway::Config;

#[tokio::main]
async fn main() -> ExitCode {
    if std::env::args().nth(1).as_deref() == Some("openapi") {
        print!("{}", gateway::openapi::text());
        return ExitCode::SUCCESS;
    }
    common::service::main(Config::from_env, gateway::run).await
}
