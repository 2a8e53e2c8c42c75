//! How rooms fill and empty.

use analysis::engine::{
    broadcasts,
    evolution::{Flow, Flows, gaps_before, shown, usual_interval},
};
use chrono::TimeDelta;
use proptest::prelude::*;

use crate::world::{World, world};

/// For each own capture: who was in no earlier one of the channel, and who was in the own one before.
fn naive(world: &World) -> Vec<Flow> {
    let mut flows = Vec::new();
    for channel in world.channels() {
        let mut previous = None;
        for (index, place) in channel.iter().enumerate() {
            let capture = &world.captures[*place];
            if !capture.own {
                continue;
            }
            let here = world.roster(*place);
            let mut known = world.seen(channel[..index].iter().copied());
            known.extend(world.before.get(&capture.channel).into_iter().flatten());
            let before = previous.map(|place| world.roster(place)).unwrap_or_default();
            flows.push(Flow {
                new: u32::try_from(here.difference(&known).count()).unwrap(),
                stayed: u32::try_from(here.intersection(&before).count()).unwrap(),
            });
            previous = Some(*place);
        }
    }
    flows
}

proptest! {
    #[test]
    fn flows_are_those_of_the_rows(world in world()) {
        let flows = world.fold(Flows::new(world.known_before())).finish();
        prop_assert_eq!(flows, naive(&world));
    }

    #[test]
    fn broadcasts_hold_together(world in world()) {
        for channel in world.channels() {
            prop_assert_eq!(world.captures[channel[0]].broadcast, 0);
            for pair in channel.windows(2) {
                let (before, after) = (&world.captures[pair[0]], &world.captures[pair[1]]);
                let same = match (before.stream, after.stream) {
                    (Some(before), Some(after)) => before == after,
                    (None, None) => after.at - before.at <= broadcasts::BREAK,
                    _ => false,
                };
                prop_assert_eq!(after.broadcast - before.broadcast, u32::from(!same));
            }
        }
        let listed = broadcasts::list(&world.captures);
        prop_assert_eq!(listed.iter().map(|broadcast| broadcast.captures as usize).sum::<usize>(), world.captures.len());
    }

    #[test]
    fn no_line_is_drawn_over_a_gap(world in world(), failed in prop::collection::vec((0_usize..30, -5_i64..5), 0..4)) {
        let mut gaps: Vec<_> = failed
            .iter()
            .filter_map(|(place, minutes)| {
                let capture = world.captures.get(*place)?;
                Some((capture.channel, capture.at + TimeDelta::minutes(*minutes)))
            })
            .collect();
        gaps.sort_unstable();
        let marks = gaps_before(&world.captures, &gaps);
        prop_assert_eq!(marks.len(), world.captures.len());
        for channel in world.channels() {
            prop_assert!(!marks[channel[0]]);
            let captures: Vec<_> = channel.iter().map(|place| world.captures[*place]).collect();
            let usual = usual_interval(&captures);
            for pair in channel.windows(2) {
                let (before, after) = (&world.captures[pair[0]], &world.captures[pair[1]]);
                let failed = gaps.iter().any(|(channel, at)| *channel == after.channel && before.at < *at && *at < after.at);
                let long = usual.is_some_and(|usual| after.at - before.at > usual * 3);
                prop_assert_eq!(marks[pair[1]], failed || long || before.broadcast != after.broadcast);
            }
        }
    }

    #[test]
    fn peaks_and_valleys_stay_in_sight(points in prop::collection::vec(any::<[u32; 3]>(), 0..400), limit in 8_usize..100) {
        let kept = shown(&points, limit);
        prop_assert!(kept.windows(2).all(|pair| pair[0] < pair[1]));
        prop_assert!(kept.len() <= limit.max(8));
        if points.len() <= limit {
            prop_assert_eq!(kept.len(), points.len());
        } else {
            for series in 0..3 {
                let values = || points.iter().map(|point| point[series]);
                prop_assert!(kept.iter().any(|place| Some(points[*place][series]) == values().max()));
                prop_assert!(kept.iter().any(|place| Some(points[*place][series]) == values().min()));
            }
            prop_assert_eq!(kept.first(), Some(&0));
            prop_assert_eq!(kept.last(), Some(&(points.len() - 1)));
        }
    }
}
