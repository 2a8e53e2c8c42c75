//! What broadcasts of a channel usually have in the bars of their accounts' creation.

use std::collections::{BTreeMap, BTreeSet};

use analysis::engine::{
    creations::{Span, Usual, bar, histogram},
    overlap::{By, Unions},
};
use common::{clients::analysis::rooms::CreationUnit, ids::ChannelId};
use proptest::prelude::*;

use crate::world::{World, account, world};

/// When the accounts of these tests are created, so that bars are shared: within a hundred days.
const START: u32 = 1_700_000_000;
const END: u32 = START + 100 * 86_400;

/// For each broadcast about whose accounts something is known, the part of them in each bar; of those parts the mean,
/// times the room's size.
fn naive(world: &World, unit: CreationUnit, span: Span, room: u32) -> BTreeMap<i64, f64> {
    let mut broadcasts: BTreeMap<(ChannelId, u32), BTreeSet<u32>> = BTreeMap::new();
    for (place, account) in &world.rows {
        let capture = &world.captures[*place];
        broadcasts.entry((capture.channel, capture.broadcast)).or_default().insert(*account);
    }
    let known = broadcasts.values().map(|accounts| {
        accounts.iter().filter_map(|account| world.created.get(account).copied()).collect::<Vec<u32>>()
    });
    let known: Vec<Vec<u32>> = known.filter(|created| !created.is_empty()).collect();
    let count = |count: usize| f64::from(u32::try_from(count).unwrap());
    let mut usual: BTreeMap<i64, f64> = BTreeMap::new();
    for broadcast in &known {
        for created in broadcast.iter().filter(|created| (span.from..span.to).contains(*created)) {
            let part = 1.0 / count(broadcast.len()) / count(known.len());
            *usual.entry(bar(*created, unit)).or_default() += part * f64::from(room);
        }
    }
    usual
}

/// What the engine says, broadcast by broadcast.
fn found(world: &World, unit: CreationUnit, span: Span, room: u32) -> BTreeMap<i64, f64> {
    let (accounts, mut usual) = (world.accounts(), Usual::default());
    for union in world.fold(Unions::new(By::Broadcast)).finish() {
        usual.add(&histogram(&union.members, &accounts, unit, span));
    }
    usual.of_room(room)
}

prop_compose! {
    /// A world in which many accounts were created at about the same time.
    fn young()(
        world in world(),
        created in prop::collection::hash_map(account(), START..END, 0..40),
    ) -> World {
        World { created, ..world }
    }
}

proptest! {
    #[test]
    fn usual_is_the_mean_part_of_other_broadcasts_in_the_size_of_the_room(
        world in young(),
        from in START..END,
        length in 1_u32..50 * 86_400,
        room in 0_u32..1_000,
    ) {
        for unit in [CreationUnit::Hour, CreationUnit::Day, CreationUnit::Week, CreationUnit::Month] {
            for span in [Span::ALL, Span { from, to: from + length }] {
                let (found, expected) = (found(&world, unit, span, room), naive(&world, unit, span, room));
                prop_assert!(found.keys().eq(expected.keys()), "{found:?} {expected:?}");
                for (bar, usual) in &found {
                    prop_assert!((usual - expected[bar]).abs() < 1e-6, "{unit:?} {bar}: {usual} {}", expected[bar]);
                }
            }
        }
    }

    #[test]
    fn bars_together_usually_have_the_size_of_the_room(world in young(), room in 0_u32..1_000) {
        let usual = found(&world, CreationUnit::Day, Span::ALL, room);
        let known = world.rows.iter().any(|(_, account)| world.created.contains_key(account));
        let size = if known { f64::from(room) } else { 0.0 };
        prop_assert!((usual.values().sum::<f64>() - size).abs() < 1e-6, "{usual:?}");
    }
}
