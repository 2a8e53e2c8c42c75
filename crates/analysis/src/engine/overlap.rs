//! Unions of rosters, by channel or by broadcast, and what two of them share.

use common::ids::ChannelId;

use super::{Capture, Fold, Present, set::DenseSet};

/// What is put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    Everything,
    Channel,
    Broadcast,
}

/// Puts rosters together. Takes a bit for each account id and union.
#[derive(Clone, Debug)]
pub struct Unions {
    by: By,
    done: Vec<Union>,
}

#[derive(Clone, Debug)]
pub struct Union {
    /// Of the first capture in it.
    pub channel: ChannelId,
    pub broadcast: u32,
    pub captures: u32,
    pub members: DenseSet,
}

impl Unions {
    #[must_use]
    pub fn new(by: By) -> Self {
        Self { by, done: Vec::new() }
    }

    /// In the order of the captures.
    #[must_use]
    pub fn finish(self) -> Vec<Union> {
        self.done
    }

    fn joins(&self, capture: &Capture) -> bool {
        self.done.last().is_some_and(|union| match self.by {
            By::Everything => true,
            By::Channel => union.channel == capture.channel,
            By::Broadcast => (union.channel, union.broadcast) == (capture.channel, capture.broadcast),
        })
    }
}

impl Fold for Unions {
    fn push(&mut self, capture: &Capture, present: &Present<'_>) {
        if !self.joins(capture) {
            self.done.push(Union {
                channel: capture.channel,
                broadcast: capture.broadcast,
                captures: 0,
                members: DenseSet::default(),
            });
        }
        if let Some(union) = self.done.last_mut() {
            union.captures += 1;
            union.members.add(present);
        }
    }

    fn merge(&mut self, other: Self) {
        for (union, more) in self.done.iter_mut().zip(other.done) {
            union.members.add_all(&more.members);
        }
    }
}

/// How many each two of `unions` have in common: (place, place, accounts), each pair once.
#[must_use]
pub fn pairs(unions: &[Union]) -> Vec<(usize, usize, u32)> {
    let mut pairs = Vec::new();
    for (a, union) in unions.iter().enumerate() {
        for (b, other) in unions.iter().enumerate().skip(a + 1) {
            pairs.push((a, b, union.members.common(&other.members)));
        }
    }
    pairs
}

/// The Jaccard index of two sets: what they share of what they have together; 0 when both are empty.
/// (P. Jaccard, "Étude comparative de la distribution florale", 1901.)
#[must_use]
pub fn jaccard(a: u32, b: u32, common: u32) -> f64 {
    let together = u64::from(a) + u64::from(b) - u64::from(common);
    #[expect(clippy::cast_precision_loss, reason = "fewer than 2^33 accounts")]
    if together == 0 { 0.0 } else { f64::from(common) / together as f64 }
}
