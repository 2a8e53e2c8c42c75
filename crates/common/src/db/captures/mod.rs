//! `captures`: who was in a channel's chat at a time. Asking for one, storing its roster, loading rosters, and
//! taking an account out of them.

pub mod load;
pub mod remove;
pub mod removed;
pub mod request;
pub mod rosters;
pub mod store;
pub mod take_out;
pub mod view;
