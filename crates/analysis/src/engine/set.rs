//! A set of accounts that grows: one bit for each id up to the greatest, so that adding a roster costs a nanosecond an
//! account, however the ids are spread. A roaring bitmap would merge its sorted arrays again for each roster.

use common::ids::AccountId;
use roaring::RoaringBitmap;

use super::Present;

const BITS: usize = u64::BITS as usize;

/// A set of dense ids; three million accounts take 375 KB.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DenseSet(Vec<u64>);

impl DenseSet {
    /// Adds everybody who is present.
    pub fn add(&mut self, present: &Present<'_>) {
        self.reach(present.max());
        present.each(|ids| {
            for id in ids {
                self.0[*id as usize / BITS] |= 1 << (*id as usize % BITS);
            }
        });
    }

    /// Adds everybody in `roster`.
    pub fn add_roster(&mut self, roster: &RoaringBitmap) {
        self.add(&Present::all(roster));
    }

    /// Adds one account; whether it was new.
    pub fn insert(&mut self, id: u32) -> bool {
        self.reach(Some(id));
        self.put(id)
    }

    /// Adds everybody in `other`.
    pub fn add_all(&mut self, other: &Self) {
        if !other.0.is_empty() {
            self.grow(other.0.len() - 1);
        }
        for (word, more) in self.0.iter_mut().zip(&other.0) {
            *word |= more;
        }
    }

    /// Makes room for ids up to `max`.
    pub fn reach(&mut self, max: Option<u32>) {
        if let Some(max) = max {
            self.grow(max as usize / BITS);
        }
    }

    /// Adds an account for which there is room; whether it was new.
    pub fn put(&mut self, id: u32) -> bool {
        let (word, bit) = (&mut self.0[id as usize / BITS], 1 << (id as usize % BITS));
        let new = *word & bit == 0;
        *word |= bit;
        new
    }

    fn grow(&mut self, word: usize) {
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
    }

    /// The bits, 64 ids a word.
    #[must_use]
    pub fn words(&self) -> &[u64] {
        &self.0
    }

    /// Removes everybody, and keeps the memory.
    pub fn clear(&mut self) {
        self.0.fill(0);
    }

    #[must_use]
    pub fn contains(&self, id: u32) -> bool {
        self.0.get(id as usize / BITS).is_some_and(|word| word >> (id as usize % BITS) & 1 == 1)
    }

    /// What it takes in memory.
    #[must_use]
    pub fn bytes(&self) -> usize {
        std::mem::size_of_val(&*self.0)
    }

    /// How many accounts.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.0.iter().map(|word| word.count_ones()).sum()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    /// How many are in both.
    #[must_use]
    pub fn common(&self, other: &Self) -> u32 {
        self.0.iter().zip(&other.0).map(|(left, right)| (left & right).count_ones()).sum()
    }

    /// As a roster.
    #[must_use]
    pub fn to_roster(&self) -> RoaringBitmap {
        self.iter().map(|id| id.0).collect()
    }

    /// The accounts, ascending.
    pub fn iter(&self) -> impl Iterator<Item = AccountId> + '_ {
        self.0.iter().enumerate().flat_map(|(index, word)| {
            let base = u32::try_from(index * BITS).unwrap_or(u32::MAX);
            Bits(*word).map(move |bit| AccountId(base + bit))
        })
    }
}

impl FromIterator<AccountId> for DenseSet {
    fn from_iter<I: IntoIterator<Item = AccountId>>(accounts: I) -> Self {
        let mut set = Self::default();
        set.add_roster(&accounts.into_iter().map(|account| account.0).collect());
        set
    }
}

/// The positions of a word's ones, ascending.
struct Bits(u64);

impl Iterator for Bits {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let bit = (self.0 != 0).then(|| self.0.trailing_zeros());
        self.0 &= self.0.wrapping_sub(1);
        bit
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_the_union(rosters in proptest::collection::vec(proptest::collection::btree_set(0_u32..5_000, 0..300), 0..8)) {
            let (mut one, mut halves) = (DenseSet::default(), [DenseSet::default(), DenseSet::default()]);
            for (index, roster) in rosters.iter().enumerate() {
                let roster: RoaringBitmap = roster.iter().copied().collect();
                one.add_roster(&roster);
                halves[index % 2].add_roster(&roster);
            }
            let naive: BTreeSet<u32> = rosters.into_iter().flatten().collect();
            prop_assert!(one.iter().map(|id| id.0).eq(naive.iter().copied()));
            prop_assert_eq!(one.len() as usize, naive.len());
            prop_assert_eq!(one.is_empty(), naive.is_empty());
            for id in 0..5_000 {
                prop_assert_eq!(one.contains(id), naive.contains(&id));
            }
            let [mut all, other] = halves;
            all.add_all(&other);
            prop_assert!(all.iter().eq(one.iter()));
            all.clear();
            prop_assert!(all.is_empty());
        }
    }
}
