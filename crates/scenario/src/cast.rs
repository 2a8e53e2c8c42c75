//! Who takes part: the simulator's people (see its README) whom a visitor is likely to log in as.

use common::ids::{ChannelId, UserId};
use twitch_sim::{
    TwitchId,
    people::{GRANDE_VAGUE, HARBOR_LIGHT, LEA, NIGHT_SHIFT, PETIT_PIXEL},
};

/// A channel that is captured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    pub channel: TwitchId,
    /// Who has a schedule on it: the broadcaster first, whose token is used.
    pub watchers: &'static [TwitchId],
}

/// The channels that have a past. Small ones: with rooms of 30,000 the demo would open later.
pub const CAST: [Part; 4] = [
    Part { channel: LEA, watchers: &[LEA] },
    Part { channel: PETIT_PIXEL, watchers: &[PETIT_PIXEL, LEA] },
    Part { channel: HARBOR_LIGHT, watchers: &[HARBOR_LIGHT, LEA] },
    Part { channel: NIGHT_SHIFT, watchers: &[NIGHT_SHIFT, LEA] },
];

/// Where large raids come from; nobody captures it.
pub const NEIGHBOUR: TwitchId = GRANDE_VAGUE;

/// Everybody who has a schedule.
#[must_use]
pub fn people() -> Vec<TwitchId> {
    CAST.iter().map(|part| part.channel).collect()
}

/// A person's channel, as our services call it.
#[must_use]
pub fn channel(person: TwitchId) -> ChannelId {
    ChannelId(person.0.into())
}

/// A person as a user of ours.
#[must_use]
pub fn user(person: TwitchId) -> UserId {
    UserId(person.0.into())
}
