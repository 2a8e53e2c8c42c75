//! Starting children that die with us.
//!
//! The kernel can kill a child when its parent dies (`PR_SET_PDEATHSIG`). Setting that between fork and exec
//! needs unsafe code, so `setpriv` of util-linux, which every Debian has, sets it and then becomes the program:
//! same process id. For the kernel "the parent" is the *thread* that forked, and a test's thread ends with the
//! test; hence one thread that lives as long as the process starts all children.

use std::ffi::OsStr;
use std::io;
use std::process::{Child, Command};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Mutex, OnceLock, PoisonError};

use crate::binaries::find_on_path;

type Request = (Command, Sender<io::Result<Child>>);

/// A command that runs `program` and is killed by the kernel when this process ends.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    static SETPRIV: OnceLock<Option<std::path::PathBuf>> = OnceLock::new();
    match SETPRIV.get_or_init(|| find_on_path("setpriv")) {
        Some(setpriv) => {
            let mut command = Command::new(setpriv);
            command.args(["--pdeathsig", "KILL", "--"]).arg(program);
            command
        }
        None => Command::new(program),
    }
}

/// Spawns `command` from the thread that never ends.
pub(crate) fn spawn(command: Command) -> io::Result<Child> {
    let (reply, answer) = channel();
    let gone = || io::Error::other("the thread that starts processes has ended");
    sender()?.send((command, reply)).map_err(|_| gone())?;
    answer.recv().map_err(|_| gone())?
}

fn sender() -> io::Result<Sender<Request>> {
    static SPAWNER: Mutex<Option<Sender<Request>>> = Mutex::new(None);
    let mut spawner = SPAWNER.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(sender) = &*spawner {
        return Ok(sender.clone());
    }
    let (sender, requests) = channel::<Request>();
    std::thread::Builder::new().name("devstack-spawn".to_owned()).spawn(move || {
        for (mut command, reply) in requests {
            // Nobody waits for the answer when the caller was cancelled; then the child must not live on.
            if let Err(unsent) = reply.send(command.spawn())
                && let Ok(mut child) = unsent.0
            {
                drop(child.kill());
                drop(child.wait());
            }
        }
    })?;
    *spawner = Some(sender.clone());
    Ok(sender)
}
