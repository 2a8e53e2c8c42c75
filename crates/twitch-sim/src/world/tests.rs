//! Facts about the whole world: determinism, sizes, churn.

use std::collections::HashSet;

use super::people::{GRANDE_VAGUE, HARBOR_LIGHT, NIGHT_SHIFT, PETIT_PIXEL};
use super::presence::HOUR_MS;
use super::*;

const AT: i64 = 1_795_000_000_000;

fn people(world: &World, channel: TwitchId, at: i64) -> HashSet<Ix> {
    let channel = world.channel(channel).unwrap();
    world.roster(&channel, at).accounts.iter().copied().collect()
}

#[test]
fn two_worlds_of_one_seed_are_equal_and_of_two_seeds_are_not() {
    let (a, b, other) = (World::new(1), World::new(1), World::new(2));
    assert_eq!(people(&a, HARBOR_LIGHT, AT), people(&b, HARBOR_LIGHT, AT));
    // Asking in another order changes nothing.
    people(&b, HARBOR_LIGHT, AT + HOUR_MS);
    assert_eq!(people(&a, HARBOR_LIGHT, AT - HOUR_MS), people(&b, HARBOR_LIGHT, AT - HOUR_MS));
    assert_ne!(people(&a, HARBOR_LIGHT, AT), people(&other, HARBOR_LIGHT, AT));
}

#[test]
fn rooms_have_the_announced_sizes_and_turn_over() {
    let world = World::new(1);
    for (channel, size) in [(PETIT_PIXEL, 60.0), (HARBOR_LIGHT, 2_400.0), (GRANDE_VAGUE, 30_000.0)] {
        // Three standard deviations of a binomial, and what newcomers add.
        let slack = 0.02 + 3.0 / f64::sqrt(size);
        for hours in [0, 7, 31] {
            let chatters = people(&world, channel, AT + hours * HOUR_MS).len() as f64;
            assert!((chatters / size - 1.0).abs() < slack, "{chatters} for {size}");
        }
    }
    let now = people(&world, HARBOR_LIGHT, AT);
    let soon = people(&world, HARBOR_LIGHT, AT + HOUR_MS / 12);
    let later = people(&world, HARBOR_LIGHT, AT + 3 * HOUR_MS);
    let share = |other: &HashSet<Ix>| now.intersection(other).count() as f64 / now.len() as f64;
    assert!(share(&soon) > 0.9, "{}", share(&soon));
    assert!((0.15..0.7).contains(&share(&later)), "{}", share(&later));
}

#[test]
fn a_community_gathers_for_its_streams() {
    let world = World::new(1);
    let channel = world.channel(NIGHT_SHIFT).unwrap();
    let streams = channel.streams(AT, AT + 14 * calendar::DAY_MS);
    assert!(streams.len() >= 7);
    let occasion = streams[2].occasion;
    let middle = people(&world, NIGHT_SHIFT, i64::midpoint(occasion.start, occasion.end)).len();
    let before = people(&world, NIGHT_SHIFT, occasion.start - 3 * HOUR_MS).len();
    assert!((120..600).contains(&middle), "{middle}");
    assert!(before < middle / 4, "{before} before, {middle} during");
}

#[test]
fn everybody_in_a_room_exists_and_some_are_new() {
    let world = World::new(1);
    let mut young = 0;
    let present = people(&world, HARBOR_LIGHT, AT);
    for &ix in &present {
        let account = world.accounts.get(ix);
        assert!(account.created_ms <= AT, "{}", account.login);
        assert_eq!(world.accounts.find(account.id, AT), Some(ix));
        young += usize::from(AT - account.created_ms < 30 * calendar::DAY_MS);
    }
    assert!(young > 0 && young < present.len() / 10, "{young} of {}", present.len());
}

#[test]
fn a_roster_is_what_the_law_says_of_each_member() {
    let world = World::new(1);
    let channel = world.channel(HARBOR_LIGHT).unwrap();
    let roster = world.roster(&channel, AT);
    let present: HashSet<Ix> = roster.accounts.iter().copied().collect();
    assert_eq!(present.len(), roster.len(), "no one is listed twice");
    let occasions = channel.occasions(roster.at);
    for &ix in channel.members(&world.accounts).accounts() {
        if channel.law_has(ix, &occasions, roster.at) {
            assert!(present.contains(&ix));
        }
    }
}

#[test]
fn synthetic_rooms_hold_exactly_what_was_asked() {
    let world = World::new(1);
    let wanted = |shared_pool| Synthetic {
        channels: 3,
        chatters: 1_000,
        moderator: 10_000_001,
        shared_pool,
        churn: false,
        live: true,
    };
    let own: Vec<_> = world.add_synthetic(&wanted(0)).iter().map(|&id| people(&world, id, AT)).collect();
    assert!(own.iter().all(|room| room.len() == 1_000));
    assert!(own[0].is_disjoint(&own[1]));
    let shared: Vec<_> =
        world.add_synthetic(&wanted(1_500)).iter().map(|&id| people(&world, id, AT)).collect();
    assert!(shared.iter().all(|room| room.len() == 1_000));
    assert!(!shared[0].is_disjoint(&shared[1]));
    assert_eq!(world.moderated_by(TwitchId(10_000_001)).len(), 6 + 6);
}

#[test]
fn the_viewer_count_follows_the_room() {
    let world = World::new(1);
    let channel = world.channel(HARBOR_LIGHT).unwrap();
    let viewers = f64::from(channel.viewer_count(&world.accounts, AT));
    let chatters = world.roster(&channel, AT).len() as f64;
    assert!((0.8..1.6).contains(&(viewers / chatters)), "{viewers} viewers, {chatters} chatters");
}
