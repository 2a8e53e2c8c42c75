//! Running a command beside a stack.

use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ExitCode, ExitStatus};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::signals::Signals;
use crate::builder::StackBuilder;
use crate::error::{Context, Error, Result};
use crate::spawn;
use crate::stack::Stack;

/// What a shell reports for a command that Ctrl-C ended.
pub(crate) const INTERRUPTED: u8 = 130;
const GRACE: Duration = Duration::from_secs(10);
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Starts the stack; `None` when a signal came first.
pub(super) async fn start(builder: StackBuilder, signals: &mut Signals) -> Result<Option<Stack>> {
    tokio::select! {
        started = builder.start() => started.map(Some),
        () = signals.next() => Ok(None),
    }
}

/// Runs the command in the foreground and passes its exit code on. When it fails, the ends of the services' logs
/// are printed: they are gone a moment later.
pub(crate) async fn beside(
    stack: &Stack,
    command: &[String],
    env: &[(&str, String)],
    signals: &mut Signals,
) -> Result<ExitCode> {
    let status = run(command, env, signals).await?;
    if !status.success() {
        for server in stack.servers().filter(|server| server.metrics_url().is_some()) {
            eprintln!("--- the end of the log of {}\n{}", server.name(), server.process().log_tail());
        }
    }
    Ok(exit_code(status))
}

async fn run(command: &[String], env: &[(&str, String)], signals: &mut Signals) -> Result<ExitStatus> {
    let (program, args) =
        command.split_first().ok_or_else(|| Error::Usage("no command is given".to_owned()))?;
    let mut process = spawn::command(program);
    process.args(args).envs(env.iter().map(|(name, value)| (name, value)));
    let mut child = spawn::spawn(process).context(|| format!("start {program}"))?;
    tokio::select! {
        status = ended(&mut child) => return status,
        () = signals.next() => {}
    }
    // After Ctrl-C in a terminal the command has got the signal too; a second one does no harm.
    if let Ok(id) = i32::try_from(child.id()) {
        let _ = kill(Pid::from_raw(id), Signal::SIGTERM);
    }
    match tokio::time::timeout(GRACE, ended(&mut child)).await {
        Ok(status) => status,
        Err(_) => child.kill().and_then(|()| child.wait()).context(|| format!("end {program}")),
    }
}

async fn ended(child: &mut Child) -> Result<ExitStatus> {
    loop {
        if let Some(status) = child.try_wait().context(|| "wait for the command".to_owned())? {
            return Ok(status);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

fn exit_code(status: ExitStatus) -> ExitCode {
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    ExitCode::from(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}
