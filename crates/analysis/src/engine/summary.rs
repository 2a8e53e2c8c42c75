//! How many, on which channel, and on which days their accounts were created.

use common::ids::{AccountId, ChannelId};

use super::{Capture, Fold, Present, accounts::Accounts, set::DenseSet};

/// Seconds of a day.
const DAY: u32 = 86_400;

/// Distinct accounts, of all captures and by channel.
#[derive(Clone, Debug, Default)]
pub struct Totals {
    all: DenseSet,
    /// Channels that are done.
    channels: Vec<(ChannelId, u32)>,
    /// The channel whose captures are coming in.
    current: Option<ChannelId>,
    members: DenseSet,
}

impl Fold for Totals {
    fn push(&mut self, capture: &Capture, present: &Present<'_>) {
        if self.current != Some(capture.channel) {
            self.end();
            self.current = Some(capture.channel);
        }
        self.members.add(present);
    }

    fn end(&mut self) {
        if let Some(channel) = self.current.take() {
            self.channels.push((channel, self.members.len()));
            self.all.add_all(&self.members);
            self.members.clear();
        }
    }

    fn merge(&mut self, other: Self) {
        for ((_, accounts), (_, more)) in self.channels.iter_mut().zip(other.channels) {
            *accounts += more;
        }
        self.all.add_all(&other.all);
    }
}

impl Totals {
    /// Everybody, and how many on each channel that had a capture.
    #[must_use]
    pub fn finish(self) -> (DenseSet, Vec<(ChannelId, u32)>) {
        (self.all, self.channels)
    }
}

/// Accounts created on one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreationDay {
    /// Days since 1970-01-01, UTC.
    pub day: u32,
    pub accounts: u32,
    /// The oldest of them, oldest first.
    pub oldest: Vec<AccountId>,
}

/// The `top` days on which most of `members` were created, fullest first, the later first among equals, each with up
/// to `listed` accounts; and how many of `members` are enriched at all.
#[must_use]
pub fn creation_days(
    members: &DenseSet,
    accounts: &Accounts,
    top: usize,
    listed: usize,
) -> (u32, Vec<CreationDay>) {
    let mut per_day = vec![0_u32; (u32::MAX / DAY) as usize + 1];
    let mut enriched = 0;
    for created in members.iter().filter_map(|id| accounts.created(id)) {
        per_day[(created / DAY) as usize] += 1;
        enriched += 1;
    }
    let mut days: Vec<(u32, u32)> =
        (0_u32..).zip(per_day.iter().copied()).filter(|(_, count)| *count > 0).collect();
    days.sort_unstable_by_key(|(day, count)| std::cmp::Reverse((*count, *day)));
    days.truncate(top);
    let mut born = vec![Vec::new(); days.len()];
    for id in members.iter() {
        let Some(created) = accounts.created(id) else { continue };
        if let Some(place) = days.iter().position(|(day, _)| *day == created / DAY) {
            born[place].push((created, id));
        }
    }
    let days = days.into_iter().zip(born).map(|((day, accounts), mut born)| {
        born.sort_unstable();
        born.truncate(listed);
        CreationDay { day, accounts, oldest: born.into_iter().map(|(_, id)| id).collect() }
    });
    (enriched, days.collect())
}
