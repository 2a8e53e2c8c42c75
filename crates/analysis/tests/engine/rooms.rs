//! Summaries, unions, comparisons, creation dates, and single viewers.

use std::collections::{BTreeMap, BTreeSet};

use analysis::engine::{
    account::Attended,
    accounts::{Chunk, chunks_of},
    compare::{self, List},
    creations::{self, Span},
    overlap::{By, Unions, jaccard, pairs},
    set::DenseSet,
    summary::{Totals, creation_days},
};
use chrono::{DateTime, Datelike as _};
use common::{clients::analysis::rooms::CreationUnit, ids::AccountId};
use proptest::prelude::*;
use roaring::RoaringBitmap;

use crate::world::{account, world};

fn ids(set: &DenseSet) -> BTreeSet<u32> {
    set.iter().map(|id| id.0).collect()
}

proptest! {
    #[test]
    fn totals_are_those_of_the_rows(world in world()) {
        let (members, per_channel) = world.fold(Totals::default()).finish();
        prop_assert_eq!(ids(&members), world.rows.iter().map(|(_, account)| *account).collect());
        let expected: Vec<_> = world
            .channels()
            .into_iter()
            .map(|channel| {
                let id = world.captures[channel[0]].channel;
                (id, u32::try_from(world.seen(channel).len()).unwrap())
            })
            .collect();
        prop_assert_eq!(per_channel, expected);
    }

    #[test]
    fn the_fullest_days_come_first(world in world(), top in 0_usize..5, listed in 0_usize..4) {
        let (members, _) = world.fold(Totals::default()).finish();
        let (enriched, days) = creation_days(&members, &world.accounts(), top, listed);
        let mut by_day: BTreeMap<u32, Vec<(u32, u32)>> = BTreeMap::new();
        for id in ids(&members) {
            if let Some(created) = world.created.get(&id) {
                by_day.entry(created / 86_400).or_default().push((*created, id));
            }
        }
        prop_assert_eq!(enriched as usize, by_day.values().map(Vec::len).sum::<usize>());
        let mut expected: Vec<_> = by_day.into_iter().collect();
        expected.sort_by_key(|(day, born)| std::cmp::Reverse((born.len(), *day)));
        expected.truncate(top);
        prop_assert_eq!(days.len(), expected.len());
        for (found, (day, mut born)) in days.into_iter().zip(expected) {
            born.sort_unstable();
            prop_assert_eq!((found.day, found.accounts as usize), (day, born.len()));
            let oldest: Vec<AccountId> = born.into_iter().take(listed).map(|(_, id)| AccountId(id)).collect();
            prop_assert_eq!(found.oldest, oldest);
        }
    }

    #[test]
    fn unions_and_what_they_share_are_those_of_the_rows(world in world()) {
        for by in [By::Everything, By::Channel, By::Broadcast] {
            let unions = world.fold(Unions::new(by)).finish();
            let mut expected: Vec<Vec<usize>> = Vec::new();
            for place in 0..world.captures.len() {
                let key = |place: usize| match by {
                    By::Everything => (0, 0),
                    By::Channel => (world.captures[place].channel.0, 0),
                    By::Broadcast => (world.captures[place].channel.0, world.captures[place].broadcast),
                };
                match expected.last_mut() {
                    Some(union) if key(union[0]) == key(place) => union.push(place),
                    _ => expected.push(vec![place]),
                }
            }
            prop_assert_eq!(unions.len(), expected.len());
            let sets: Vec<BTreeSet<u32>> = expected.iter().map(|places| world.seen(places.iter().copied())).collect();
            for (union, (set, places)) in unions.iter().zip(sets.iter().zip(&expected)) {
                prop_assert_eq!(&ids(&union.members), set);
                prop_assert_eq!(union.captures as usize, places.len());
            }
            for (a, b, common) in pairs(&unions) {
                prop_assert!(a < b);
                prop_assert_eq!(common as usize, sets[a].intersection(&sets[b]).count());
            }
        }
    }

    #[test]
    fn comparisons_are_those_of_sets(
        a in prop::collection::btree_set(account(), 0..30),
        b in prop::collection::btree_set(account(), 0..30),
        limit in 1_usize..10,
    ) {
        let (left, right): (RoaringBitmap, RoaringBitmap) = (a.iter().copied().collect(), b.iter().copied().collect());
        let sizes = compare::sizes(&left, &right);
        for (list, expected, size) in [
            (List::Arrived, &b - &a, sizes.arrived),
            (List::Left, &a - &b, sizes.left),
            (List::Stayed, &a & &b, sizes.stayed),
        ] {
            prop_assert_eq!(size as usize, expected.len());
            let (mut read, mut after) = (Vec::new(), None);
            loop {
                let (some, more) = compare::list(&left, &right, list, after, limit);
                read.extend(some.iter().map(|id| id.0));
                after = some.last().copied();
                if !more {
                    break;
                }
            }
            prop_assert!(read.into_iter().eq(expected));
        }
        let index = jaccard(u32::try_from(a.len()).unwrap(), u32::try_from(b.len()).unwrap(), sizes.stayed);
        prop_assert!((0.0..=1.0).contains(&index));
    }

    #[test]
    fn bars_hold_what_was_created_in_their_time(world in world(), from in 0_u32..1_000_000_000, length in 1_u32..1_000_000_000) {
        let span = Span { from, to: from + length };
        let members: DenseSet = world.rows.iter().map(|(_, account)| AccountId(*account)).collect();
        let accounts = world.accounts();
        let mut within: Vec<(u32, u32)> = ids(&members)
            .into_iter()
            .filter_map(|id| Some((*world.created.get(&id)?, id)))
            .filter(|(created, _)| (span.from..span.to).contains(created))
            .collect();
        within.sort_unstable();
        for unit in [CreationUnit::Hour, CreationUnit::Day, CreationUnit::Week, CreationUnit::Month] {
            let histogram = creations::histogram(&members, &accounts, unit, span);
            let enriched = ids(&members).iter().filter(|id| world.created.contains_key(id)).count();
            prop_assert_eq!(histogram.enriched as usize, enriched);
            prop_assert_eq!(histogram.bars.values().sum::<u32>() as usize, within.len());
            for (created, _) in &within {
                let start = creations::bar(*created, unit);
                prop_assert!(histogram.bars.contains_key(&start));
                let start = DateTime::from_timestamp(start, 0).unwrap();
                let time = DateTime::from_timestamp((*created).into(), 0).unwrap();
                let held = (time - start).num_seconds();
                let (fits, begins) = match unit {
                    CreationUnit::Hour => (held < 3_600, start.timestamp() % 3_600 == 0),
                    CreationUnit::Day => (held < 86_400, start.timestamp() % 86_400 == 0),
                    CreationUnit::Week => (held < 7 * 86_400, start.weekday() == chrono::Weekday::Mon && start.timestamp() % 86_400 == 0),
                    CreationUnit::Month => ((start.year(), start.month()) == (time.year(), time.month()), start.day() == 1),
                };
                prop_assert!(held >= 0 && fits && begins, "{unit:?} {start} {time}");
            }
        }
        let (page, more, count) = creations::created_within(&members, &accounts, span, None, 5);
        prop_assert_eq!((count as usize, more), (within.len(), within.len() > 5));
        let first: Vec<(u32, AccountId)> = within.iter().take(5).map(|(created, id)| (*created, AccountId(*id))).collect();
        prop_assert_eq!(&page, &first);
        if let Some((created, id)) = page.last() {
            let (next, ..) = creations::created_within(&members, &accounts, span, Some((*created, id.0)), 5);
            prop_assert!(next.iter().map(|(created, id)| (*created, id.0)).eq(within.iter().skip(5).take(5).copied()));
        }
    }

    #[test]
    fn a_viewer_is_in_the_captures_that_have_them(world in world(), who in account()) {
        let attended = world.fold(Attended::new(who)).finish();
        let expected: Vec<bool> = (0..world.captures.len()).map(|place| world.rows.contains(&(place, who))).collect();
        prop_assert_eq!(attended, expected);
    }

    #[test]
    fn columns_are_where_they_were_put(created in prop::collection::hash_map(any::<u32>().prop_map(|id| id % 1_000_000), 1_u32.., 0..50)) {
        use analysis::engine::accounts::{Accounts, Columns};
        let columns = created.iter().map(|(id, created)| Columns { id: AccountId(*id), created: *created, flags: 1 });
        let accounts: Accounts = columns.collect();
        for (id, time) in &created {
            prop_assert_eq!(accounts.created(AccountId(*id)), Some(*time));
            prop_assert_eq!(accounts.created(AccountId(*id + 1)), created.get(&(id + 1)).copied());
        }
        let members: DenseSet = created.keys().map(|id| AccountId(*id)).collect();
        let chunks: BTreeSet<usize> = created.keys().map(|id| Chunk::number(AccountId(*id))).collect();
        prop_assert!(chunks_of(&members).into_iter().eq(chunks));
    }
}

proptest! {
    #[test]
    fn sightings_are_those_of_the_rows(world in world()) {
        use analysis::engine::sightings::{Order, Sightings};
        // Channels are looked at at the same time.
        let mut world = world;
        for capture in &mut world.captures {
            capture.at = DateTime::from_timestamp((capture.id.0 * 7_919 % 101).cast_signed(), 0).unwrap();
        }
        world.captures.sort_by_key(|capture| (capture.channel, capture.at));
        let sightings = world.fold(Sightings::new(Order::of(&world.captures).into()));
        prop_assert_eq!(ids(sightings.members()), world.seen(0..world.captures.len()));
        for account in (0..40).map(|number| number * 2_003) {
            let there: Vec<_> = world.rows.iter().filter(|(_, who)| *who == account).collect();
            let at = |place: u32| world.captures[place as usize].at;
            let found = sightings.of(AccountId(account));
            prop_assert_eq!(found.map_or(0, |sighting| sighting.captures as usize), there.len());
            let times = || there.iter().map(|(place, _)| world.captures[*place].at);
            prop_assert_eq!(found.map(|sighting| at(sighting.first)), times().min());
            prop_assert_eq!(found.map(|sighting| at(sighting.last)), times().max());
        }
    }
}
