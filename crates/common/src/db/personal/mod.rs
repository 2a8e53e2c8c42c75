//! What is kept about one person, across tables: telling it, and removing it.

mod export;
mod remove;
mod viewer;

pub use export::{Export, export};
pub use remove::{Removed, remove, remove_schedules};
