//! Starts the service; everything else is in the library.

use std::process::ExitCode;

use twitch_api::Config;

#[tokio::main]
async fn main() -> ExitCode {
    common::service::main(Config::from_env, twitch_api::run).await
}
