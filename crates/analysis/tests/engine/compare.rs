//! How alike rooms are, against sets of rows.

use std::collections::BTreeSet;

use analysis::engine::{
    compare,
    overlap::{By, Unions, jaccard, pairs},
};
use proptest::prelude::*;
use roaring::RoaringBitmap;

use crate::world::{account, world};

fn size<T>(accounts: impl IntoIterator<Item = T>) -> u32 {
    u32::try_from(accounts.into_iter().count()).unwrap()
}

/// Of everybody in either room the part that is in both, counted one by one.
fn naive(a: &BTreeSet<u32>, b: &BTreeSet<u32>) -> f64 {
    let everybody: BTreeSet<u32> = a.union(b).copied().collect();
    let both = everybody.iter().filter(|id| a.contains(*id) && b.contains(*id));
    if everybody.is_empty() { 0.0 } else { f64::from(size(both)) / f64::from(size(&everybody)) }
}

fn is_near(found: f64, expected: f64) -> bool {
    (found - expected).abs() < 1e-12
}

proptest! {
    #[test]
    fn compared_rooms_are_as_alike_as_their_sets(
        a in prop::collection::btree_set(account(), 0..30),
        b in prop::collection::btree_set(account(), 0..30),
    ) {
        let rosters: [RoaringBitmap; 2] = [&a, &b].map(|room| room.iter().copied().collect());
        let stayed = compare::sizes(&rosters[0], &rosters[1]).stayed;
        let index = jaccard(size(&a), size(&b), stayed);
        prop_assert!(is_near(index, naive(&a, &b)), "{index} {a:?} {b:?}");
        prop_assert!(is_near(index, jaccard(size(&b), size(&a), stayed)), "it has no direction");
        let own = jaccard(size(&a), size(&a), size(&a));
        prop_assert!(is_near(own, if a.is_empty() { 0.0 } else { 1.0 }), "a room is wholly like itself");
    }

    #[test]
    fn channels_and_broadcasts_are_as_alike_as_their_rows(world in world()) {
        for by in [By::Channel, By::Broadcast] {
            let unions = world.fold(Unions::new(by)).finish();
            let mut next = 0;
            let sets: Vec<BTreeSet<u32>> = unions
                .iter()
                .map(|union| {
                    let first = next;
                    next += union.captures as usize;
                    world.seen(first..next)
                })
                .collect();
            for (a, b, common) in pairs(&unions) {
                let index = jaccard(unions[a].members.len(), unions[b].members.len(), common);
                prop_assert!(is_near(index, naive(&sets[a], &sets[b])), "{by:?} {a} {b} {index}");
            }
        }
    }
}

/// The counts of two rooms as large as counts can be do not overflow.
#[test]
fn the_largest_rooms_have_an_index() {
    let most = u32::MAX;
    assert!(is_near(jaccard(most, most, 0), 0.0));
    assert!(is_near(jaccard(most, most, most), 1.0));
    assert!(is_near(jaccard(most, most / 2, most / 2), f64::from(most / 2) / f64::from(most)));
}
