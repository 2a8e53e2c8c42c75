//! How often and how long people are there.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use analysis::engine::{
    Capture,
    page::page,
    participation::{Attendance, Attendances, Habit, Habits, LONGEST, distribution, totals, weights},
};
use chrono::{DateTime, TimeDelta};
use common::ids::{AccountId, CaptureId, ChannelId};
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

/// The one account of a [`timeline`], and one that is in no world.
const VIEWER: u32 = 2_003;
const STRANGER: u32 = 1_000_000;

/// Channels with broadcasts of a capture each, in which [`VIEWER`] is or is not.
fn timeline(channels: &[Vec<bool>]) -> World {
    let (mut captures, mut rows) = (Vec::new(), Vec::new());
    for (channel, broadcasts) in (1..).map(ChannelId).zip(channels) {
        for (broadcast, there) in (0_u32..).zip(broadcasts) {
            if *there {
                rows.push((captures.len(), VIEWER));
            }
            captures.push(Capture {
                id: CaptureId(captures.len() as u64 + 1),
                channel,
                at: DateTime::UNIX_EPOCH + TimeDelta::days(broadcast.into()),
                stream: None,
                broadcast,
                chatters: u32::from(*there),
                new: 0,
                uncertain: 0,
                viewers: None,
                own: false,
            });
        }
    }
    World { captures, rows, before: HashMap::new(), created: HashMap::new(), cut: 0 }
}

/// Random worlds, and longer ones of one account.
fn worlds() -> impl Strategy<Value = World> {
    let channel = prop::collection::vec(prop::bool::weighted(0.6), 0..25);
    let channels = prop::collection::vec(channel, 0..4);
    prop_oneof![world(), channels.prop_map(|channels| timeline(&channels))]
}

/// Whether an account was in each of the broadcasts of a channel.
fn attended(world: &World, channel: &[usize], account: u32) -> Vec<bool> {
    let last = world.captures[*channel.last().unwrap()].broadcast;
    let there = |broadcast: u32| {
        let mut places = channel.iter().filter(|place| world.captures[**place].broadcast == broadcast);
        places.any(|place| world.rows.contains(&(*place, account)))
    };
    (0..=last).map(there).collect()
}

fn since_first(attended: &[bool]) -> &[bool] {
    &attended[attended.iter().position(|there| *there).unwrap_or(attended.len())..]
}

fn until_last(attended: &[bool]) -> &[bool] {
    &attended[..attended.iter().rposition(|there| *there).map_or(0, |last| last + 1)]
}

/// In three at least, and in three of five.
fn usually_there(attended: &[bool]) -> bool {
    let times = attended.iter().filter(|there| **there).count();
    times >= 3 && times * 5 >= attended.len() * 3
}

#[test]
fn who_is_usually_there_is_a_regular() {
    let regular = |channels: &[&str]| {
        let marks = |channel: &&str| channel.chars().map(|mark| mark == 'x').collect::<Vec<bool>>();
        let world = timeline(&channels.iter().map(marks).collect::<Vec<_>>());
        world.fold(Habits::default()).of(AccountId(VIEWER)).regular
    };
    assert!(regular(&["xxx"]) && regular(&["----xxx"]) && regular(&["xx-x-"]));
    assert!(!regular(&[]) && !regular(&["xx"]) && !regular(&["xxx---"]) && !regular(&["x--x--x"]));
    assert!(regular(&["x-----", "xxx"]) && regular(&["xxx", "------"]) && !regular(&["xx", "xx"]));
}

proptest! {
    #[test]
    fn regulars_attend_most_broadcasts_from_their_first_to_their_last(world in worlds()) {
        let attendances = world.fold(Attendances::new(weights(&world.captures).into())).finish();
        for attendance in attendances {
            let channels = world.channels();
            let channel = channels.iter().find(|channel| world.captures[channel[0]].channel == attendance.channel);
            let attended = attended(&world, channel.unwrap(), attendance.account);
            let expected = usually_there(until_last(since_first(&attended)));
            prop_assert_eq!(attendance.is_regular(), expected);
        }
    }

    #[test]
    fn who_is_usually_there_on_one_channel_is_a_regular(world in worlds()) {
        let habits = world.fold(Habits::default());
        let channels = world.channels();
        let everybody = world.seen(0..world.captures.len());
        for account in everybody.into_iter().chain([STRANGER]) {
            let attended: Vec<Vec<bool>> =
                channels.iter().map(|channel| attended(&world, channel, account)).collect();
            let expected = Habit {
                broadcasts: u32::try_from(attended.iter().flatten().filter(|there| **there).count()).unwrap(),
                regular: attended.iter().any(|channel| usually_there(since_first(channel))),
            };
            prop_assert_eq!(habits.of(AccountId(account)), expected);
            prop_assert_eq!(habits.broadcasts() as usize, attended.iter().map(Vec::len).sum::<usize>());
        }
    }

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
