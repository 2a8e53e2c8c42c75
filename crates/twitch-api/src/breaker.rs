//! The circuit breaker: when Twitch is down, callers are told at once instead of waiting for a timeout each.
//!
//! [`OPENS_AFTER`] calls in a row without an answer, or answered with a 5xx, open it. While it is open nothing is sent;
//! then one call is let through to see, and its outcome closes the breaker or keeps it open for twice as long.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use common::metrics;
use tokio::time::Instant;

const OPENS_AFTER: u32 = 8;
const FIRST_PAUSE: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// Guards the calls to one upstream.
#[derive(Debug)]
pub(crate) struct Breaker {
    upstream: &'static str,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    failures: u32,
    pause: Duration,
    open_until: Option<Instant>,
    /// One call has been let through to see.
    probing: bool,
}

impl Breaker {
    pub(crate) fn new(upstream: &'static str) -> Self {
        metrics::twitch::CIRCUIT_OPEN.with_label_values(&[upstream]).set(0);
        let state = State { failures: 0, pause: FIRST_PAUSE, open_until: None, probing: false };
        Self { upstream, state: Mutex::new(state) }
    }

    /// Whether a call may be made now; if not, how long to stay away.
    pub(crate) fn admit(&self) -> Result<(), Duration> {
        self.admit_at(Instant::now())
    }

    fn admit_at(&self, now: Instant) -> Result<(), Duration> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match state.open_until {
            Some(until) if now < until => Err(until - now),
            Some(_) => {
                // This call goes to see; the others wait for what it finds.
                state.open_until = Some(now + state.pause);
                state.probing = true;
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Twitch answered, be it with a refusal.
    pub(crate) fn succeeded(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.failures = 0;
        state.probing = false;
        if state.open_until.take().is_some() {
            state.pause = FIRST_PAUSE;
            metrics::twitch::CIRCUIT_OPEN.with_label_values(&[self.upstream]).set(0);
            tracing::info!(upstream = self.upstream, "circuit.closed");
        }
    }

    /// Twitch did not answer, or could not.
    pub(crate) fn failed(&self) {
        self.failed_at(Instant::now());
    }

    fn failed_at(&self, now: Instant) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.failures += 1;
        if state.failures < OPENS_AFTER {
            return;
        }
        if state.open_until.is_none() {
            metrics::twitch::CIRCUIT_OPEN.with_label_values(&[self.upstream]).set(1);
            tracing::warn!(upstream = self.upstream, failures = state.failures, "circuit.opened");
        } else if state.probing {
            state.probing = false;
            state.pause = (state.pause * 2).min(LONGEST_PAUSE);
        } else {
            // It was on its way when the breaker opened.
            return;
        }
        state.open_until = Some(now + state.pause);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_opens_after_failures_in_a_row_and_lets_one_call_see() {
        let breaker = Breaker::new("test");
        let start = Instant::now();
        for _ in 0..OPENS_AFTER - 1 {
            breaker.failed_at(start);
        }
        breaker.succeeded();
        for _ in 0..OPENS_AFTER {
            assert!(breaker.admit_at(start).is_ok());
            breaker.failed_at(start);
        }
        breaker.failed_at(start);
        assert_eq!(breaker.admit_at(start).unwrap_err(), FIRST_PAUSE, "a call on its way lengthens nothing");
        let later = start + FIRST_PAUSE;
        assert!(breaker.admit_at(later).is_ok(), "one goes to see");
        assert!(breaker.admit_at(later).is_err(), "one only");
        breaker.failed_at(later);
        assert_eq!(breaker.admit_at(later).unwrap_err(), FIRST_PAUSE * 2);
        let much_later = later + LONGEST_PAUSE;
        assert!(breaker.admit_at(much_later).is_ok());
        breaker.succeeded();
        assert!(breaker.admit_at(much_later).is_ok() && breaker.admit_at(much_later).is_ok());
    }
}
