//! What the demo shows: streams that are over, one that runs, and something worth seeing while one watches.
//!
//! [`history`] makes the past before the services start. The simulated Twitch shows any moment by its clock; the code of
//! `twitch-api` and of the worker runs here on the same clock, in big steps. Logins, tokens, streams, raids, captures and
//! enrichment are what they would have been, had the demo run for two days: same HTTP, same jobs, same transactions.
//! [`live`] goes on from there in real time, with nothing but the simulator's control API ([`sim`]).
//!
//! Only `devstack demo` and tests use it; no part of it is in an image.

pub mod cast;
pub mod history;
pub mod live;
pub mod past;
pub mod sim;

/// What a step of the scenario may fail with.
pub type Error = Box<dyn std::error::Error + Send + Sync>;
pub type Result<T> = std::result::Result<T, Error>;
