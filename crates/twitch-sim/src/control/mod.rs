//! `/sim`: what only a simulator can do: steer the world, make things fail, tell the truth.

pub(crate) mod accounts;
pub(crate) mod error;
pub(crate) mod events;
pub(crate) mod failures;
pub(crate) mod sockets;
pub(crate) mod world;
