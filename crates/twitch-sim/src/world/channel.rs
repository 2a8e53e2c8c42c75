//! One channel: who could be in its room, who is, and what was done to it by hand.
//!
//! The room at an instant is *law + changes*: the members and newcomers whom the law of
//! presence puts there, the visits that somebody caused (raids, operators), minus those who
//! were taken away (raided off, banned). Changes carry their time, so the past stays askable.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::accounts::{Accounts, Ix, TwitchId};
use super::calendar::DAY_MS;
use super::crowd::Crowd;
use super::hash::{named, pair, permute_below, unit};
use super::moderation::Moderation;
use super::presence::{self, CYCLE_MS, HOUR_MS, LINGER_MS, MINUTE_MS, Occasion, Tier};
use super::streams::{Changes, Schedule, Stream};

/// Members of built-in rooms were registered before 1 October 2026; later accounts come as
/// newcomers.
const MEMBERS_BEFORE_MS: i64 = 1_790_812_800_000;
/// Regulars of the platform, found in many rooms.
const HUB: u32 = 50_000;

/// Who comes to a room, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Law {
    /// About so many at any time, with turnover.
    AlwaysOn {
        /// Chatters present at an instant.
        chatters: u32,
    },
    /// A community that attends streams.
    Streams {
        /// Size of the community.
        members: u32,
    },
    /// Exactly these accounts, always: `first..first + chatters` of the synthetic accounts, or
    /// a sample of the first `shared` ones.
    Fixed {
        /// Chatters present, to the unit.
        chatters: u32,
        /// First synthetic account.
        first: u32,
        /// Size of the pool to sample, 0 for consecutive accounts.
        shared: u32,
    },
}

/// What does not change about a channel.
#[derive(Debug, Clone)]
pub(crate) struct Spec {
    pub(crate) id: TwitchId,
    pub(crate) login: String,
    pub(crate) display_name: String,
    pub(crate) language: &'static str,
    pub(crate) title: String,
    pub(crate) game: String,
    pub(crate) law: Law,
    pub(crate) schedule: Schedule,
    /// Accounts that are always in the room: service bots.
    pub(crate) residents: Vec<Ix>,
}

/// A stay that somebody caused.
#[derive(Debug, Clone)]
pub(crate) struct Visit {
    pub(crate) ix: Ix,
    pub(crate) from: i64,
    pub(crate) to: i64,
    pub(crate) row: Arc<[u8]>,
}

/// What was done to a channel by hand.
#[derive(Debug, Default)]
pub(crate) struct Overlay {
    pub(crate) moderators: BTreeSet<TwitchId>,
    pub(crate) streams: Changes,
    pub(crate) moderation: Moderation,
    pub(crate) visits: Vec<Visit>,
    /// When an account was kept out, whatever the law says.
    pub(crate) absences: HashMap<Ix, Vec<(i64, i64)>>,
    /// Instants at which the room changed by hand, ascending.
    pub(crate) marks: Vec<i64>,
}

#[derive(Debug)]
pub(crate) struct Channel {
    pub(crate) spec: Spec,
    key: u64,
    members: OnceLock<Crowd>,
    newcomers: Mutex<HashMap<u64, Arc<Crowd>>>,
    overlay: RwLock<Overlay>,
    /// Held while a roster is built, so that it is built once.
    pub(crate) building: Mutex<()>,
}

impl Channel {
    pub(crate) fn new(seed: u64, spec: Spec) -> Self {
        Self {
            key: pair(named(seed, "channel"), u64::from(spec.id.0)),
            spec,
            members: OnceLock::new(),
            newcomers: Mutex::default(),
            overlay: RwLock::default(),
            building: Mutex::default(),
        }
    }

    pub(crate) fn id(&self) -> TwitchId {
        self.spec.id
    }

    pub(crate) fn key(&self) -> u64 {
        self.key
    }

    pub(crate) fn overlay(&self) -> RwLockReadGuard<'_, Overlay> {
        self.overlay.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn overlay_mut(&self) -> RwLockWriteGuard<'_, Overlay> {
        self.overlay.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The broadcaster moderates their own channel.
    pub(crate) fn is_moderated_by(&self, user: TwitchId) -> bool {
        user == self.spec.id || self.overlay().moderators.contains(&user)
    }

    pub(crate) fn live_stream(&self, at: i64) -> Option<Stream> {
        self.streams(at, at).into_iter().rfind(|stream| stream.is_live(at))
    }

