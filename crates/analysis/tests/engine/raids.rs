//! Who came with a raid, who stayed, who came again.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use analysis::engine::{
    Capture,
    newcomers::RAID_WINDOW,
    raids::{ARRIVING, BEFORE_WINDOW, Raid, RaidsSeen, STAYED_AFTER, Seen},
};
use chrono::{DateTime, TimeDelta, Utc};
use common::ids::{CaptureId, ChannelId, StreamId};
use proptest::prelude::*;

use crate::world::{World, account, world};

fn count(set: &BTreeSet<u32>) -> u32 {
    u32::try_from(set.len()).unwrap()
}

fn naive(world: &World, raids: &[Raid], number: usize) -> Seen {
    let (mut seen, raid) = (Seen::default(), &raids[number]);
    let on_channel =
        || (0..world.captures.len()).filter(|place| world.captures[*place].channel == raid.channel);
    let Some(after) = on_channel().find(|place| world.captures[*place].at >= raid.at) else { return seen };
    let before =
        on_channel().rfind(|place| *place < after && raid.at - world.captures[*place].at <= BEFORE_WINDOW);
    seen.before = before.map(|place| world.captures[place].id);
    if world.captures[after].at - raid.at > RAID_WINDOW {
        return seen;
    }
    seen.after = Some(world.captures[after].id);
    let Some(before) = before else { return seen };
    let next = raids[number + 1..].iter().find(|next| next.channel == raid.channel);
    let is_alone = |place: usize| next.is_none_or(|next| world.captures[place].at < next.at);
    let shares = raids[..number]
        .iter()
        .any(|former| former.channel == raid.channel && former.at > world.captures[before].at);
    if !is_alone(after) || shares {
        return seen;
    }
    let broadcast = world.captures[after].broadcast;
    let arriving = on_channel().filter(|place| {
        let capture = &world.captures[*place];
        let soon = capture.broadcast == broadcast && capture.at <= raid.at + ARRIVING && is_alone(*place);
        *place == after || (*place > after && soon)
    });
    let arrived = &world.seen(arriving) - &world.roster(before);
    seen.arrived = Some(count(&arrived));
    let source = raid.source.as_ref().map(|source| source.iter().collect::<BTreeSet<u32>>());
    seen.seen_at_source = source.map(|source| count(&(&arrived & &source)));
    let stayed = on_channel().find(|place| {
        let capture = &world.captures[*place];
        *place > after && capture.broadcast == broadcast && capture.at >= raid.at + STAYED_AFTER
    });
    seen.stayed = stayed.map(|place| count(&(&arrived & &world.roster(place))));
    let later: Vec<usize> =
        on_channel().filter(|place| world.captures[*place].broadcast > broadcast).collect();
    if !later.is_empty() {
        seen.came_back = Some(count(&(&arrived & &world.seen(later))));
    }
    seen
}

proptest! {
    #[test]
    fn what_is_told_of_raids_is_in_the_rows(
        world in world(),
        drawn in prop::collection::vec((0_usize..30, -40_i64..40, prop::option::of(prop::collection::btree_set(account(), 0..30))), 0..8),
    ) {
        let near = drawn.into_iter().filter_map(|(place, minutes, source)| {
            let capture = world.captures.get(place)?;
            let source = source.map(|ids| Arc::new(ids.into_iter().collect()));
            Some(Raid { channel: capture.channel, at: capture.at + TimeDelta::minutes(minutes), source })
        });
        let mut raids: Vec<Raid> = near.collect();
        raids.sort_by_key(|raid| (raid.channel, raid.at));
        let seen = world.fold(RaidsSeen::new(raids.clone().into())).finish();
        let expected: Vec<Seen> = (0..raids.len()).map(|raid| naive(&world, &raids, raid)).collect();
        prop_assert_eq!(seen, expected);
    }
}

/// A room at 19:58, 20:01 and 20:04. At 20:01 there are 50 more, at 20:04 another 500.
fn two_waves() -> World {
    let capture = |id: i64| Capture {
        id: CaptureId(id.unsigned_abs()),
        channel: ChannelId(7),
        at: eight() + TimeDelta::minutes(3 * id - 5),
        stream: Some(StreamId(1)),
        broadcast: 0,
        chatters: 0,
        new: 0,
        uncertain: 0,
        viewers: None,
        own: true,
    };
    let rosters = [0..10, 0..60, 0..560];
    World {
        captures: (1..=3).map(capture).collect(),
        rows: rosters
            .into_iter()
            .enumerate()
            .flat_map(|(place, ids)| ids.map(move |id| (place, id)))
            .collect(),
        before: HashMap::new(),
        created: HashMap::new(),
        cut: 100,
    }
}

fn eight() -> DateTime<Utc> {
    "2026-11-01T20:00:00Z".parse().unwrap()
}

#[test]
fn who_comes_after_a_second_raid_came_with_that_one() {
    let arrived = |minutes: [i64; 2]| {
        let raid =
            |minute| Raid { channel: ChannelId(7), at: eight() + TimeDelta::minutes(minute), source: None };
        let seen = two_waves().fold(RaidsSeen::new(Arc::new(minutes.map(raid)))).finish();
        seen.iter().map(|seen| (seen.after.map(|capture| capture.0), seen.arrived)).collect::<Vec<_>>()
    };
    assert_eq!(arrived([0, 3]), [(Some(2), Some(50)), (Some(3), Some(500))]);
    assert_eq!(arrived([0, 4]), [(Some(2), Some(50)), (Some(3), Some(500))], "at the moment of the capture");
    assert_eq!(arrived([0, 1]), [(Some(2), None), (Some(2), None)], "nobody can tell them apart");
}
