//! The world clock: real, faster than real, or stepped by hand.
//!
//! World time drives presence, streams, token expiry and every date in an answer. Rate limits
//! and socket timers stay on the machine's clock, because real clients wait on theirs.

use std::sync::{PoisonError, RwLock};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use chrono::{DateTime, SecondsFormat, Utc};

/// How world time advances.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Pace {
    /// World seconds per real second; 1 is real time.
    Rate(f64),
    /// Only when told to.
    Stepped,
}

#[derive(Debug)]
pub(crate) struct Clock(RwLock<State>);

#[derive(Debug, Clone, Copy)]
struct State {
    world_ms: i64,
    since: Instant,
    pace: Pace,
}

impl Clock {
    /// A clock that shows `start` now, or the machine's time if none is given.
    pub(crate) fn new(start: Option<DateTime<Utc>>, pace: Pace) -> Self {
        let world_ms = start.map_or_else(machine_ms, |at| at.timestamp_millis());
        Self(RwLock::new(State { world_ms, since: Instant::now(), pace }))
    }

    /// World time in Unix milliseconds.
    pub(crate) fn now_ms(&self) -> i64 {
        self.0.read().unwrap_or_else(PoisonError::into_inner).now_ms()
    }

    pub(crate) fn pace(&self) -> Pace {
        self.0.read().unwrap_or_else(PoisonError::into_inner).pace
    }

    /// Changes instant, pace, or both; what is not given stays as it is.
    pub(crate) fn set(&self, world_ms: Option<i64>, pace: Option<Pace>) {
        let mut state = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let now = state.now_ms();
        *state = State {
            world_ms: world_ms.unwrap_or(now),
            since: Instant::now(),
            pace: pace.unwrap_or(state.pace),
        };
    }

    /// Moves world time forward.
    pub(crate) fn advance(&self, by: Duration) {
        let mut state = self.0.write().unwrap_or_else(PoisonError::into_inner);
        state.world_ms += by.as_millis() as i64;
    }
}

impl State {
    fn now_ms(&self) -> i64 {
        match self.pace {
            Pace::Stepped => self.world_ms,
            Pace::Rate(rate) => self.world_ms + (self.since.elapsed().as_secs_f64() * 1_000.0 * rate) as i64,
        }
    }
}

/// The machine's time in Unix milliseconds.
pub(crate) fn machine_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64)
}

/// RFC 3339 in seconds, as Helix writes most dates.
pub(crate) fn rfc3339(at_ms: i64) -> String {
    DateTime::<Utc>::from_timestamp_millis(at_ms)
        .unwrap_or_default()
        .to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// RFC 3339 in nanoseconds, as EventSub writes its dates.
pub(crate) fn rfc3339_nanos(at_ms: i64) -> String {
    DateTime::<Utc>::from_timestamp_millis(at_ms)
        .unwrap_or_default()
        .to_rfc3339_opts(SecondsFormat::Nanos, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stepped_clock_moves_only_when_told() {
        let clock = Clock::new(DateTime::from_timestamp(1_800_000_000, 0), Pace::Stepped);
        let before = clock.now_ms();
        assert_eq!(before, 1_800_000_000_000);
        clock.advance(Duration::from_secs(90));
        assert_eq!(clock.now_ms() - before, 90_000);
        clock.set(Some(5), None);
        assert_eq!(clock.now_ms(), 5);
        assert_eq!(clock.pace(), Pace::Stepped);
    }

    #[test]
    fn a_fast_clock_runs_ahead() {
        let clock = Clock::new(None, Pace::Rate(1_000_000.0));
        let first = clock.now_ms();
        let deadline = Instant::now() + Duration::from_secs(5);
        while clock.now_ms() - first < 60_000 {
            assert!(Instant::now() < deadline);
            std::thread::yield_now();
        }
    }
}