    pub(crate) fn streams(&self, from: i64, to: i64) -> Vec<Stream> {
        self.overlay().streams.streams(self.spec.schedule, self.key, from, to)
    }

    /// Members whom the law can put in the room, with their rows; written on first use.
    pub(crate) fn members(&self, accounts: &Accounts) -> &Crowd {
        self.members.get_or_init(|| self.make_members(accounts))
    }

    /// Whether the rows of the members have been written.
    pub(crate) fn built_members(&self) -> Option<&Crowd> {
        self.members.get()
    }

    /// A fixed room's crowd, not kept: its roster is.
    pub(crate) fn make_members(&self, accounts: &Accounts) -> Crowd {
        let list = (0..self.member_count()).map(|n| self.member(accounts, n)).collect();
        Crowd::new(accounts, list)
    }

    fn member_count(&self) -> u32 {
        match self.spec.law {
            Law::AlwaysOn { chatters } => {
                let others = chatters.saturating_sub(self.spec.residents.len() as u32);
                (f64::from(others) / presence::always_on_share()).round() as u32
            }
            Law::Streams { members } => members,
            Law::Fixed { chatters, .. } => chatters,
        }
    }

    fn member(&self, accounts: &Accounts, n: u32) -> Ix {
        let limit = accounts.calendar().rank_at(MEMBERS_BEFORE_MS);
        let synthetic = |n| Ix(permute_below(0x5e_17e7, n % limit, limit));
        match self.spec.law {
            Law::Fixed { first, shared: 0, .. } => synthetic(first + n),
            Law::Fixed { first, shared, .. } => {
                synthetic(first + permute_below(self.key, n % shared, shared))
            }
            // 15 % of a room are people one meets everywhere.
            _ if n < HUB && unit(pair(self.key ^ 1, u64::from(n))) < 0.15 => {
                Ix(permute_below(0x0b_4b17, permute_below(self.key, n, HUB), limit))
            }
            _ => Ix(permute_below(self.key ^ 2, n, limit)),
        }
    }

    pub(crate) fn member_key(&self, ix: Ix) -> u64 {
        pair(self.key, u64::from(ix.0))
    }

    /// Whether the law puts a member in the room at `at`, given the occasions around then.
    pub(crate) fn law_has(&self, ix: Ix, occasions: &[Occasion], at: i64) -> bool {
        let key = self.member_key(ix);
        match self.spec.law {
            Law::Fixed { .. } => true,
            Law::AlwaysOn { .. } => presence::always_on(key, at),
            Law::Streams { .. } => {
                let tier = presence::tier(key);
                let (attends, median) = (presence::attendance(tier), presence::median_stay(tier));
                presence::idles(key, at)
                    || occasions.iter().any(|one| presence::at_occasion(key, attends, median, one, at))
            }
        }
    }

    /// Occasions that can still hold somebody in the room at `at`.
    pub(crate) fn occasions(&self, at: i64) -> Vec<Occasion> {
        match self.spec.law {
            Law::Fixed { .. } => Vec::new(),
            Law::AlwaysOn { .. } => vec![block(at - CYCLE_MS), block(at)],
            Law::Streams { .. } => {
                self.streams(at - LINGER_MS, at).into_iter().map(|stream| stream.occasion).collect()
            }
        }
    }

    /// Newcomers present at `at`: each came first to one occasion, and a few come back to those
    /// that follow.
    pub(crate) fn newcomers_at(&self, accounts: &Accounts, occasions: &[Occasion], at: i64) -> Vec<Newcomer> {
        if occasions.is_empty() || matches!(self.spec.law, Law::Fixed { .. }) {
            return Vec::new();
        }
        let (sources, returns): (Vec<Occasion>, f64) = if matches!(self.spec.law, Law::AlwaysOn { .. }) {
            ((0..=28).map(|back| block(at - back * CYCLE_MS)).collect(), 0.04)
        } else {
            let streams = self.streams(at - 14 * DAY_MS, at);
            (streams.into_iter().map(|stream| stream.occasion).collect(), 0.06)
        };
        let mut present = Vec::new();
        for source in sources {
            let crowd = self.cohort(accounts, &source);
            for (index, &ix) in crowd.accounts().iter().enumerate() {
                let key = self.member_key(ix) ^ source.key;
                let here = occasions.iter().filter(|one| one.start >= source.start).any(|one| {
                    let attends = if one.key == source.key { 1.0 } else { returns };
                    presence::at_occasion(key, attends, presence::median_stay(Tier::Casual), one, at)
                });
                if here {
                    present.push(Newcomer { crowd: Arc::clone(&crowd), index });
                }
            }
        }
        present
    }

