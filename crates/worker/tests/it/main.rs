//! The worker against a real MariaDB and a real Redis, with a scripted `twitch-api`.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test says what went wrong by panicking")]

mod capture;
mod enrich;
mod forget;
mod queue;
mod retention;
mod schedule;
mod support;
