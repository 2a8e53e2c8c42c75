//! Real processes: MariaDB and Redis as installed, and stand-ins for our own programs.

#![expect(clippy::unwrap_used, reason = "a helper that fails fails its test")]

mod cleanup;
mod proxy;
mod services;
mod stores;
mod support;
mod testing;
