//! Which captures belong to one broadcast.

use analysis::engine::broadcasts::{self, BREAK};
use common::ids::StreamId;
use proptest::prelude::*;

use crate::world::{World, world};

/// What Twitch told, or what it told both before and after.
fn stream(world: &World, channel: &[usize], index: usize) -> Option<StreamId> {
    let told = |place: &usize| world.captures[*place].stream;
    told(&channel[index]).or_else(|| {
        let before = channel[..index].iter().rev().find_map(told)?;
        let after = channel[index + 1..].iter().find_map(told)?;
        (before == after).then_some(before)
    })
}

proptest! {
    #[test]
    fn captures_of_a_stream_hold_together(world in world()) {
        for channel in world.channels() {
            prop_assert_eq!(world.captures[channel[0]].broadcast, 0);
            for index in 1..channel.len() {
                let (before, after) = (world.captures[channel[index - 1]], world.captures[channel[index]]);
                let same = match (stream(&world, &channel, index - 1), stream(&world, &channel, index)) {
                    (None, None) => after.at - before.at <= BREAK,
                    (before, after) => before == after,
                };
                prop_assert_eq!(after.broadcast - before.broadcast, u32::from(!same));
            }
        }
        let listed = broadcasts::list(&world.captures);
        prop_assert_eq!(listed.iter().map(|broadcast| broadcast.captures as usize).sum::<usize>(), world.captures.len());
    }
}
