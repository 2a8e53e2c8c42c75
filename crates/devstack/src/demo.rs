//! The demo: everything, release built, with an address to open in a browser.
//!
//! Before the services start, `scenario history` makes two days of past; from then on `scenario live` makes something
//! happen every few minutes.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use crate::binaries::binaries;
use crate::builder::Prelude;
use crate::cli::run::{INTERRUPTED, beside};
use crate::cli::signals::Signals;
use crate::error::{Error, Result};
use crate::process::{Process, Spec};
use crate::service::Service;
use crate::stack::Stack;

const SCENARIO: &str = "scenario";
const DEFAULT_PORT: u16 = 8080;
/// An open event stream would otherwise hold a service for the 30 s of production.
const SERVICE_GRACE_SECONDS: &str = "3";
const GRACE: Duration = Duration::from_secs(5);
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// Runs until a signal arrives, which is success, or a process ends, which is not. With a command: beside it, until it
/// ends, whose exit code is then passed on.
pub(crate) async fn run(command: Option<&[String]>, mut signals: Signals) -> Result<ExitCode> {
    let mut builder = Stack::builder().on_progress(|what| eprintln!("{what} …"));
    builder =
        builder.prelude(Prelude { program: SCENARIO, arg: "history", what: "Making two days of history" });
    // A command is told the port; people know which it is.
    if let Some(port) = port()?.or(command.is_none().then_some(DEFAULT_PORT)) {
        builder = builder.port(port);
    }
    for service in Service::ALL {
        builder = builder.env(service, "SHUTDOWN_GRACE_SECONDS", SERVICE_GRACE_SECONDS);
    }
    if let Some(dir) = std::env::var_os("DEMO_DIR").filter(|dir| !dir.is_empty()) {
        builder = builder.data_dir(PathBuf::from(dir));
    }

    let started = tokio::select! {
        started = builder.start() => started,
        () = signals.next() => return Ok(command.map_or(ExitCode::SUCCESS, |_| INTERRUPTED.into())),
    };
    let stack = started.map_err(|error| match error {
        Error::PortTaken(port) => Error::Usage(format!(
            "port {port} is already in use: end the program that listens on it, \
             or choose another port, for example DEMO_PORT={}",
            port.wrapping_add(1).max(1024)
        )),
        other => other,
    })?;
    let scenario = scenario(&stack)?;
    scenario.spawn()?;
    let code = match command {
        Some(command) => {
            let env = [("E2E_BASE_URL", stack.public_url().to_owned())];
            beside(&stack, command, &env, &mut signals).await?
        }
        None => open(&stack, &mut signals).await,
    };
    scenario.kill9();
    tokio::select! {
        () = stack.shut_down(GRACE) => {}
        // Who asks twice does not want to wait: what is left is killed.
        () = signals.next() => {}
    }
    Ok(code)
}

/// Says where it is, and waits for what ends it.
async fn open(stack: &Stack, signals: &mut Signals) -> ExitCode {
    let ready = format!("Ready: {} (Ctrl-C stops it)\n", stack.public_url());
    let mut out = std::io::stdout();
    // Whoever closed our output still wants the demo.
    drop(out.write_all(ready.as_bytes()).and_then(|()| out.flush()));

    let failure = tokio::select! {
        () = signals.next() => None,
        failure = someone_ends(stack) => Some(failure),
    };
    if let Some(failure) = &failure {
        eprintln!("{failure}");
    }
    eprintln!("Stopping …");
    if failure.is_none() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What makes things happen; the demo goes on without it.
fn scenario(stack: &Stack) -> Result<Process> {
    let env = vec![("SIM_URL".to_owned(), stack.simulator()?.url())];
    Ok(Process::new(Spec {
        name: format!("{SCENARIO}-live"),
        program: binaries()?.get(SCENARIO)?,
        args: vec!["live".into()],
        env,
        log: stack.logs()?.join(format!("{SCENARIO}-live.log")),
    }))
}

async fn someone_ends(stack: &Stack) -> String {
    loop {
        if let Some(server) = stack.ended() {
            let process = server.process();
            let how = process.exit_status().map_or_else(String::new, |status| format!(" ({status})"));
            return format!("{} ended{how}; the end of its log:\n{}", server.name(), process.log_tail());
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// What `DEMO_PORT` says, if anything.
fn port() -> Result<Option<u16>> {
    match std::env::var("DEMO_PORT") {
        Err(_) => Ok(None),
        Ok(text) if text.is_empty() => Ok(None),
        Ok(text) => match text.parse() {
            Ok(port) if port > 0 => Ok(Some(port)),
            _ => Err(Error::Usage(format!("DEMO_PORT must be a port from 1 to 65535, not `{text}`"))),
        },
    }
}
