//! Which channel is heard on whose socket.
//!
//! A subscription costs nothing if the broadcaster has authorised this application, else one point, of which a user has
//! ten. Raids come first: nothing but EventSub tells of them, while streams are polled anyway.

use std::collections::BTreeMap;

use common::{
    clients::twitch_api::Role,
    ids::{ChannelId, UserId},
};

/// What one user's subscriptions may cost.
const COST_CEILING: usize = 10;

/// Something to be told about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Subscription {
    pub(super) kind: Kind,
    pub(super) channel: ChannelId,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Kind {
    /// Somebody raids the channel.
    Raid,
    Online,
    Offline,
}

/// Assigns each channel to at most one user. `watchable` is in the order of channels: who may look into which.
pub(super) fn plan(watchable: &[(ChannelId, UserId, Role)]) -> BTreeMap<UserId, Vec<Subscription>> {
    let mut plan: BTreeMap<UserId, Vec<Subscription>> = BTreeMap::new();
    let mut cost: BTreeMap<UserId, usize> = BTreeMap::new();
    for rows in watchable.chunk_by(|a, b| a.0 == b.0) {
        let channel = rows[0].0;
        let mut hear =
            |user: UserId, kind| plan.entry(user).or_default().push(Subscription { kind, channel });
        if let Some((_, owner, _)) = rows.iter().find(|(_, _, role)| *role == Role::Broadcaster) {
            for kind in [Kind::Raid, Kind::Online, Kind::Offline] {
                hear(*owner, kind);
            }
            continue;
        }
        let spent = |user: &UserId| cost.get(user).copied().unwrap_or(0);
        let Some(user) = rows.iter().map(|(_, user, _)| *user).min_by_key(spent) else { continue };
        if spent(&user) < COST_CEILING {
            *cost.entry(user).or_default() += 1;
            hear(user, Kind::Raid);
        }
    }
    plan
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners_hear_everything_and_moderators_raids_up_to_the_ceiling() {
        let (owner, moderator) = (UserId(1), UserId(2));
        let mut watchable = vec![
            (ChannelId(1), owner, Role::Broadcaster),
            (ChannelId(1), moderator, Role::Moderator),
            (ChannelId(2), moderator, Role::Broadcaster),
        ];
        watchable.extend((100..115).map(|channel| (ChannelId(channel), moderator, Role::Moderator)));
        let plan = plan(&watchable);
        assert_eq!(plan[&owner].len(), 3);
        assert_eq!(plan[&moderator].len(), 3 + COST_CEILING);
        assert!(plan[&moderator][3..].iter().all(|one| one.kind == Kind::Raid));
    }

    #[test]
    fn moderators_share_the_channels_and_none_is_heard_twice() {
        let watchable: Vec<_> = (0..30)
            .flat_map(|channel| (1..4).map(move |user| (ChannelId(channel), UserId(user), Role::Moderator)))
            .collect();
        let plan = plan(&watchable);
        assert!(plan.values().all(|heard| heard.len() == COST_CEILING));
        let mut channels: Vec<_> = plan.values().flatten().map(|one| one.channel).collect();
        channels.sort_unstable();
        channels.dedup();
        assert_eq!(channels.len(), 30);
    }
}
