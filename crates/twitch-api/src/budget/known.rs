//! What is left in the buckets, as Twitch and Redis last said: for the metric, and to notice when they disagree.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use common::{ids::UserId, metrics};
use tokio::time::Instant;

use super::Bucket;

/// A bucket that nobody spends from is full after so long.
const FULL_AFTER: Duration = Duration::from_mins(1);

/// The metric is worked out at most this often.
const EVERY: Duration = Duration::from_secs(1);

#[derive(Default)]
pub(super) struct Known(Mutex<State>);

#[derive(Default)]
struct State {
    /// What Twitch left each user.
    told: HashMap<UserId, (u32, Instant)>,
    /// What Redis left each bucket.
    expected: HashMap<Bucket, (u32, Instant)>,
    shown: Option<Instant>,
}

impl Known {
    pub(super) fn observe(&self, user: UserId, remaining: u32) {
        let now = Instant::now();
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.told.insert(user, (remaining, now));
        if state.shown.is_some_and(|shown| now < shown + EVERY) {
            return;
        }
        state.shown = Some(now);
        state.told.retain(|_, (_, at)| now < *at + FULL_AFTER);
        state.expected.retain(|_, (_, at)| now < *at + FULL_AFTER);
        let least = state.told.values().map(|(remaining, _)| *remaining).min().unwrap_or(remaining);
        metrics::twitch::POINTS_LEFT.with_label_values(&["user"]).set(least.into());
    }

    pub(super) fn expect(&self, bucket: Bucket, left: u32) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.expected.insert(bucket, (left, Instant::now()));
    }

    pub(super) fn expected(&self, bucket: Bucket) -> Option<u32> {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.expected.get(&bucket).map(|(left, _)| *left)
    }
}
