//! When somebody is in a room: pure functions of the account's key and the instant.
//!
//! Two laws of coming and going:
//!
//! * *always on*: everybody has a cycle of six hours of their own; in each they come or not,
//!   arrive somewhere in it and stay a log-normal time. The room's size is stationary while its
//!   people turn over.
//! * *occasions* (streams): a share of each tier attends; 35 % arrive at the start, the others
//!   uniformly; stays are log-normal (median 35 min, loyal viewers 80 min, σ 1.1); who is still
//!   there at the end leaves within minutes.
//!
//! Figures of the second are those of the detection study's generator, section 4.

use std::sync::LazyLock;

use super::hash::{mix, pair, unit};

pub(crate) const MINUTE_MS: i64 = 60_000;
pub(crate) const HOUR_MS: i64 = 60 * MINUTE_MS;
/// Length of a personal cycle, and of a block of newcomers, in an always-on room.
pub(crate) const CYCLE_MS: i64 = 6 * HOUR_MS;
/// Nobody lingers longer than this after the end of a stream.
pub(crate) const LINGER_MS: i64 = HOUR_MS;

/// How often somebody comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tier {
    Loyal,
    Regular,
    Casual,
}

/// A stretch of time that people come for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Occasion {
    pub(crate) key: u64,
    pub(crate) start: i64,
    /// End as planned: arrivals are spread over it, whatever happens later.
    pub(crate) planned_end: i64,
    /// End as it was.
    pub(crate) end: i64,
}

/// Share of the members of an always-on room who are there at any instant, measured on a
/// sample (stays that run into the next one make the sum of the mean stays too large).
pub(crate) fn always_on_share() -> f64 {
    static SHARE: LazyLock<f64> = LazyLock::new(|| {
        let sample = 1 << 16;
        (0..sample).filter(|&n| always_on(mix(n), CYCLE_MS * 10)).count() as f64 / sample as f64
    });
    *SHARE
}

/// Is this member of an always-on room there at `at`?
pub(crate) fn always_on(key: u64, at: i64) -> bool {
    let (attends, median) = always_on_habit(match key >> 32 & 0xff {
        0..=50 => Tier::Loyal,
        51..=152 => Tier::Regular,
        _ => Tier::Casual,
    });
    let shifted = at + (key & 0xffff_ffff) as i64 % CYCLE_MS;
    let (cycle, into) = (shifted.div_euclid(CYCLE_MS), shifted.rem_euclid(CYCLE_MS));
    // A stay is no longer than a cycle, so only this cycle and the one before can matter.
    (0..2).any(|back| {
        let hash = pair(key, (cycle - back) as u64);
        if hash & 0xffff >= attends {
            return false;
        }
        let arrival = ((hash >> 16 & 0xffff) as i64 * CYCLE_MS) >> 16;
        let elapsed = into + back * CYCLE_MS - arrival;
        elapsed >= 0 && elapsed < stay(&STAYS_CALM, hash, median).min(CYCLE_MS)
    })
}

/// Out of 65,536 cycles attended, and the median stay.
fn always_on_habit(tier: Tier) -> (u64, i64) {
    match tier {
        Tier::Loyal => (58_982, 170 * MINUTE_MS),
        Tier::Regular => (45_875, 110 * MINUTE_MS),
        Tier::Casual => (19_661, 60 * MINUTE_MS),
    }
}

/// Tier of a member of a room with streams: 10 % loyal, 30 % regular, 60 % casual.
pub(crate) fn tier(key: u64) -> Tier {
    match key >> 32 & 0x3ff {
        0..=101 => Tier::Loyal,
        102..=409 => Tier::Regular,
        _ => Tier::Casual,
    }
}

/// Share of the streams that a tier attends.
pub(crate) fn attendance(tier: Tier) -> f64 {
    match tier {
        Tier::Loyal => 0.70,
        Tier::Regular => 0.25,
        Tier::Casual => 0.03,
    }
}

/// Median stay at a stream.
pub(crate) fn median_stay(tier: Tier) -> i64 {
    if tier == Tier::Loyal { 80 * MINUTE_MS } else { 35 * MINUTE_MS }
}

/// Is somebody who attends a share of the occasions present at `at`, during this one?
pub(crate) fn at_occasion(key: u64, attends: f64, median: i64, occasion: &Occasion, at: i64) -> bool {
    let hash = pair(key, occasion.key);
    if unit(hash << 48) >= attends || at < occasion.start {
        return false;
    }
    let timing = pair(hash, 1);
    let arrival = occasion.start
        + if timing & 0xff < 90 {
            (f64::from(EXPONENTIAL[(timing >> 8 & 0x3ff) as usize]) * (12 * MINUTE_MS) as f64) as i64
        } else {
            (unit(timing << 20) * (occasion.planned_end - occasion.start) as f64) as i64
        };
    if arrival >= occasion.end || at < arrival {
        return false;
    }
    let linger = f64::from(EXPONENTIAL[(timing >> 18 & 0x3ff) as usize]) * (6 * MINUTE_MS) as f64;
    let last = occasion.end + (linger as i64).min(LINGER_MS);
    at < (arrival + stay(&STAYS, hash, median)).min(last)
}

