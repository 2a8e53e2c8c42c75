//! The service as the other services see it: through its router, against the simulator, a real MariaDB and a real
//! Redis. Between the service and the simulator stands a front that can be told to misbehave.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod accounts;
mod budgets;
mod channels;
mod chatters;
mod eventsub;
mod front;
mod login;
mod logout;
mod metrics;
mod refresh;
mod rig;
mod rotation;
mod storm;
mod streams;
mod validation;
