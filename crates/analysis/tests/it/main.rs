//! The analysis service over HTTP, against a real MariaDB and a real Redis.

#![expect(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

mod cache;
mod export;
mod questions;
mod refusals;
mod summary;
mod support;
