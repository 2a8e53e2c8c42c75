//! Endpoints by which moderators act, and those that show what they did.

pub(crate) mod bans;
pub(crate) mod roles;
pub(crate) mod shield;
pub(crate) mod suspicious;
