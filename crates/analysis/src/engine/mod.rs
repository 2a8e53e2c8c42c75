//! The answers: pure functions of rosters and account columns. No I/O, no clock, no chance.
//!
//! Rosters come one by one, in the order of channel and time, into something that folds them ([`Fold`]): a session of
//! a hundred million presences is answered in the memory of its accounts, not of its presences. Accounts do not
//! depend on each other, so a fold may run in parts, each with a range of accounts, which are merged at the end.
//!
//! Every function is tested against a naive one on a table with a row for each presence, on random worlds
//! (`tests/engine`).

pub mod account;
pub mod accounts;
pub mod broadcasts;
pub mod compare;
pub mod counters;
pub mod creations;
pub mod evolution;
pub mod newcomers;
pub mod overlap;
pub mod page;
pub mod participation;
pub mod raids;
pub mod retention;
pub mod set;
pub mod sightings;
pub mod summary;
pub mod tally;

use std::ops::RangeInclusive;

use chrono::{DateTime, Utc};
use common::ids::{CaptureId, ChannelId, StreamId};
use roaring::RoaringBitmap;

/// A complete capture, without its roster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capture {
    pub id: CaptureId,
    pub channel: ChannelId,
    pub at: DateTime<Utc>,
    pub stream: Option<StreamId>,
    /// Which broadcast of the channel it belongs to, counted from 0 among the captures at hand; see [`broadcasts`].
    pub broadcast: u32,
    pub chatters: u32,
    /// How many of them the channel had never seen, as was found when the capture was stored.
    pub new: u32,
    /// How many people the roster may lack, or name although they had left.
    pub uncertain: u32,
    pub viewers: Option<u32>,
    /// Whether the question is about it. The others only tell who had been seen before.
    pub own: bool,
}

/// Takes in captures in the order of channel, then time.
pub trait Fold: Clone + Send + 'static {
    /// `present` is who was there, of the accounts of this part.
    fn push(&mut self, capture: &Capture, present: &Present<'_>);

    /// Ends the last channel; after it, nothing is pushed.
    fn end(&mut self) {}

    /// Takes in what another part found about other accounts in the same captures. Both have ended.
    fn merge(&mut self, other: Self);
}

/// Who was there, of a range of accounts.
#[derive(Clone, Debug)]
pub struct Present<'a> {
    roster: &'a RoaringBitmap,
    ids: RangeInclusive<u32>,
}

impl<'a> Present<'a> {
    #[must_use]
    pub fn new(roster: &'a RoaringBitmap, ids: RangeInclusive<u32>) -> Self {
        Self { roster, ids }
    }

    /// Everybody.
    #[must_use]
    pub fn all(roster: &'a RoaringBitmap) -> Self {
        Self::new(roster, 0..=u32::MAX)
    }

    /// The same range of another roster.
    #[must_use]
    pub fn part_of<'b>(&self, roster: &'b RoaringBitmap) -> Present<'b> {
        Present::new(roster, self.ids.clone())
    }

    /// Calls `visit` with the ids, ascending, many at a time: half the time of going one by one.
    pub fn each(&self, mut visit: impl FnMut(&[u32])) {
        let mut buffer = [0; 1024];
        let mut ids = self.roster.range(self.ids.clone());
        loop {
            let some = ids.next_many(&mut buffer);
            if some.is_empty() {
                return;
            }
            visit(some);
        }
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> u32 {
        u32::try_from(self.roster.range_cardinality(self.ids.clone())).unwrap_or(u32::MAX)
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The greatest id of the roster, also beyond this part.
    #[must_use]
    pub fn max(&self) -> Option<u32> {
        self.roster.max()
    }

    #[must_use]
    pub fn contains(&self, id: u32) -> bool {
        self.ids.contains(&id) && self.roster.contains(id)
    }

    /// A roster of this part.
    #[must_use]
    pub fn to_roster(&self) -> RoaringBitmap {
        let mut part = self.roster.clone();
        if *self.ids.start() > 0 {
            part.remove_range(..*self.ids.start());
        }
        if *self.ids.end() < u32::MAX {
            part.remove_range(*self.ids.end() + 1..);
        }
        part
    }
}

/// Folds everything in one part: what tests and small questions use.
pub fn fold_all<'a, F: Fold>(
    captures: impl IntoIterator<Item = (&'a Capture, &'a RoaringBitmap)>,
    mut fold: F,
) -> F {
    for (capture, roster) in captures {
        fold.push(capture, &Present::all(roster));
    }
    fold.end();
    fold
}
