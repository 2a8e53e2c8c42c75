//! Who is in a room at an instant, ready to be served in pages.
//!
//! Rosters change every [`SLICE_MS`] and whenever something is done to the channel by hand;
//! in between they are cached. A walk through the pages is pinned by its cursor to the instant
//! of its first page, so that it always reads one roster, and that roster can be asked as
//! truth.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use super::accounts::{Accounts, Ix, TwitchId};
use super::channel::{Channel, Law};
use super::crowd::{order, row};

/// Rooms are evaluated on this grid.
pub(crate) const SLICE_MS: i64 = 10_000;
/// Memory for rosters, in bytes.
const CACHE_BYTES: usize = 384 << 20;

/// A room at an instant, in serving order.
#[derive(Debug)]
pub(crate) struct Roster {
    /// The instant it shows, Unix milliseconds.
    pub(crate) at: i64,
    pub(crate) accounts: Vec<Ix>,
    rows: Vec<u8>,
    ends: Vec<u32>,
}

impl Roster {
    pub(crate) fn len(&self) -> usize {
        self.accounts.len()
    }

    /// Rows `from..to` as JSON, separated by commas.
    pub(crate) fn rows(&self, from: usize, to: usize) -> &[u8] {
        if from >= to {
            return &[];
        }
        let start = if from == 0 { 0 } else { self.ends[from - 1] as usize };
        &self.rows[start..self.ends[to - 1] as usize - 1]
    }

    fn with_capacity(at: i64, chatters: usize) -> Self {
        Self {
            at,
            accounts: Vec::with_capacity(chatters),
            rows: Vec::with_capacity(chatters * 84),
            ends: Vec::with_capacity(chatters),
        }
    }

    fn push(&mut self, ix: Ix, row: &[u8]) {
        if self.accounts.last() == Some(&ix) {
            return;
        }
        self.accounts.push(ix);
        self.rows.extend_from_slice(row);
        self.ends.push(self.rows.len() as u32);
    }

    fn bytes(&self) -> usize {
        self.rows.len() + self.accounts.len() * 8
    }
}

/// The instant that a question about `at` is answered for.
pub(crate) fn effective(channel: &Channel, at: i64) -> i64 {
    let overlay = channel.overlay();
    let mark = overlay.marks[..overlay.marks.partition_point(|&mark| mark <= at)].last().copied();
    // Time matters to a fixed room only where visits or absences begin and end in it.
    let timeless = matches!(channel.spec.law, Law::Fixed { .. })
        && overlay.visits.is_empty()
        && overlay.absences.is_empty();
    let slice = if timeless { 0 } else { at.div_euclid(SLICE_MS) * SLICE_MS };
    mark.unwrap_or(0).max(slice)
}

/// Builds the roster of a channel at exactly `at`.
pub(crate) fn build(accounts: &Accounts, channel: &Channel, at: i64) -> Roster {
    let occasions = channel.occasions(at);
    let newcomers = channel.newcomers_at(accounts, &occasions, at);
    let changed = accounts.changed_rows();
    let overlay = channel.overlay();

    let resident_rows: Vec<(Ix, Vec<u8>)> =
        channel.spec.residents.iter().map(|&ix| (ix, row(accounts, ix))).collect();
    let visits = overlay.visits.iter().filter(|visit| (visit.from..visit.to).contains(&at));
    let mut others: Vec<(Ix, &[u8])> = newcomers
        .iter()
        .map(|one| (one.ix(), one.row()))
        .chain(resident_rows.iter().map(|(ix, row)| (*ix, row.as_slice())))
        .chain(visits.map(|visit| (visit.ix, &*visit.row)))
        .collect();
    others.sort_unstable_by_key(|&(ix, _)| order(ix));

    let fixed;
    let members = if matches!(channel.spec.law, Law::Fixed { .. }) {
        fixed = channel.make_members(accounts);
        &fixed
    } else {
        channel.members(accounts)
    };
    let mut roster = Roster::with_capacity(at, members.accounts().len() / 2 + others.len());
    let mut push = |ix: Ix, row: &[u8]| {
        let absent = overlay
            .absences
            .get(&ix)
            .is_some_and(|spans| spans.iter().any(|&(from, to)| (from..to).contains(&at)));
        match changed.get(&ix) {
            _ if absent => {}
            None => roster.push(ix, row),
            Some(Some(row)) => roster.push(ix, row),
            Some(None) => {}
        }
    };
    let mut others = others.into_iter().peekable();
    for (index, &ix) in members.accounts().iter().enumerate() {
        if !channel.law_has(ix, &occasions, at) {
            continue;
        }
        while let Some((other, row)) = others.next_if(|&(other, _)| order(other) <= order(ix)) {
            push(other, row);
        }
        push(ix, members.row(index));
    }
    for (ix, row) in others {
        push(ix, row);
    }
    roster
}

/// Rosters built lately, oldest dropped first.
#[derive(Debug, Default)]
pub(crate) struct Rosters(Mutex<Cache>);

#[derive(Debug, Default)]
struct Cache {
    map: HashMap<(TwitchId, i64), Arc<Roster>>,
    oldest: VecDeque<(TwitchId, i64)>,
    bytes: usize,
}

impl Rosters {
    /// The roster of `channel` that is valid at `at`.
    pub(crate) fn at(&self, accounts: &Accounts, channel: &Channel, at: i64) -> Arc<Roster> {
        let key = (channel.id(), effective(channel, at));
        if let Some(roster) = self.get(key) {
            return roster;
        }
        let _building = channel.building.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(roster) = self.get(key) {
            return roster;
        }
        let roster = Arc::new(build(accounts, channel, key.1));
        self.put(key, Arc::clone(&roster));
        roster
    }

    /// The roster that is valid at `at`, if it was built already.
    pub(crate) fn known(&self, channel: &Channel, at: i64) -> Option<Arc<Roster>> {
        self.get((channel.id(), effective(channel, at)))
    }

    /// Forgets what is known of a channel from `from` on, because something changed there.
    pub(crate) fn forget(&self, channel: TwitchId, from: i64) {
        let mut cache = self.lock();
        cache.map.retain(|&(id, at), _| id != channel || at < from);
        cache.recount();
    }

    /// Forgets everything, because an account changed.
    pub(crate) fn clear(&self) {
        *self.lock() = Cache::default();
    }

    fn get(&self, key: (TwitchId, i64)) -> Option<Arc<Roster>> {
        self.lock().map.get(&key).cloned()
    }

    fn put(&self, key: (TwitchId, i64), roster: Arc<Roster>) {
        let mut cache = self.lock();
        cache.bytes += roster.bytes();
        cache.oldest.push_back(key);
        cache.map.insert(key, roster);
        while cache.bytes > CACHE_BYTES && cache.oldest.len() > 1 {
            if let Some(gone) = cache.oldest.pop_front().and_then(|key| cache.map.remove(&key)) {
                cache.bytes = cache.bytes.saturating_sub(gone.bytes());
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Cache> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Cache {
    fn recount(&mut self) {
        self.oldest.retain(|key| self.map.contains_key(key));
        self.bytes = self.map.values().map(|roster| roster.bytes()).sum();
    }
}
