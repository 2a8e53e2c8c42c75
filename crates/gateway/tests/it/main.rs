//! The gateway over HTTP, against a real MariaDB and a real Redis, with scripted `twitch-api` and `analysis`.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test says what went wrong by panicking")]

mod auth;
mod browser;
mod captures;
mod channels;
mod document;
mod events;
mod limits;
mod my_data;
mod pages;
mod questions;
mod schedules;
mod sessions;
mod site;
mod undoing;
mod upstreams;
mod verdicts;
mod web_sessions;
