//! Who came with a raid, who stayed, who came again.

use std::{collections::BTreeSet, sync::Arc};

use analysis::engine::{
    newcomers::RAID_WINDOW,
    raids::{ARRIVING, BEFORE_WINDOW, Raid, RaidsSeen, STAYED_AFTER, Seen},
};
use chrono::TimeDelta;
use proptest::prelude::*;

use crate::world::{World, account, world};

fn count(set: &BTreeSet<u32>) -> u32 {
    u32::try_from(set.len()).unwrap()
}

fn naive(world: &World, raid: &Raid) -> Seen {
    let mut seen = Seen::default();
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
    let broadcast = world.captures[after].broadcast;
    let arriving = on_channel().filter(|place| {
        let capture = &world.captures[*place];
        let soon = capture.broadcast == broadcast && capture.at <= raid.at + ARRIVING;
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
        let expected: Vec<Seen> = raids.iter().map(|raid| naive(&world, raid)).collect();
        prop_assert_eq!(seen, expected);
    }
}
