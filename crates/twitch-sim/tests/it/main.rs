//! The simulator over HTTP, as its clients see it.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

mod eventsub;
mod faults;
mod harness;
mod helix;
mod limits;
mod moderation;
mod oauth;
mod schema;
mod world;
