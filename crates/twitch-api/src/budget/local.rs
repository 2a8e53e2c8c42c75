//! What one process may spend while Redis is away.

use std::{num::NonZeroU32, time::Duration};

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter, clock::Clock as _, clock::DefaultClock};
use tokio::time::Instant;

use super::Bucket;
use crate::TwitchError;

/// The flow is safe for so many processes.
pub(super) const REPLICAS: u32 = 4;

/// Points that each may spend at once: together they stay within the quarter that is kept free. Fewer where the ceiling is
/// lower.
const BURST: NonZeroU32 = NonZeroU32::new(10).unwrap();

/// Above this many buckets, full ones are forgotten.
const SWEEP_ABOVE: usize = 1_000;

pub(super) struct LocalShare {
    limiter: DefaultKeyedRateLimiter<u64>,
    clock: DefaultClock,
}

impl LocalShare {
    /// `flow` is what all processes together may spend per second.
    pub(super) fn new(flow: NonZeroU32) -> Self {
        let every = Duration::from_secs(1) * REPLICAS / flow.get();
        // A period of zero is refused; a flow that large has none to speak of.
        let quota = Quota::with_period(every).unwrap_or(Quota::per_second(flow)).allow_burst(BURST.min(flow));
        Self { limiter: RateLimiter::keyed(quota), clock: DefaultClock::default() }
    }

    /// Waits for one point.
    pub(super) async fn spend(&self, bucket: Bucket, deadline: Instant) -> Result<u32, TwitchError> {
        if self.limiter.len() > SWEEP_ABOVE {
            self.limiter.retain_recent();
        }
        let key = match bucket {
            Bucket::User(user) => user.0,
            Bucket::App => 0,
        };
        while let Err(early) = self.limiter.check_key(&key) {
            let wait = early.wait_time_from(self.clock.now());
            if Instant::now() + wait >= deadline {
                return Err(TwitchError::BudgetExhausted { retry_after: wait });
            }
            tokio::time::sleep(wait).await;
        }
        Ok(1)
    }
}

#[cfg(test)]
mod tests {
    use common::ids::UserId;

    use super::*;

    #[tokio::test]
    async fn a_burst_is_followed_by_a_quarter_of_the_flow() {
        let share = LocalShare::new(NonZeroU32::new(10).unwrap());
        let soon = Instant::now() + Duration::from_millis(50);
        for _ in 0..BURST.get() {
            assert_eq!(share.spend(Bucket::App, soon).await.unwrap(), 1);
        }
        let error = share.spend(Bucket::App, soon).await.unwrap_err();
        let TwitchError::BudgetExhausted { retry_after } = error else { panic!("{error}") };
        assert!(retry_after > Duration::from_millis(300), "{retry_after:?}");
        assert_eq!(share.spend(Bucket::User(UserId(1)), soon).await.unwrap(), 1, "buckets are apart");
    }

    #[tokio::test]
    async fn a_burst_is_no_larger_than_the_ceiling() {
        let share = LocalShare::new(NonZeroU32::new(3).unwrap());
        for _ in 0..3 {
            share.spend(Bucket::App, Instant::now()).await.unwrap();
        }
        let error = share.spend(Bucket::App, Instant::now()).await.unwrap_err();
        let TwitchError::BudgetExhausted { retry_after } = error else { panic!("{error}") };
        assert!(retry_after > Duration::from_secs(1), "{retry_after:?}");
    }
}
