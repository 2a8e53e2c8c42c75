//! Which channel is heard on whose socket.
//!
//! A subscription costs nothing if the broadcaster has authorised this application, else one point, of which a user has
//! ten. Raids into all channels come first: nothing but EventSub tells of them, while streams are polled anyway. What is
//! left is spent on streams that begin and end.

use std::collections::BTreeMap;

use common::{
    clients::twitch_api::Role,
    ids::{ChannelId, UserId},
};

/// What one user's subscriptions may cost.
const COST_CEILING: usize = 10;

/// What is subscribed for all channels, before anything of what follows.
const PASSES: [&[Kind]; 2] = [&[Kind::Raid], &[Kind::Online, Kind::Offline]];

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

/// Assigns each subscription to at most one user: to the channel's owner, else to the moderator with the most points left,
/// if there is one. `watchable` is in the order of channels: who may look into which.
pub(super) fn plan(watchable: &[(ChannelId, UserId, Role)]) -> BTreeMap<UserId, Vec<Subscription>> {
    let mut plan: BTreeMap<UserId, Vec<Subscription>> = BTreeMap::new();
    let mut cost: BTreeMap<UserId, usize> = BTreeMap::new();
    for kinds in PASSES {
        for rows in watchable.chunk_by(|a, b| a.0 == b.0) {
            let channel = rows[0].0;
            let owner = rows.iter().find(|(_, _, role)| *role == Role::Broadcaster);
            for &kind in kinds {
                let user = match owner {
                    Some((_, owner, _)) => Some(*owner),
                    None => spend(&mut cost, rows.iter().map(|(_, user, _)| *user)),
                };
                if let Some(user) = user {
                    plan.entry(user).or_default().push(Subscription { kind, channel });
                }
            }
        }
    }
    plan
}

/// Takes a point from the one of `users` who has spent the least; none when nobody has one left.
fn spend(cost: &mut BTreeMap<UserId, usize>, users: impl Iterator<Item = UserId>) -> Option<UserId> {
    let user = users.min_by_key(|user| cost.get(user).copied().unwrap_or(0))?;
    let spent = cost.entry(user).or_default();
    if *spent == COST_CEILING {
        return None;
    }
    *spent += 1;
    Some(user)
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
        watchable.extend(moderated(15, moderator));
        let plan = plan(&watchable);
        let of =
            |channel| [Kind::Raid, Kind::Online, Kind::Offline].map(|kind| Subscription { kind, channel });
        assert_eq!(plan[&owner], of(ChannelId(1)));
        let (own, others): (Vec<_>, Vec<_>) =
            plan[&moderator].iter().copied().partition(|one| one.channel == ChannelId(2));
        assert_eq!(own, of(ChannelId(2)));
        assert_eq!(others.len(), COST_CEILING);
        assert!(others.iter().all(|one| one.kind == Kind::Raid));
    }

    #[test]
    fn what_raids_leave_is_spent_on_streams() {
        let moderator = UserId(1);
        let heard = |channels| plan(&moderated(channels, moderator))[&moderator].clone();
        let kinds = |heard: &[Subscription]| heard.iter().map(|one| one.kind).collect::<Vec<_>>();
        // Three points for each of two channels.
        assert_eq!(heard(2).len(), 6);
        // Four raids, then both ends of the streams of three channels.
        let four = heard(4);
        assert_eq!(four.len(), COST_CEILING);
        assert_eq!(kinds(&four[..4]), [Kind::Raid; 4]);
        assert_eq!(kinds(&four[4..]), [Kind::Online, Kind::Offline].repeat(3));
        assert!(four[4..].iter().all(|one| one.channel < ChannelId(103)));
        // One point is left: a beginning is worth more than an end.
        assert_eq!(kinds(&heard(9)[9..]), [Kind::Online]);
    }

    /// So many channels of strangers.
    fn moderated(count: u64, moderator: UserId) -> Vec<(ChannelId, UserId, Role)> {
        (100..100 + count).map(|channel| (ChannelId(channel), moderator, Role::Moderator)).collect()
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
