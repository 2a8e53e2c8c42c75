//! When accounts were created, and when those of other broadcasts were.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike as _, NaiveTime};
use common::{clients::analysis::rooms::CreationUnit, ids::AccountId};

use super::{accounts::Accounts, page, set::DenseSet};

/// `from <= created < to`, in seconds of Unix time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub from: u32,
    pub to: u32,
}

impl Span {
    pub const ALL: Self = Self { from: 0, to: u32::MAX };

    fn holds(self, created: u32) -> bool {
        (self.from..self.to).contains(&created)
    }
}

/// How many of some accounts were created when.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Histogram {
    /// Those with a creation date, whatever it is.
    pub enriched: u32,
    /// By the beginning of the bar, in seconds of Unix time; no empty ones.
    pub bars: BTreeMap<i64, u32>,
}

/// The beginning of the bar that `created` falls into.
#[must_use]
pub fn bar(created: u32, unit: CreationUnit) -> i64 {
    const HOUR: u32 = 3_600;
    const DAY: u32 = 24 * HOUR;
    const WEEK: u32 = 7 * DAY;
    // 1970-01-01 was a Thursday: weeks from Monday begin three days earlier.
    const SINCE_MONDAY: u32 = 3 * DAY;
    match unit {
        CreationUnit::Hour => i64::from(created - created % HOUR),
        CreationUnit::Day => i64::from(created - created % DAY),
        CreationUnit::Week => i64::from(created) - i64::from((created % WEEK + SINCE_MONDAY) % WEEK),
        CreationUnit::Month => {
            let day = DateTime::from_timestamp(created.into(), 0).unwrap_or_default().date_naive();
            day.with_day(1).unwrap_or(day).and_time(NaiveTime::MIN).and_utc().timestamp()
        }
    }
}

/// Counts the accounts created within `span` by bars.
#[must_use]
pub fn histogram(members: &DenseSet, accounts: &Accounts, unit: CreationUnit, span: Span) -> Histogram {
    let mut histogram = Histogram::default();
    // Months are slow to find, and neighbours often share their day.
    let mut by_day: BTreeMap<u32, u32> = BTreeMap::new();
    for created in members.iter().filter_map(|id| accounts.created(id)) {
        histogram.enriched += 1;
        if !span.holds(created) {
            continue;
        }
        match unit {
            CreationUnit::Hour => *histogram.bars.entry(bar(created, unit)).or_default() += 1,
            _ => *by_day.entry(created / 86_400).or_default() += 1,
        }
    }
    for (day, count) in by_day {
        *histogram.bars.entry(bar(day * 86_400, unit)).or_default() += count;
    }
    histogram
}

/// What a broadcast usually has in each bar. Broadcasts are added one by one, so that none has to be kept: what is kept
/// is a number for each bar.
#[derive(Clone, Debug, Default)]
pub struct Usual {
    /// The shares that each bar has of the broadcasts, added up.
    shares: BTreeMap<i64, f64>,
    /// How many broadcasts had accounts with a creation date.
    broadcasts: u32,
}

impl Usual {
    /// Adds a broadcast. One about whose accounts nothing is known tells nothing.
    pub fn add(&mut self, broadcast: &Histogram) {
        if broadcast.enriched == 0 {
            return;
        }
        self.broadcasts += 1;
        for (bar, count) in &broadcast.bars {
            *self.shares.entry(*bar).or_default() += f64::from(*count) / f64::from(broadcast.enriched);
        }
    }

    /// For a room with `enriched` accounts: the mean of the shares, times the room's size.
    #[must_use]
    pub fn of_room(&self, enriched: u32) -> BTreeMap<i64, f64> {
        let scale = f64::from(enriched) / f64::from(self.broadcasts.max(1));
        self.shares.iter().map(|(bar, share)| (*bar, share * scale)).collect()
    }
}

/// What stands for a creation date that Twitch has not told: such accounts are last, and in no span but the whole.
const UNKNOWN: u32 = u32::MAX;

/// Up to `limit` of the accounts created within `span`, oldest first, after the one that `after` names by its
/// creation and id; whether there are more; and how many there are in all.
#[must_use]
pub fn created_within(
    members: &DenseSet,
    accounts: &Accounts,
    span: Span,
    after: Option<(u32, u32)>,
    limit: usize,
) -> (Vec<(u32, AccountId)>, bool, u32) {
    let mut count = 0;
    let found = members.iter().filter_map(|id| {
        let created = accounts.created(id).unwrap_or(UNKNOWN);
        let holds = span == Span::ALL || span.holds(created);
        count += u32::from(holds);
        holds.then_some((created, id.0))
    });
    let (page, more) = page::page(found, |account| *account, after, limit);
    (page.into_iter().map(|(created, id)| (created, AccountId(id))).collect(), more, count)
}
