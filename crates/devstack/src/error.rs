//! What can go wrong while a stack starts, told so that the reader knows what to do next.

use std::fmt;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

/// Result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a stack, or a part of it, could not be started or used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A program of the operating system is missing.
    #[error("`{program}` is not installed: scripts/setup installs it (Debian package {package})")]
    NotInstalled {
        /// The program that was looked for.
        program: &'static str,
        /// The Debian package that contains it.
        package: &'static str,
    },
    /// One of our own programs was not built.
    #[error("`{binary}` is not built: no file {} (run `cargo build -p {binary}`)", path.display())]
    NotBuilt {
        /// Name of the program, which is also its package.
        binary: String,
        /// Where it should be.
        path: PathBuf,
    },
    /// The one port that was asked for by number belongs to another program.
    #[error("port {0} is already in use by another program")]
    PortTaken(u16),
    /// No free port was found at all.
    #[error("no free loopback port was found")]
    NoFreePort,
    /// Another stack works in the folder.
    #[error("{} is in use by another running stack", .0.display())]
    FolderInUse(PathBuf),
    /// A process ended instead of becoming ready.
    #[error("{name} stopped while it was starting ({status}); the end of its log:\n{tail}")]
    Died {
        /// Name of the process.
        name: String,
        /// How it ended.
        status: ExitStatus,
        /// The last lines of its log.
        tail: String,
    },
    /// Processes run but did not become ready in time.
    #[error("not ready after {} s:{}", .limit.as_secs(), Paragraphs(.servers))]
    NotReady {
        /// How long was waited.
        limit: Duration,
        /// Those that are not ready.
        servers: Vec<Unready>,
    },
    /// `worker migrate` failed.
    #[error("the migrations failed ({status}):\n{tail}")]
    Migration {
        /// How the command ended.
        status: ExitStatus,
        /// The last lines of its output.
        tail: String,
    },
    /// The stack has no such part.
    #[error("this stack has no {0}")]
    NoSuchPart(String),
    /// A condition did not come true in time.
    #[error("{what} did not happen within {} ms", .limit.as_millis())]
    Deadline {
        /// What was waited for.
        what: String,
        /// How long was waited.
        limit: Duration,
    },
    /// The command line makes no sense.
    #[error("{0}")]
    Usage(String),
    /// The operating system refused something.
    #[error("cannot {action}: {source}")]
    Io {
        /// What was tried.
        action: String,
        /// The system's answer.
        source: std::io::Error,
    },
    /// `MariaDB` refused something.
    #[error("MariaDB: {0}")]
    Database(#[from] sqlx::Error),
    /// The migrations could not be applied.
    #[error("the migrations failed: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
}

/// A process that did not become ready in time.
#[derive(Debug)]
pub struct Unready {
    /// Name of the process.
    pub name: String,
    /// The last thing its probe said.
    pub reason: String,
    /// The last lines of its log.
    pub tail: String,
}

struct Paragraphs<'a>(&'a [Unready]);

impl fmt::Display for Paragraphs<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|server| {
            write!(f, "\n{}: {}; the end of its log:\n{}", server.name, server.reason, server.tail)
        })
    }
}

/// Names the action that an I/O error belongs to.
pub(crate) trait Context<T> {
    /// Turns the error into [`Error::Io`], with what was being done.
    fn context(self, action: impl FnOnce() -> String) -> Result<T>;
}

impl<T> Context<T> for std::io::Result<T> {
    fn context(self, action: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|source| Error::Io { action: action(), source })
    }
}

impl Error {
    /// Whether a process found its port taken, by a program that knows nothing of our reservations.
    pub(crate) fn is_address_in_use(&self) -> bool {
        matches!(self, Self::Died { tail, .. } if tail.to_lowercase().contains("address already in use"))
    }
}
