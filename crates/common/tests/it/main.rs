//! `common` against a real MariaDB and a real Redis.

#![expect(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

mod events;
mod leases;
mod migrations;
mod shutdown;
