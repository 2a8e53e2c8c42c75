//! The answers: pure functions of rosters and account columns. No I/O, no clock, no chance.
//!
//! Rosters come one by one, in the order of channel and time, into something that folds them ([`Fold`]): a session of
//! a hundred million presences is answered in the memory of its accounts, not of its presences. Every function is
//! tested against a naive one on a table with a row for each presence, on random worlds.

pub mod accounts;
pub mod set;
pub mod summary;

pub use common::db::captures::load::Counted as Capture;
use roaring::RoaringBitmap;

/// Takes in captures in the order of channel, then time.
pub trait Fold: Send + 'static {
    /// `roster` is who was there.
    fn push(&mut self, capture: &Capture, roster: &RoaringBitmap);
}

/// Calls `visit` with the ids of a roster, ascending, many at a time: half the time of going one by one.
pub fn each(roster: &RoaringBitmap, mut visit: impl FnMut(&[u32])) {
    let mut buffer = [0; 1024];
    let mut ids = roster.iter();
    loop {
        let some = ids.next_many(&mut buffer);
        if some.is_empty() {
            return;
        }
        visit(some);
    }
}
