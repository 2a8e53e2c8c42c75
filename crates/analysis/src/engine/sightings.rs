//! How often each account was seen, first and last.

use std::sync::Arc;

use common::ids::AccountId;

use super::{Capture, Fold, Present, set::DenseSet, tally::Tally};

/// What captures tell of one account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sighting {
    pub account: AccountId,
    /// How many captures it is in.
    pub captures: u32,
    /// The places of the earliest and the latest of them.
    pub first: u32,
    pub last: u32,
}

/// The captures by time: their places, and each one's rank.
#[derive(Clone, Debug)]
pub struct Order {
    places: Vec<u32>,
    ranks: Vec<u32>,
}

impl Order {
    #[must_use]
    pub fn of(captures: &[Capture]) -> Self {
        let mut places: Vec<u32> = (0_u32..).zip(captures).map(|(place, _)| place).collect();
        places.sort_by_key(|place| captures[*place as usize].at);
        let mut ranks = vec![0; places.len()];
        for (rank, place) in (0_u32..).zip(&places) {
            ranks[*place as usize] = rank;
        }
        Self { places, ranks }
    }
}

/// Counts sightings. Captures come by channel, so first and last are kept as ranks in time.
#[derive(Clone, Debug)]
pub struct Sightings {
    order: Arc<Order>,
    next: usize,
    members: DenseSet,
    captures: Tally<u32>,
    /// The ranks, and 1.
    first: Tally<u32>,
    last: Tally<u32>,
}

impl Sightings {
    #[must_use]
    pub fn new(order: Arc<Order>) -> Self {
        Self {
            order,
            next: 0,
            members: DenseSet::default(),
            captures: Tally::default(),
            first: Tally::default(),
            last: Tally::default(),
        }
    }

    /// Everybody who was seen.
    #[must_use]
    pub fn members(&self) -> &DenseSet {
        &self.members
    }

    /// What was seen of an account; none when it was not.
    #[must_use]
    pub fn of(&self, account: AccountId) -> Option<Sighting> {
        let captures = self.captures.get(account.0);
        let place = |rank: u32| self.order.places.get(rank.checked_sub(1)? as usize).copied();
        Some(Sighting {
            account,
            captures,
            first: place(self.first.get(account.0))?,
            last: place(self.last.get(account.0))?,
        })
    }
}

impl Fold for Sightings {
    fn push(&mut self, _: &Capture, present: &Present<'_>) {
        let rank = self.order.ranks.get(self.next).copied().unwrap_or(0) + 1;
        self.next += 1;
        self.members.reach(present.max());
        for tally in [&mut self.captures, &mut self.first, &mut self.last] {
            tally.reach(present.max());
        }
        present.each(|ids| {
            for id in ids {
                self.members.put(*id);
                *self.captures.of(*id) += 1;
                let (first, last) = (self.first.of(*id), self.last.of(*id));
                *first = if *first == 0 { rank } else { rank.min(*first) };
                *last = rank.max(*last);
            }
        });
    }

    fn merge(&mut self, other: Self) {
        let max = other.members.iter().last().map(|id| id.0);
        for (tally, more) in [
            (&mut self.captures, &other.captures),
            (&mut self.first, &other.first),
            (&mut self.last, &other.last),
        ] {
            tally.reach(max);
            for id in other.members.iter() {
                *tally.of(id.0) = more.get(id.0);
            }
        }
        self.members.add_all(&other.members);
    }
}
