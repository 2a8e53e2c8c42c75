//! `captures`: who was in a channel's chat at a time. Asking for one, storing its roster, and loading rosters.

pub mod load;
pub mod request;
pub mod store;
pub mod view;
