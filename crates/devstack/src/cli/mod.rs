//! The command line.

pub(crate) mod run;
pub(crate) mod signals;

use std::process::ExitCode;

use crate::error::{Error, Result};
use crate::server::Server;
use crate::service::Service;
use crate::stack::Stack;
use crate::{demo, testing};
use signals::Signals;

const USAGE: &str = "\
devstack: the whole system on free loopback ports, with throwaway data

  devstack demo                    everything, on http://localhost:8080 (DEMO_PORT), until Ctrl-C;
                                   the data is kept in DEMO_DIR when that is set
  devstack demo -- COMMAND         runs COMMAND beside the demo, on any free port unless DEMO_PORT is set (E2E_BASE_URL)
  devstack services -- COMMAND     runs COMMAND beside a MariaDB and a Redis for tests
                                   (TEST_DATABASE_ADMIN_URL, TEST_REDIS_URL)
  devstack db [--migrate] -- COMMAND
                                   runs COMMAND beside a MariaDB with an empty or a migrated database
                                   (DATABASE_URL)
  devstack web -- COMMAND          runs COMMAND beside everything (E2E_BASE_URL, E2E_SIM_URL, DATABASE_URL, REDIS_URL,
                                   METRICS_TARGETS: a list of SERVICE=HOST:PORT)

Our own programs are looked for beside this one, or in DEVSTACK_BIN_DIR. DEVSTACK_KEEP=1 keeps the data and the
logs of a run.";

/// Runs the command line and tells the exit code; errors are printed.
pub async fn main(args: Vec<String>) -> ExitCode {
    let outcome = match Signals::listen() {
        Ok(signals) => dispatch(&args, signals).await,
        Err(error) => Err(error),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("devstack: {error}");
        ExitCode::FAILURE
    })
}

async fn dispatch(args: &[String], signals: Signals) -> Result<ExitCode> {
    let (options, command) = match args.iter().position(|arg| arg == "--") {
        Some(at) => (args.get(..at), args.get(at + 1..)),
        None => (Some(args), None),
    };
    let options: Vec<&str> = options.unwrap_or_default().iter().map(String::as_str).collect();
    let command = command.filter(|command| !command.is_empty());
    match (options.as_slice(), command) {
        (["demo"], command) => demo::run(command, signals).await,
        (["services"], Some(command)) => services(command, signals).await,
        (["db"], Some(command)) => db(command, false, signals).await,
        (["db", "--migrate"], Some(command)) => db(command, true, signals).await,
        (["web"], Some(command)) => web(command, signals).await,
        (["help" | "--help" | "-h"], None) => {
            println!("{USAGE}");
            Ok(ExitCode::SUCCESS)
        }
        _ => Err(Error::Usage(format!("I do not understand that.\n\n{USAGE}"))),
    }
}

async fn services(command: &[String], mut signals: Signals) -> Result<ExitCode> {
    let builder = Stack::builder().only_stores().relaxed();
    let Some(stack) = run::start(builder, &mut signals).await? else {
        return Ok(run::INTERRUPTED.into());
    };
    let env =
        [(testing::DATABASE_ADMIN_URL, stack.database_admin_url()), (testing::REDIS_URL, stack.redis_url()?)];
    run::beside(&stack, command, &env, &mut signals).await
}

async fn db(command: &[String], migrated: bool, mut signals: Signals) -> Result<ExitCode> {
    let builder = Stack::builder().only_stores().without_redis().relaxed();
    let Some(stack) = run::start(builder, &mut signals).await? else {
        return Ok(run::INTERRUPTED.into());
    };
    if migrated {
        testing::migrate(&stack.database_url()).await?;
    }
    let env = [("DATABASE_URL", stack.database_url())];
    run::beside(&stack, command, &env, &mut signals).await
}

async fn web(command: &[String], mut signals: Signals) -> Result<ExitCode> {
    let Some(stack) = run::start(Stack::builder().relaxed(), &mut signals).await? else {
        return Ok(run::INTERRUPTED.into());
    };
    let env = [
        ("E2E_BASE_URL", stack.public_url().to_owned()),
        ("E2E_SIM_URL", stack.simulator()?.url()),
        ("DATABASE_URL", stack.database_url()),
        ("REDIS_URL", stack.redis_url()?),
        ("METRICS_TARGETS", metrics_targets(&stack)),
    ];
    run::beside(&stack, command, &env, &mut signals).await
}

/// Where each replica of each service is scraped, for `scripts/ops/observe`.
fn metrics_targets(stack: &Stack) -> String {
    let replicas = Service::ALL.into_iter().flat_map(|service| {
        let of_service = stack.all(service).filter_map(Server::metrics_address);
        of_service.map(move |address| format!("{}={address}", service.name()))
    });
    replicas.collect::<Vec<_>>().join(" ")
}
