//! How often and how long people are there.

use std::collections::{BTreeMap, BTreeSet};

use analysis::engine::{
    page::page,
    participation::{Attendance, Attendances, LONGEST, distribution, totals, weights},
};
use proptest::prelude::*;

use crate::world::{World, world};

fn naive(world: &World, weights: &[u32]) -> Vec<Attendance> {
    let mut attendances = Vec::new();
    for channel in world.channels() {
        let last = world.captures[*channel.last().unwrap()].broadcast + 1;
        for account in world.seen(channel.iter().copied()) {
            let there: Vec<usize> =
                channel.iter().copied().filter(|place| world.rows.contains(&(*place, account))).collect();
            let broadcasts: BTreeSet<u32> =
                there.iter().map(|place| world.captures[*place].broadcast + 1).collect();
            let streak = (1..=last).rev().take_while(|number| broadcasts.contains(number)).count();
            attendances.push(Attendance {
                channel: world.captures[channel[0]].channel,
                account,
                captures: u32::try_from(there.len()).unwrap(),
                seconds: there.iter().map(|place| weights[*place]).sum(),
                broadcasts: u32::try_from(broadcasts.len()).unwrap(),
                since_first: last - broadcasts.first().unwrap() + 1,
                streak: u32::try_from(streak).unwrap(),
                absent: last - broadcasts.last().unwrap(),
            });
        }
    }
    attendances
}

proptest! {
    #[test]
    fn attendances_are_those_of_the_rows(world in world()) {
        let weights = weights(&world.captures);
        let mut found = world.fold(Attendances::new(weights.clone().into())).finish();
        found.sort_by_key(|attendance| (attendance.channel, attendance.account));
        let expected = naive(&world, &weights);
        let mut sums: BTreeMap<u32, (u32, u32)> = BTreeMap::new();
        for attendance in &expected {
            let (captures, seconds) = sums.entry(attendance.account).or_default();
            *captures += attendance.captures;
            *seconds += attendance.seconds;
        }
        prop_assert_eq!(&found, &expected);
        prop_assert_eq!(totals(&found), sums.into_values().collect::<Vec<_>>());
    }

    #[test]
    fn a_capture_stands_for_the_time_to_the_next_one_at_most(world in world()) {
        let weights = weights(&world.captures);
        prop_assert_eq!(weights.len(), world.captures.len());
        for (place, weight) in weights.iter().enumerate() {
            prop_assert!(i64::from(*weight) <= LONGEST.num_seconds());
            if let Some(next) = world.captures.get(place + 1) {
                let capture = &world.captures[place];
                if (next.channel, next.broadcast) == (capture.channel, capture.broadcast) {
                    let between = (next.at - capture.at).num_seconds();
                    prop_assert_eq!(i64::from(*weight), between.min(LONGEST.num_seconds()));
                }
            }
        }
    }

    #[test]
    fn buckets_hold_everything_from_the_first_start(values in prop::collection::vec(0_u32..50, 0..100)) {
        let buckets = distribution(values.iter().copied(), &[1, 2, 5, 20]);
        for bucket in &buckets {
            let within = values.iter().filter(|value| **value >= bucket.from && bucket.to.is_none_or(|to| **value <= to));
            prop_assert_eq!(bucket.accounts as usize, within.count());
        }
        let held: u32 = buckets.iter().map(|bucket| bucket.accounts).sum();
        prop_assert_eq!(held as usize, values.iter().filter(|value| **value > 0).count());
    }

    #[test]
    fn pages_follow_each_other_without_overlap_or_loss(items in prop::collection::btree_set(any::<u16>(), 0..200), limit in 1_usize..30) {
        let mut shuffled: Vec<u16> = items.iter().copied().collect();
        shuffled.sort_by_key(|item| item.wrapping_mul(40_503));
        let (mut read, mut after) = (Vec::new(), None);
        loop {
            let (some, more) = page(shuffled.iter().copied(), |item| *item, after, limit);
            prop_assert!(some.len() == limit || !more);
            read.extend_from_slice(&some);
            after = some.last().copied();
            if !more {
                break;
            }
        }
        prop_assert!(read.into_iter().eq(items));
    }
}
