//! One child process: started, signalled, killed and started again, with its output in a file.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, ExitStatus, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use crate::error::{Context, Result};
use crate::{spawn, wait};

/// How much of a log an error message shows.
const TAIL_LINES: usize = 15;
const TAIL_BYTES: u64 = 16 * 1024;

/// What of our own environment a child sees; everything else it must be given, so that a developer's shell
/// or `.env` file changes no test.
const INHERITED: [&str; 8] =
    ["PATH", "HOME", "LANG", "TZ", "TMPDIR", "LOG_LEVEL", "RUST_BACKTRACE", "LLVM_PROFILE_FILE"];

/// What to run.
#[derive(Clone, Debug)]
pub(crate) struct Spec {
    /// Unique within the stack; also the name of the log file.
    pub(crate) name: String,
    pub(crate) program: PathBuf,
    pub(crate) args: Vec<OsString>,
    pub(crate) env: Vec<(String, String)>,
    /// The output of every run is appended here.
    pub(crate) log: PathBuf,
}

/// A child that leads its own process group, so that signals reach what it started as well.
#[derive(Debug)]
pub struct Process {
    spec: Spec,
    state: Mutex<State>,
}

#[derive(Debug)]
enum State {
    Idle,
    Running(Child),
    Exited(ExitStatus),
}

impl Process {
    pub(crate) fn new(spec: Spec) -> Self {
        Self { spec, state: Mutex::new(State::Idle) }
    }

    /// Name of the process, for example `worker-0`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.spec.name
    }

    /// Starts the program unless it is running.
    pub(crate) fn spawn(&self) -> Result<()> {
        let mut state = self.refreshed();
        if let State::Running(_) = *state {
            return Ok(());
        }
        let log = File::options()
            .create(true)
            .append(true)
            .open(&self.spec.log)
            .context(|| format!("write {}", self.spec.log.display()))?;
        let errors = log.try_clone().context(|| "share a log file".to_owned())?;
        let mut command = spawn::command(&self.spec.program);
        command
            .args(&self.spec.args)
            .env_clear()
            .envs(INHERITED.iter().filter_map(|name| Some((name, std::env::var_os(name)?))))
            .envs(self.spec.env.iter().map(|(name, value)| (name, value)))
            .env("NO_COLOR", "1")
            // A service reads `.env` from the working directory or above: there is none above the root.
            .current_dir("/")
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(errors);
        let child = spawn::spawn(command).context(|| format!("start {}", self.spec.program.display()))?;
        *state = State::Running(child);
        Ok(())
    }

    /// Process id, while it runs.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        match &*self.refreshed() {
            State::Running(child) => Some(child.id()),
            State::Idle | State::Exited(_) => None,
        }
    }

    /// How the last run ended; `None` while it runs.
    #[must_use]
    pub fn exit_status(&self) -> Option<ExitStatus> {
        match &*self.refreshed() {
            State::Exited(status) => Some(*status),
            State::Idle | State::Running(_) => None,
        }
    }

    /// Kills with `SIGKILL` and waits for the end. Nothing happens when it does not run.
    pub fn kill9(&self) {
        let mut state = self.refreshed();
        if let State::Running(child) = &mut *state {
            signal_group(child, Signal::SIGKILL);
            if let Ok(status) = child.wait() {
                *state = State::Exited(status);
            }
        }
    }

    /// Freezes with `SIGSTOP`, as a machine out of memory or a long pause would.
    pub fn stop(&self) {
        self.signal(Signal::SIGSTOP);
    }

    /// Lets a frozen process go on.
    pub fn cont(&self) {
        self.signal(Signal::SIGCONT);
    }

    /// Asks with `SIGTERM` and waits at most `grace` for the end; an error when it goes on running. No status when
    /// somebody has started it again meanwhile.
    pub async fn term(&self, grace: Duration) -> Result<Option<ExitStatus>> {
        let asked = self.pid();
        self.signal(Signal::SIGTERM);
        let what = format!("the end of {}", self.spec.name);
        let ended = || async { self.pid().is_none_or(|now| Some(now) != asked).then_some(()) };
        wait::until(&what, grace, ended).await?;
        Ok(self.exit_status())
    }

    /// Asks without waiting.
    pub(crate) fn ask_to_end(&self) {
        self.signal(Signal::SIGTERM);
    }

    /// The last lines of the log, each indented.
    #[must_use]
    pub fn log_tail(&self) -> String {
        match read_end(&self.spec.log) {
            Ok(text) if text.trim().is_empty() => "  (empty)".to_owned(),
            Ok(text) => {
                let lines: Vec<_> = text.lines().collect();
                let first = lines.len().saturating_sub(TAIL_LINES);
                let indented: Vec<_> = lines.iter().skip(first).map(|line| format!("  {line}")).collect();
                indented.join("\n")
            }
            Err(error) => format!("  (unreadable: {error})"),
        }
    }

    /// The whole log so far.
    pub fn log(&self) -> Result<String> {
        std::fs::read(&self.spec.log)
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .context(|| format!("read {}", self.spec.log.display()))
    }

    fn signal(&self, signal: Signal) {
        if let State::Running(child) = &*self.refreshed() {
            signal_group(child, signal);
        }
    }

    /// The state after a look whether the child has ended. Signals are only sent under this lock and before the
    /// child is reaped, so that they never reach a stranger that got its id.
    fn refreshed(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let State::Running(child) = &mut *state
            && let Ok(Some(status)) = child.try_wait()
        {
            *state = State::Exited(status);
        }
        state
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill9();
    }
}

fn signal_group(child: &Child, signal: Signal) {
    if let Ok(id) = i32::try_from(child.id()) {
        // The group may be gone already, which is what a signal is mostly sent for.
        let _ = killpg(Pid::from_raw(id), signal);
    }
}

fn read_end(path: &PathBuf) -> io::Result<String> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL_BYTES)))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
