//! Twitch's token buckets: 800 points a minute per user of a client, and as many for its app
//! tokens. Time is the machine's, since clients wait on theirs.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use axum::http::{HeaderMap, HeaderName, HeaderValue};

use crate::clock::machine_ms;
use crate::world::accounts::TwitchId;

pub(crate) const CAPACITY: f64 = 800.0;
/// Points of a bucket that is not enforced: what is said of it must not slow clients that believe the headers, if the number
/// is a sane one.
const UNLIMITED: u32 = 1_000_000;
const REFILL_PER_MS: f64 = CAPACITY / 60_000.0;

/// Whose bucket: a user of a client, or the client itself.
pub(crate) type Holder = (String, Option<TwitchId>);

#[derive(Debug, Default)]
pub(crate) struct Limits(Mutex<HashMap<Holder, Bucket>>);

#[derive(Debug, Clone, Copy)]
struct Bucket {
    points: f64,
    at_ms: i64,
}

/// What a request found in its bucket, for the `Ratelimit-*` headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) admitted: bool,
    pub(crate) limit: u32,
    pub(crate) remaining: u32,
    /// Unix seconds at which the bucket is full again.
    pub(crate) reset: i64,
}

impl Limits {
    /// Takes one point; without `enforced`, the bucket is always full.
    pub(crate) fn take(&self, holder: &Holder, enforced: bool) -> Standing {
        self.take_at(holder, enforced, machine_ms())
    }

    fn take_at(&self, holder: &Holder, enforced: bool, now_ms: i64) -> Standing {
        if !enforced {
            let (limit, remaining) = (UNLIMITED, UNLIMITED - 1);
            return Standing { admitted: true, limit, remaining, reset: now_ms / 1_000 + 1 };
        }
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !buckets.contains_key(holder) {
            buckets.insert(holder.clone(), Bucket { points: CAPACITY, at_ms: now_ms });
        }
        let Some(bucket) = buckets.get_mut(holder) else {
            return Standing { admitted: true, limit: CAPACITY as u32, remaining: 0, reset: 0 };
        };
        bucket.points = (bucket.points + (now_ms - bucket.at_ms).max(0) as f64 * REFILL_PER_MS).min(CAPACITY);
        bucket.at_ms = now_ms;
        let admitted = bucket.points >= 1.0;
        if admitted {
            bucket.points -= 1.0;
        }
        let until_full = ((CAPACITY - bucket.points) / REFILL_PER_MS) as i64;
        let (limit, remaining) = (CAPACITY as u32, bucket.points as u32);
        Standing { admitted, limit, remaining, reset: (now_ms + until_full + 999) / 1_000 }
    }

    /// Points left to everybody who has spent some.
    pub(crate) fn remaining(&self) -> Vec<(Holder, u32)> {
        let buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now_ms = machine_ms();
        let left = |bucket: &Bucket| {
            (bucket.points + (now_ms - bucket.at_ms).max(0) as f64 * REFILL_PER_MS).min(CAPACITY) as u32
        };
        buckets.iter().map(|(holder, bucket)| (holder.clone(), left(bucket))).collect()
    }

    /// Leaves `points` in the buckets of a user (or of the apps), to bring 429s nearer.
    pub(crate) fn set(&self, user: Option<TwitchId>, client: &str, points: f64) {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        buckets.insert((client.to_owned(), user), Bucket { points, at_ms: machine_ms() });
    }

    /// Fills every bucket.
    pub(crate) fn refill(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl Standing {
    /// Writes `Ratelimit-Limit`, `-Remaining` and `-Reset`.
    pub(crate) fn write(self, headers: &mut HeaderMap) {
        const LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
        const REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
        const RESET: HeaderName = HeaderName::from_static("ratelimit-reset");
        headers.insert(LIMIT, HeaderValue::from(self.limit));
        headers.insert(REMAINING, HeaderValue::from(self.remaining));
        headers.insert(RESET, HeaderValue::from(self.reset));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_empties_and_refills_evenly() {
        let limits = Limits::default();
        let holder = ("client".to_owned(), Some(TwitchId(1)));
        let spent = (0..900).filter(|_| limits.take_at(&holder, true, 1_000_000).admitted).count();
        assert_eq!(spent, 800);
        let empty = limits.take_at(&holder, true, 1_000_000);
        assert_eq!((empty.remaining, empty.reset), (0, 1_060));
        let later = (0..900).filter(|_| limits.take_at(&holder, true, 1_030_000).admitted).count();
        assert_eq!(later, 400);
        let other = ("client".to_owned(), None);
        assert_eq!(limits.take_at(&other, true, 1_000_000).remaining, 799);
        assert!((0..2_000).all(|_| limits.take_at(&holder, false, 1_000_000).admitted));
    }
}
