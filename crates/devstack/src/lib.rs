//! The whole system on one machine, for the demo, the tests, the benchmarks and the fault tests alike.
//!
//! [`Stack::builder`] starts real processes: a private MariaDB, a private Redis, the Twitch simulator and any
//! number of replicas of each service, on free loopback ports, with throwaway data and secrets made for this
//! run. Dropping the [`Stack`] kills every process and removes every file.
//!
//! # How nothing is left behind
//!
//! * Every child leads its own process group, so a signal reaches it and what it started ([`Process`]).
//! * Every child is told by the kernel to die with its parent (`spawn`), which covers a parent that is
//!   killed and has no chance to clean up.
//! * A folder whose owner died that way is recognised by its free lock, and the next start removes it (`dir`).
//! * Ports are reserved across processes and lie outside the range the kernel hands to clients (`ports`).
//!
//! # Where the programs come from
//!
//! `MariaDB` and Redis are Debian's packages, found on `PATH`. Our own programs are those beside the running
//! one, `target/debug` for a test and `target/release` for the demo ([`Binaries`]).
//!
//! Tests of a single crate need no services: [`testing`] gives each test an empty database and an empty Redis.

pub mod cli;
pub mod proxy;
pub mod testing;
pub mod wait;

mod binaries;
mod builder;
mod crew;
mod demo;
mod dir;
mod error;
mod http;
mod launch;
mod leaks;
mod mariadb;
mod ports;
mod process;
mod redis;
mod secrets;
mod server;
mod service;
mod spawn;
mod stack;

pub use binaries::{Binaries, binaries};
pub use builder::StackBuilder;
pub use error::{Error, Result, Unready};
pub use process::Process;
pub use server::Server;
pub use service::Service;
pub use stack::{Proxies, Stack};

/// The checked-out repository this crate was built from.
pub(crate) fn workspace() -> std::path::PathBuf {
    let here = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_path_buf()
}
