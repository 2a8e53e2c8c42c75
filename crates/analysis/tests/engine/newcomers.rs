//! Who is new, how they came, and whether they came again.

use std::collections::BTreeMap;

use analysis::engine::{
    broadcasts,
    newcomers::{Firsts, LATER, Newcomer, RAID_WINDOW, origins},
    retention,
};
use chrono::{DateTime, TimeDelta, Utc};
use common::{clients::analysis::people::Origin, ids::ChannelId};
use proptest::prelude::*;

use crate::world::{World, world};

fn naive(world: &World) -> Vec<Newcomer> {
    let mut first: BTreeMap<(ChannelId, u32), usize> = BTreeMap::new();
    for (place, account) in &world.rows {
        let channel = world.captures[*place].channel;
        let place = *first.get(&(channel, *account)).unwrap_or(place).min(place);
        first.insert((channel, *account), place);
    }
    let mut newcomers = Vec::new();
    for ((channel, account), place) in first {
        let known = world.seen_elsewhere(channel, world.captures[place].at).contains(&account);
        if known || !world.captures[place].own {
            continue;
        }
        let broadcast = world.captures[place].broadcast;
        let mut back = 0;
        for (later, who) in &world.rows {
            let capture = &world.captures[*later];
            if *who == account && capture.channel == channel && capture.broadcast > broadcast {
                back |= 1 << (capture.broadcast - broadcast - 1).min(LATER - 1);
            }
        }
        newcomers.push(Newcomer { capture: u32::try_from(place).unwrap(), account, broadcast, back });
    }
    newcomers.sort_unstable();
    newcomers
}

/// Raids at or around captures.
fn raids(world: &World, drawn: &[(usize, i64)]) -> Vec<(ChannelId, DateTime<Utc>)> {
    let near = drawn.iter().filter_map(|(place, minutes)| {
        let capture = world.captures.get(*place)?;
        Some((capture.channel, capture.at + TimeDelta::minutes(*minutes)))
    });
    let mut raids: Vec<_> = near.collect();
    raids.sort_unstable();
    raids
}

proptest! {
    #[test]
    fn newcomers_are_those_of_the_rows(world in world()) {
        prop_assert_eq!(world.fold(Firsts::new(world.known_before())).finish(), naive(&world));
    }

    #[test]
    fn an_origin_has_its_reason(
        world in world(),
        drawn in prop::collection::vec((0_usize..30, -30_i64..10), 0..6),
    ) {
        let raids = raids(&world, &drawn);
        let origins = origins(&world.captures, &raids);
        prop_assert_eq!(origins.len(), world.captures.len());
        for channel in world.channels() {
            let capture = |index: usize| &world.captures[channel[index]];
            let opens = |index: usize| capture(index).broadcast > capture(index - 1).broadcast;
            for (index, place) in channel.iter().enumerate() {
                let here = capture(index);
                let after = index.checked_sub(1).map(|before| capture(before).at);
                let raid = raids.iter().rposition(|(id, at)| {
                    *id == here.channel && *at <= here.at && here.at - *at <= RAID_WINDOW
                        && after.is_none_or(|after| after < *at)
                });
                // Those that open a broadcast and those that do not are compared among themselves, the first with none.
                let mut alike: Vec<u32> = (1..channel.len())
                    .filter(|other| index > 0 && opens(*other) == opens(index))
                    .map(|other| capture(other).new)
                    .collect();
                alike.sort_unstable();
                let is_wave = alike.len() > 3 && here.new >= 10 && here.new > 5 * alike[alike.len() / 2];
                let expected = match raid {
                    Some(_) => Origin::Raid,
                    None if is_wave => Origin::Wave,
                    None => Origin::Organic,
                };
                prop_assert_eq!(origins[*place].0, expected);
                let since = after.unwrap_or(here.at - RAID_WINDOW);
                let several = raids.iter().filter(|(id, at)| *id == here.channel && *at > since && *at <= here.at).count() > 1;
                let named = raid.filter(|_| !several).map(|raid| raids[raid]);
                prop_assert_eq!(origins[*place].1.map(|raid| raids[raid]), named);
            }
        }
    }

    #[test]
    fn cohorts_are_those_of_the_newcomers(world in world(), horizon in 1_u32..8, kinds in prop::collection::vec(0_u8..3, 30)) {
        let newcomers = naive(&world);
        let origin = |place: usize| [Origin::Raid, Origin::Wave, Origin::Organic][kinds[place] as usize];
        let origins: Vec<Origin> = (0..world.captures.len()).map(origin).collect();
        let cohorts = retention::cohorts(&world.captures, &newcomers, &origins, horizon);
        let all = broadcasts::list(&world.captures);
        prop_assert_eq!(cohorts.iter().map(|cohort| cohort.all.newcomers as usize).sum::<usize>(), newcomers.len());
        for cohort in &cohorts {
            let (channel, number) = (cohort.broadcast.first.channel, cohort.broadcast.first.broadcast);
            let here: Vec<&Newcomer> = newcomers
                .iter()
                .filter(|newcomer| {
                    let capture = &world.captures[newcomer.capture as usize];
                    capture.channel == channel && capture.broadcast == number
                })
                .collect();
            prop_assert_eq!(cohort.all.newcomers as usize, here.len());
            let later = all.iter().filter(|other| other.first.channel == channel && other.first.broadcast > number).count();
            prop_assert_eq!(cohort.all.back.len(), later.min(horizon as usize));
            for (index, back) in cohort.all.back.iter().enumerate() {
                let wanted = number + 1 + u32::try_from(index).unwrap();
                let there = |newcomer: &&&Newcomer| world.rows.iter().any(|(place, account)| {
                    let capture = &world.captures[*place];
                    *account == newcomer.account && capture.channel == channel && capture.broadcast == wanted
                });
                prop_assert_eq!(*back as usize, here.iter().filter(there).count());
            }
            let by_origin: u32 = cohort.by_origin.iter().map(|(_, returns)| returns.newcomers).sum();
            prop_assert_eq!(by_origin, cohort.all.newcomers);
            for (origin, returns) in &cohort.by_origin {
                let of_origin = here.iter().filter(|newcomer| origins[newcomer.capture as usize] == *origin);
                prop_assert_eq!(returns.newcomers as usize, of_origin.count());
            }
        }
    }
}
