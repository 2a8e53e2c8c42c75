//! The analysis service over HTTP, against a real MariaDB and a real Redis.

#![expect(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

mod cache;
mod compare;
mod export;
mod memory;
mod program;
mod questions;
mod refusals;
mod regulars;
mod renames;
mod streams;
mod summary;
mod support;
mod viewer;
