//! `/sim`: what only a simulator can do.

pub(crate) mod error;
pub(crate) mod world;
