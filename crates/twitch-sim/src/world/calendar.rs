//! When accounts were created: the platform's growth curve, day by day.
//!
//! The universe holds [`UNIVERSE`] accounts numbered in the order of their creation, from
//! June 2011 to June 2031; those of the future do not exist yet. Days follow a growth curve
//! with its peak in 2020–21, a weekend effect, 15 % of day-to-day noise and twelve days on
//! which the whole platform registered three to eight times as much (drops, events). An
//! account's number gives its instant of creation and the reverse, so that ids grow with time
//! as real ones do.

use chrono::{DateTime, Datelike as _, Duration, Utc};

use super::hash::{named, normal, pair, unit};

/// Accounts that exist or will exist: ranks `0..UNIVERSE` in the order of creation.
pub(crate) const UNIVERSE: u32 = 1 << 24;

/// Midnight of 1 June 2011, in Unix milliseconds.
const FIRST_DAY_MS: i64 = 1_306_886_400_000;
const DAYS: usize = 7_305;
pub(crate) const DAY_MS: i64 = 86_400_000;

/// Relative registrations a day, by year.
const GROWTH: [(f64, f64); 9] = [
    (2011.4, 0.1),
    (2013.0, 0.5),
    (2016.0, 1.2),
    (2019.9, 1.6),
    (2020.3, 3.6),
    (2021.2, 3.2),
    (2022.0, 1.9),
    (2025.7, 1.5),
    (2031.5, 1.3),
];

#[derive(Debug)]
pub(crate) struct Calendar {
    key: u64,
    /// `starts[day]` is the rank of the first account of that day; one more entry than days.
    starts: Vec<u32>,
}

impl Calendar {
    pub(crate) fn new(seed: u64) -> Self {
        let key = named(seed, "calendar");
        let mut weights: Vec<f64> = (0..DAYS).map(|day| day_weight(key, day)).collect();
        for spike in 0..12 {
            let hash = pair(key, 1_000_000 + spike);
            let day = 1_500 + (hash % (DAYS as u64 - 1_500)) as usize;
            weights[day] *= 3.0 + 5.0 * unit(hash);
        }
        let scale = f64::from(UNIVERSE) / weights.iter().sum::<f64>();
        let mut total = 0.0;
        let mut starts = vec![0];
        starts.extend(weights.iter().map(|weight| {
            total += weight * scale;
            total.round().min(f64::from(UNIVERSE)) as u32
        }));
        starts[DAYS] = UNIVERSE;
        Self { key, starts }
    }

    /// Instant of creation of the account with this rank, in Unix milliseconds.
    pub(crate) fn created_ms(&self, rank: u32) -> i64 {
        let day = self.starts.partition_point(|&start| start <= rank).saturating_sub(1).min(DAYS - 1);
        let size = f64::from((self.starts[day + 1] - self.starts[day]).max(1));
        let within =
            (f64::from(rank - self.starts[day]) + unit(pair(self.key, u64::from(rank) | 1 << 40))) / size;
        FIRST_DAY_MS + day as i64 * DAY_MS + (time_of_day(within) * DAY_MS as f64) as i64
    }

    /// How many accounts existed at `at_ms`: the rank of the next one.
    pub(crate) fn rank_at(&self, at_ms: i64) -> u32 {
        let day = (at_ms - FIRST_DAY_MS).div_euclid(DAY_MS).clamp(0, DAYS as i64 - 1) as usize;
        let (mut low, mut high) = (self.starts[day], self.starts[day + 1]);
        while low < high {
            let middle = u32::midpoint(low, high);
            if self.created_ms(middle) < at_ms { low = middle + 1 } else { high = middle }
        }
        low
    }
}

/// Maps the share of the day's registrations to the share of the day: quiet mornings, busy
/// evenings (UTC).
fn time_of_day(share: f64) -> f64 {
    let wave = |x: f64| 0.1 * (std::f64::consts::TAU * (x - 0.2)).sin();
    (share + wave(share) - wave(0.0)).clamp(0.0, 0.999_999)
}

fn day_weight(key: u64, day: usize) -> f64 {
    let date =
        DateTime::<Utc>::from_timestamp_millis(FIRST_DAY_MS).unwrap_or_default() + Duration::days(day as i64);
    let year = f64::from(date.year()) + f64::from(date.ordinal0()) / 365.25;
    let weekend = if date.weekday().num_days_from_monday() >= 5 { 1.15 } else { 1.0 };
    growth(year) * weekend * (0.15 * normal(pair(key, day as u64))).exp()
}

fn growth(year: f64) -> f64 {
    let after = GROWTH.partition_point(|&(at, _)| at <= year).clamp(1, GROWTH.len() - 1);
    let ((x0, y0), (x1, y1)) = (GROWTH[after - 1], GROWTH[after]);
    y0 + (y1 - y0) * ((year - x0) / (x1 - x0)).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn creation_grows_with_rank_and_inverts() {
        let calendar = Calendar::new(1);
        let mut last = i64::MIN;
        for rank in (0..UNIVERSE).step_by(9_973) {
            let created = calendar.created_ms(rank);
            assert!(created >= last);
            last = created;
            assert!(calendar.rank_at(created).abs_diff(rank) <= 1);
        }
    }

    #[test]
    fn the_peak_year_is_busier_than_the_first() {
        let calendar = Calendar::new(1);
        let year = |y: i32| {
            let at = |y: i32| {
                chrono::NaiveDate::from_ymd_opt(y, 1, 1)
                    .and_then(|day| day.and_hms_opt(0, 0, 0))
                    .map_or(0, |time| time.and_utc().timestamp_millis())
            };
            calendar.rank_at(at(y + 1)) - calendar.rank_at(at(y))
        };
        assert!(year(2020) > 3 * year(2013));
        assert!(year(2020) > year(2024));
    }
}
