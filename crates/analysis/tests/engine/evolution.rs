//! How rooms fill and empty.

use analysis::engine::evolution::{Flow, Flows, Point, gaps_before, shares, shown, usual_interval};
use chrono::TimeDelta;
use common::ids::ChannelId;
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
            known.extend(world.seen_elsewhere(capture.channel, capture.at));
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

/// How many points of a stretch of three series are shown at most.
const STRETCH: usize = 8;

/// A point: whether there is a gap before it, and its series.
type Drawn = (bool, [Option<u32>; 3]);

/// The points of some channels.
fn courses() -> impl Strategy<Value = Vec<Vec<Drawn>>> {
    let point = (prop::bool::weighted(0.1), any::<[Option<u32>; 3]>());
    prop::collection::vec(prop::collection::vec(point, 1..150), 0..5)
}

fn points(courses: &[Vec<Drawn>]) -> Vec<Point<3>> {
    let mut points = Vec::new();
    for (channel, course) in (1..).map(ChannelId).zip(courses) {
        points.extend(course.iter().map(|(gap_before, series)| Point {
            channel,
            gap_before: *gap_before,
            series: *series,
        }));
    }
    points
}

proptest! {
    #[test]
    fn flows_are_those_of_the_rows(world in world()) {
        let flows = world.fold(Flows::new(world.known_before())).finish();
        prop_assert_eq!(flows, naive(&world));
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
    fn peaks_and_valleys_of_each_channel_stay_in_sight(courses in courses(), limit in 1_usize..400) {
        let kept = shown(&points(&courses), limit);
        prop_assert!(kept.windows(2).all(|pair| pair[0].0 < pair[1].0));
        prop_assert!(kept.len() <= limit.max(STRETCH * courses.len()));
        let lengths: Vec<usize> = courses.iter().map(Vec::len).collect();
        let mut start = 0;
        for (course, share) in courses.iter().zip(shares(&lengths, limit)) {
            let places = kept.iter().filter_map(|(place, _)| place.checked_sub(start));
            let here: Vec<usize> = places.filter(|place| *place < course.len()).collect();
            start += course.len();
            if course.len() <= share {
                prop_assert_eq!(here.len(), course.len());
                continue;
            }
            let ends = (here.first().copied(), here.last().copied());
            prop_assert_eq!(ends, (Some(0), Some(course.len() - 1)));
            let stretches = (share / STRETCH).max(1);
            for stretch in 0..stretches {
                let range = course.len() * stretch / stretches..course.len() * (stretch + 1) / stretches;
                for series in 0..3 {
                    let all: Vec<u32> = range.clone().filter_map(|place| course[place].1[series]).collect();
                    let within = here.iter().filter(|place| range.contains(*place));
                    let seen: Vec<u32> = within.filter_map(|place| course[*place].1[series]).collect();
                    prop_assert_eq!((seen.iter().max(), seen.iter().min()), (all.iter().max(), all.iter().min()));
                }
            }
        }
    }

    #[test]
    fn gaps_before_points_that_are_not_shown_are_told(courses in courses(), limit in 1_usize..400) {
        let points = points(&courses);
        let mut before: Option<usize> = None;
        for (place, gap_before) in shown(&points, limit) {
            let same_channel = before.filter(|before| points[*before].channel == points[place].channel);
            let since = same_channel.map_or(place, |before| before + 1);
            prop_assert_eq!(gap_before, points[since..=place].iter().any(|point| point.gap_before));
            before = Some(place);
        }
    }

    #[test]
    fn channels_share_fairly(lengths in prop::collection::vec(0_usize..100, 0..8), limit in 0_usize..400) {
        let shares = shares(&lengths, limit);
        prop_assert_eq!(shares.len(), lengths.len());
        prop_assert_eq!(shares.iter().sum::<usize>(), limit.min(lengths.iter().sum::<usize>()));
        for (share, length) in shares.iter().zip(&lengths) {
            prop_assert!(share <= length);
            prop_assert!(share == length || shares.iter().all(|other| *other <= share + 1));
        }
    }
}
