//! Real clients, unchanged, pointed at the simulator: what they accept, others will.
//!
//! Each test starts a simulator and runs a program that only knows its address: [`twitch_api`](client_of_twitch_api) in
//! this file, pyTwitchAPI and Twurple below `clients/`. All do the same: log in, refresh, validate, read a room of
//! 30,000, get users, moderated channels and streams, and receive a raid. Those below `clients/` need packages that
//! `scripts/setup --tests` installs, and are run by `scripts/test clients`.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod twitch_api;

use std::{env, path::Path, process::Command};

use tokio::net::TcpListener;
use twitch_sim::{Config, Pace};

/// Runs `command` beside a simulator whose time stands still, so that what is read can be held against the truth.
async fn accepts(mut command: Command) {
    let config = Config { pace: Pace::Stepped, ..Config::default() };
    let client = config.clients[0].clone();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serving = tokio::spawn(twitch_sim::run(config, listener, std::future::pending()));
    command
        .env("SIM_URL", format!("http://{address}"))
        .env("SIM_CLIENT_ID", client.id)
        .env("SIM_CLIENT_SECRET", client.secret)
        .env("SIM_REDIRECT_URL", &client.redirect_urls[0])
        .env("TWURPLE_MOCK_API_PORT", address.port().to_string())
        .env("TWITCH_HELIX_URL", format!("http://{address}/helix/"))
        .env("TWITCH_OAUTH2_URL", format!("http://{address}/oauth2/"))
        .env("TWITCH_EVENTSUB_WEBSOCKET_URL", format!("ws://{address}/ws"));
    let status = tokio::task::spawn_blocking(move || command.status()).await.unwrap().unwrap();
    assert!(status.success(), "{status}");
    serving.abort();
}

fn clients() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/clients"))
}

#[tokio::test(flavor = "multi_thread")]
async fn twitch_api_accepts_the_simulator() {
    // It reads its addresses from the environment once: a process of its own, which is this one again.
    let mut itself = Command::new(env::current_exe().unwrap());
    itself.args(["--exact", "client_of_twitch_api", "--ignored", "--nocapture"]);
    accepts(itself).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by the test above, with the addresses"]
async fn client_of_twitch_api() {
    // Whoever runs all ignored tests has no simulator for this one.
    if env::var_os("SIM_URL").is_some() {
        twitch_api::run().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the packages of scripts/setup --tests; run by scripts/test clients"]
async fn py_twitch_api_accepts_the_simulator() {
    let target = env::current_exe().unwrap();
    let target = target.ancestors().find(|folder| folder.join("CACHEDIR.TAG").is_file()).unwrap();
    let mut python = Command::new(target.join("clients/python/bin/python"));
    python.arg(clients().join("python/main.py"));
    accepts(python).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the packages of scripts/setup --tests; run by scripts/test clients"]
async fn twurple_accepts_the_simulator() {
    let mut node = Command::new("node");
    node.arg(clients().join("node/main.mjs"));
    accepts(node).await;
}
