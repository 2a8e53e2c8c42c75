//! `scenario history` makes the demo's past and exits; `scenario live` makes things happen until it is stopped.

use std::process::ExitCode;

use common::problem::chain;

#[tokio::main]
async fn main() -> ExitCode {
    let outcome = match std::env::args().nth(1).as_deref() {
        Some("history") => scenario::history::main().await,
        Some("live") => scenario::live::main().await,
        _ => Err("usage: scenario history|live".into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}", chain(&*error));
            ExitCode::FAILURE
        }
    }
}
