//! The engine against naive implementations on a table with a row for each presence, on random worlds.

#![expect(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

mod broadcasts;
mod compare;
mod creations;
mod evolution;
mod newcomers;
mod participation;
mod raids;
mod rooms;
mod world;
