//! Starts the service; everything else is in the library.

use std::process::ExitCode;

use twitch_api::Config;

#[tokio::main]
async fn main() -> ExitCode {
    if std::env::args().nth(1).as_deref() == Some("rotate-keys") {
        return twitch_api::tokens::rotation::main().await;
    }
    common::service::main(Config::from_env, twitch_api::run).await
}
