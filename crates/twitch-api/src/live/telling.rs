//! Open pages are told what a poll finds other than before.
//!
//! A telling ends when the next poll is due, and Redis may be away: what somebody was not told stays untold
//! until the next telling, which begins with whom the last one did not reach. To be told twice does no harm.

use std::{
    collections::{HashMap, HashSet},
    iter,
    pin::pin,
};

use common::{
    db,
    events::{self, ChannelViewers, Event},
    ids::{ChannelId, UserId},
};
use futures_util::stream::{self, StreamExt as _};
use tokio::time::{Instant, timeout_at};

use crate::App;

/// How many users are told at once.
const TOLD_AT_ONCE: usize = 16;

/// What is other than before.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Changes {
    /// Of broadcasts that went on.
    pub(super) viewers: HashMap<ChannelId, u32>,
    /// A broadcast began or ended.
    pub(super) streams: HashSet<ChannelId>,
}

/// Changes that somebody has not been told.
#[derive(Debug, Default)]
pub(super) struct Untold {
    pub(super) changes: Changes,
    /// With whom the next telling begins; none: with the first.
    next: Option<UserId>,
}

impl Untold {
    /// What each user may look into, in the order in which they are told; `people` are sorted by user.
    fn in_turn<'a>(&self, people: &'a [(UserId, ChannelId)]) -> Vec<&'a [(UserId, ChannelId)]> {
        let mut users: Vec<_> = people.chunk_by(|left, right| left.0 == right.0).collect();
        let earlier = users.partition_point(|roles| roles.first().map(|(user, _)| *user) < self.next);
        users.rotate_left(earlier);
        users
    }

    /// Notes whether `users` were told: of as many as were reached, in their order.
    fn note(&mut self, users: &[&[(UserId, ChannelId)]], told: &[bool]) {
        let missed: HashSet<ChannelId> = users
            .iter()
            .zip(told.iter().copied().chain(iter::repeat(false)))
            .filter(|(_, told)| !told)
            .flat_map(|(roles, _)| roles.iter().map(|(_, channel)| *channel))
            .collect();
        self.changes.viewers.retain(|channel, _| missed.contains(channel));
        self.changes.streams.retain(|channel| missed.contains(channel));
        self.next = users.get(told.len()).and_then(|roles| roles.first()).map(|(user, _)| *user);
    }
}

/// Tells the open pages of everybody who may look into the channels, until `deadline`.
pub(super) async fn tell(app: &App, untold: &mut Untold, deadline: Instant) {
    let changes = &untold.changes;
    let channels: Vec<_> = changes.viewers.keys().chain(&changes.streams).copied().collect();
    if channels.is_empty() {
        return;
    }
    let since = app.clock.now() - db::channels::TOLD;
    let people = match timeout_at(deadline, db::channels::people_of(&app.pool, &channels, since)).await {
        Ok(Ok(people)) => people,
        Ok(Err(error)) => {
            tracing::warn!(%error, "streams.not_told");
            return;
        }
        Err(_) => {
            tracing::warn!("streams.telling_cut_off");
            return;
        }
    };
    let users = untold.in_turn(&people);
    let tellings: Vec<_> = users.iter().map(|roles| tell_user(app, changes, roles)).collect();
    let told = outcomes(tellings, deadline).await;
    if told.len() < users.len() {
        tracing::warn!(users = users.len(), reached = told.len(), "streams.telling_cut_off");
    }
    untold.note(&users, &told);
}

/// What comes of `tellings` in their order, of as many as are over before `deadline`.
async fn outcomes<F: Future<Output = bool>>(tellings: Vec<F>, deadline: Instant) -> Vec<bool> {
    let mut tellings = pin!(stream::iter(tellings).buffered(TOLD_AT_ONCE));
    let mut outcomes = Vec::new();
    while let Ok(Some(told)) = timeout_at(deadline, tellings.next()).await {
        outcomes.push(told);
    }
    outcomes
}

/// Tells one user, who may look into the channels that `roles` name; whether all was told.
async fn tell_user(app: &App, changes: &Changes, roles: &[(UserId, ChannelId)]) -> bool {
    let Some((user, _)) = roles.first().copied() else { return true };
    let mut channels = Vec::new();
    for (_, channel_id) in roles.iter().copied() {
        // Whose broadcast began or ended is looked at anew, with those who watch.
        if changes.streams.contains(&channel_id) {
            if !events::publish(&app.redis, &[user], &Event::ChannelChanged { channel_id }).await {
                return false;
            }
        } else if let Some(viewers) = changes.viewers.get(&channel_id) {
            channels.push(ChannelViewers { channel_id, viewers: *viewers });
        }
    }
    channels.is_empty() || events::publish(&app.redis, &[user], &Event::Viewers { channels }).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_somebody_was_not_told_stays_untold() {
        let (one, two, three) = (ChannelId(1), ChannelId(2), ChannelId(3));
        let people = [(UserId(1), one), (UserId(1), two), (UserId(2), two), (UserId(3), three)];
        let changes =
            Changes { viewers: HashMap::from([(one, 4), (two, 5)]), streams: HashSet::from([three]) };
        let mut untold = Untold { changes, next: None };
        let users = untold.in_turn(&people);
        untold.note(&users, &[true, false, true]);
        let left = Changes { viewers: HashMap::from([(two, 5)]), ..Changes::default() };
        assert_eq!(untold.changes, left);
        untold.changes.streams.insert(three);
        untold.note(&users, &[true, true]);
        let left = Changes { streams: HashSet::from([three]), ..Changes::default() };
        assert_eq!(untold.changes, left, "the third user was not reached");
        untold.note(&users, &[true; 3]);
        assert_eq!(untold.changes, Changes::default());
    }

    #[test]
    fn the_next_telling_begins_with_whom_the_last_did_not_reach() {
        let people: Vec<_> = (1..=5).map(|user| (UserId(user), ChannelId(7))).collect();
        let mut untold = Untold::default();
        untold.changes.streams.insert(ChannelId(7));
        let mut reached = |count| {
            let users = untold.in_turn(&people);
            untold.note(&users, &vec![true; count]);
            users.iter().take(count).map(|roles| roles[0].0.0).collect::<Vec<_>>()
        };
        assert_eq!(reached(2), [1, 2]);
        assert_eq!(reached(2), [3, 4]);
        assert_eq!(reached(2), [5, 1]);
        assert_eq!(reached(5), [2, 3, 4, 5, 1]);
        assert_eq!(untold.changes, Changes::default());
        assert_eq!(untold.next, None);
    }

    #[tokio::test]
    async fn what_is_not_over_in_time_has_no_outcome() {
        let telling = |told: Option<bool>| async move {
            match told {
                Some(told) => told,
                None => std::future::pending().await,
            }
        };
        let tellings = Vec::from([Some(true), Some(false), None, Some(true)].map(telling));
        assert_eq!(outcomes(tellings, Instant::now()).await, [true, false]);
    }
}