    /// The people who come for the first time to an occasion; 40 % of them have a new account.
    fn cohort(&self, accounts: &Accounts, source: &Occasion) -> Arc<Crowd> {
        let mut cache = self.newcomers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(crowd) = cache.get(&source.key) {
            return Arc::clone(crowd);
        }
        let key = pair(self.key ^ 0xc040, source.key);
        let expected = match self.spec.law {
            Law::AlwaysOn { chatters } => f64::from(chatters) * 0.01,
            // 8 % of those who attend, which is 16 % of the members.
            Law::Streams { members } => f64::from(members) * 0.013,
            Law::Fixed { .. } => 0.0,
        };
        let count = (expected + unit(key)) as u32;
        let existing = accounts.calendar().rank_at(source.start);
        let list = (0..count).map(|n| {
            let hash = pair(key, u64::from(n));
            if unit(hash) >= 0.4 {
                return Ix(permute_below(key, n, existing));
            }
            let age = (-(1.0 - unit(pair(hash, 1))).ln() * 9.0).min(30.0) * DAY_MS as f64;
            Ix(accounts.calendar().rank_at(source.start - age as i64).saturating_sub(1))
        });
        let crowd = Arc::new(Crowd::new(accounts, list.collect()));
        // Rows of cohorts older than any look-back are dropped wholesale.
        if cache.len() > 256 {
            cache.clear();
        }
        cache.insert(source.key, Arc::clone(&crowd));
        crowd
    }

    /// Followers, most recent first: half of the members.
    pub(crate) fn follower_count(&self) -> u32 {
        self.member_count() / 2
    }

    /// The `n`-th follower and since when.
    pub(crate) fn follower(&self, accounts: &Accounts, n: u32) -> (Ix, i64) {
        let ix = self.member(accounts, n);
        let share = f64::from(n) / f64::from(self.follower_count().max(1));
        // Spread over four years, but never before the account was created.
        let since = MEMBERS_BEFORE_MS - (share * 1_461.0 * DAY_MS as f64) as i64;
        (ix, since.max(accounts.get(ix).created_ms))
    }

    /// Chatters to expect at `at`, from a sample of the members: cheap, and without rows.
    pub(crate) fn estimate(&self, accounts: &Accounts, at: i64) -> u32 {
        let count = self.member_count();
        let step = (count / 512).max(1);
        let occasions = self.occasions(at);
        let sampled = (0..count)
            .step_by(step as usize)
            .filter(|&n| self.law_has(self.member(accounts, n), &occasions, at))
            .count() as u32;
        let visits =
            self.overlay().visits.iter().filter(|visit| (visit.from..visit.to).contains(&at)).count();
        sampled * step + visits as u32 + self.spec.residents.len() as u32
    }

    /// Viewers that Get Streams announces: mostly more than chatters, and wobbling.
    pub(crate) fn viewer_count(&self, accounts: &Accounts, at: i64) -> u32 {
        let minute = at.div_euclid(MINUTE_MS);
        let hour = unit(pair(self.key, at.div_euclid(HOUR_MS) as u64));
        let noise = 0.02 * unit(pair(self.key ^ 3, minute as u64));
        let ratio = 1.08 + 0.12 * hour + noise;
        (f64::from(self.estimate(accounts, minute * MINUTE_MS)) * ratio) as u32
    }
}

/// One newcomer in a room: a place in their cohort.
#[derive(Debug)]
pub(crate) struct Newcomer {
    crowd: Arc<Crowd>,
    index: usize,
}

impl Newcomer {
    pub(crate) fn ix(&self) -> Ix {
        self.crowd.accounts()[self.index]
    }

    pub(crate) fn row(&self) -> &[u8] {
        self.crowd.row(self.index)
    }
}

/// The stretch of six hours around `at`, as an occasion for newcomers of always-on rooms.
fn block(at: i64) -> Occasion {
    let start = at.div_euclid(CYCLE_MS) * CYCLE_MS;
    let end = start + CYCLE_MS;
    Occasion { key: pair(0xb10c, start as u64), start, planned_end: end, end }
}