/// Few stay in the chat of a channel that is offline; who does changes every three hours.
pub(crate) fn idles(key: u64, at: i64) -> bool {
    tier(key) != Tier::Casual && unit(pair(key, 0x1d1e ^ at.div_euclid(3 * HOUR_MS) as u64)) < 0.012
}

fn stay(quantiles: &[f32; 1024], hash: u64, median: i64) -> i64 {
    ((f64::from(quantiles[(hash >> 32 & 0x3ff) as usize]) * median as f64) as i64).max(MINUTE_MS)
}

static STAYS: LazyLock<[f32; 1024]> = LazyLock::new(|| log_normal(1.1));
static STAYS_CALM: LazyLock<[f32; 1024]> = LazyLock::new(|| log_normal(0.8));
static EXPONENTIAL: LazyLock<[f32; 1024]> =
    LazyLock::new(|| std::array::from_fn(|n| -(1.0 - (n as f32 + 0.5) / 1_024.0).ln()));

/// Quantiles of a log-normal law with median 1.
fn log_normal(sigma: f64) -> [f32; 1024] {
    std::array::from_fn(|n| (sigma * normal_quantile((n as f64 + 0.5) / 1_024.0)).exp() as f32)
}

/// Inverse of the standard normal distribution, by bisection on a series of its density; used
/// to fill two small tables once.
fn normal_quantile(p: f64) -> f64 {
    let (mut low, mut high) = (-6.0, 6.0);
    for _ in 0..50 {
        let middle = f64::midpoint(low, high);
        if normal_cdf(middle) < p { low = middle } else { high = middle }
    }
    low
}

/// Φ(x) = ½ + φ(x)·(x + x³/3 + x⁵/15 + …), which converges for every x.
fn normal_cdf(x: f64) -> f64 {
    let (mut term, mut sum) = (x, x);
    for n in 1..200 {
        term *= x * x / f64::from(2 * n + 1);
        sum += term;
    }
    0.5 + sum * (-x * x / 2.0).exp() / std::f64::consts::TAU.sqrt()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_always_on_room_keeps_its_size_and_changes_its_people() {
        let people: Vec<u64> = (0..20_000).map(mix).collect();
        let there = |at: i64| -> Vec<bool> { people.iter().map(|&key| always_on(key, at)).collect() };
        let expected = always_on_share() * 20_000.0;
        let first = there(1_800_000_000_000);
        for hour in 0..24 {
            let now = there(1_800_000_000_000 + hour * HOUR_MS);
            let size = now.iter().filter(|&&is| is).count() as f64;
            assert!((size / expected - 1.0).abs() < 0.06, "{size} for {expected}");
        }
        let later = there(1_800_000_000_000 + 2 * HOUR_MS);
        let stayed = first.iter().zip(&later).filter(|(a, b)| **a && **b).count() as f64;
        let share = stayed / first.iter().filter(|&&is| is).count() as f64;
        assert!((0.2..0.8).contains(&share), "{share} still there after two hours");
    }

    #[test]
    fn quantiles_are_those_of_the_normal_law() {
        assert!(normal_quantile(0.5).abs() < 1e-6);
        assert!((normal_quantile(0.975) - 1.959_964).abs() < 1e-4);
        assert!((normal_quantile(0.001) + 3.090_232).abs() < 1e-4);
    }

    proptest! {
        #[test]
        fn nobody_is_at_a_stream_before_it_or_long_after(key: u64, minute in -600_i64..900) {
            let occasion = Occasion { key: 9, start: 0, planned_end: 4 * HOUR_MS, end: 2 * HOUR_MS };
            let at = minute * MINUTE_MS;
            let there = at_occasion(key, 1.0, 35 * MINUTE_MS, &occasion, at);
            prop_assert!(!there || (at >= 0 && at < occasion.end + LINGER_MS));
        }

        #[test]
        fn a_stream_cut_short_changes_nothing_before_its_end(key: u64, minute in 0_i64..119) {
            let whole = Occasion { key: 9, start: 0, planned_end: 4 * HOUR_MS, end: 4 * HOUR_MS };
            let cut = Occasion { end: 2 * HOUR_MS, ..whole };
            let at = minute * MINUTE_MS;
            let there = |occasion| at_occasion(key, 0.7, 35 * MINUTE_MS, occasion, at);
            prop_assert_eq!(there(&whole), there(&cut));
        }
    }
}
