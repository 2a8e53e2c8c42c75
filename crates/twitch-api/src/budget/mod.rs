//! Budgets: how often we may call, decided before Twitch has to.
//!
//! Twitch keeps one bucket per user token and one for the application: 800 points, filling evenly within a minute. Ours
//! are the same, in Redis, shared by all replicas, at three quarters of Twitch's size and flow: a quarter stays free, for
//! what we cannot see (another program of the same application, a clock that differs, Twitch's own inaccuracies).
//! `Ratelimit-*` headers correct ours when Twitch's is emptier than we think, never the other way.
//! `RATE_LIMIT_REQUESTS_PER_SECOND` is a second bucket beside each, of one second's calls.
//!
//! * **Order.** A caller who has to wait takes its point in advance, so the next one waits longer: first come, first
//!   served, over all replicas, and the wait is known at once. One who cannot wait that long is told so at once.
//! * **Urgency.** What can wait ([`Urgency::Spare`]: enrichment, polls) leaves a fifth of the bucket alone and takes
//!   nothing in advance; those callers queue among themselves in this process. Whoever is first in that queue tells the
//!   others when its turn will come, so that those who cannot wait until then need not.
//! * **Bursts.** `governor` spreads what one process sends: dozens of calls in the same millisecond have drawn errors
//!   from Twitch with points left.
//! * **Redis away.** Each process goes on with a share that is safe as long as there are no more than
//!   [`local::REPLICAS`] of them; there is never no limit.

mod known;
mod local;

use std::{
    fmt,
    num::NonZeroU32,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use common::{
    ids::UserId,
    metrics, redis_keys,
    redis_store::{Redis, tolerated},
};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use redis::Script;
use tokio::{sync::watch, time::Instant};

use crate::{TwitchError, helix::RateHeaders};
use known::Known;
use local::LocalShare;

/// Points of Twitch's bucket until a header says otherwise.
const TWITCH_POINTS: u32 = 800;

/// Share of Twitch's bucket that is ours, as numerator and denominator.
const OURS: (u32, u32) = (3, 4);

/// What [`Urgency::Spare`] leaves alone: one point in so many.
const SPARE_DIVISOR: u32 = 5;

/// Calls of one process: so many at once, then so many a second.
const BURST: NonZeroU32 = NonZeroU32::new(100).unwrap();
const SMOOTHED: NonZeroU32 = NonZeroU32::new(500).unwrap();

/// The shortest time to stay away for whoever gave up in the queue for what can wait.
const SPARE_PAUSE: Duration = Duration::from_secs(1);

/// After Redis failed, it is left alone for so long.
const REDIS_REST: Duration = Duration::from_secs(5);

/// By how much Twitch may have fewer points left than we think before it matters: calls on their way.
const DRIFT: u32 = 8;

/// Whose points are spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Bucket {
    User(UserId),
    App,
}

/// Who goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Urgency {
    /// Captures, and what people wait for.
    Now,
    /// Enrichment and polls: only what the others leave.
    Spare,
}

/// The budgets. Cheap to clone.
#[derive(Clone)]
pub struct Budgets(Arc<Inner>);

struct Inner {
    redis: Redis,
    per_second: u32,
    /// Points of Twitch's bucket, as the headers say.
    twitch_points: AtomicU32,
    smooth: DefaultDirectRateLimiter,
    local: LocalShare,
    redis_rests_until: Mutex<Option<Instant>>,
    spare_queue: tokio::sync::Mutex<()>,
    /// When the first in the queue may be served, as Redis last said: nobody behind it is served sooner.
    spare_turn: watch::Sender<Instant>,
    known: Known,
}

/// What Redis answers.
enum Spent {
    /// So many points, to be used after the wait; so many are left.
    Given {
        points: u32,
        wait: Duration,
    },
    Refused {
        wait: Duration,
    },
}

impl Budgets {
    #[must_use]
    pub fn new(redis: Redis, per_second: u32) -> Self {
        let flow = NonZeroU32::new(per_second).unwrap_or(NonZeroU32::MIN);
        Self(Arc::new(Inner {
            redis,
            per_second,
            twitch_points: AtomicU32::new(TWITCH_POINTS),
            smooth: RateLimiter::direct(Quota::per_second(SMOOTHED).allow_burst(BURST)),
            local: LocalShare::new(flow.min(NonZeroU32::new(ours(TWITCH_POINTS) / 60).unwrap_or(flow))),
            redis_rests_until: Mutex::default(),
            spare_queue: tokio::sync::Mutex::default(),
            spare_turn: watch::Sender::new(Instant::now()),
            known: Known::default(),
        }))
    }

    /// Waits for a point of `bucket`, and takes up to `wanted` of them if they are there; returns how many.
    ///
    /// # Errors
    /// [`TwitchError::BudgetExhausted`], at once, when the wait would go beyond `deadline`.
    pub async fn spend(
        &self,
        bucket: Bucket,
        urgency: Urgency,
        wanted: u32,
        deadline: Instant,
    ) -> Result<u32, TwitchError> {
        let started = Instant::now();
        let spent = match urgency {
            Urgency::Now => self.spend_now(bucket, wanted, deadline).await,
            Urgency::Spare => self.spend_spare(bucket, wanted, deadline).await,
        };
        let label = if urgency == Urgency::Now { "now" } else { "spare" };
        metrics::twitch::WAIT.with_label_values(&[label]).observe(started.elapsed().as_secs_f64());
        let spent = spent?;
        self.0.smooth.until_ready().await;
        Ok(spent)
    }

    async fn spend_now(&self, bucket: Bucket, wanted: u32, deadline: Instant) -> Result<u32, TwitchError> {
        match self.0.ask_redis(bucket, wanted, deadline, 0).await {
            Some(Spent::Given { points, wait }) => {
                tokio::time::sleep(wait).await;
                Ok(points)
            }
            Some(Spent::Refused { wait }) => Err(TwitchError::BudgetExhausted { retry_after: wait }),
            None => self.0.local.spend(bucket, deadline).await,
        }
    }

    async fn spend_spare(&self, bucket: Bucket, wanted: u32, deadline: Instant) -> Result<u32, TwitchError> {
        // In line behind those who came before; held until the point is there.
        let _turn = tokio::select! {
            biased;
            turn = self.0.spare_queue.lock() => turn,
            retry_after = self.0.too_late(deadline) => return Err(TwitchError::BudgetExhausted { retry_after }),
        };
        let spare = self.0.ours() / SPARE_DIVISOR;
        loop {
            match self.0.ask_redis(bucket, wanted, deadline, spare).await {
                Some(Spent::Given { points, .. }) => return Ok(points),
                Some(Spent::Refused { wait }) => {
                    let turn = Instant::now() + wait;
                    self.0.spare_turn.send_replace(turn);
                    if turn >= deadline {
                        return Err(TwitchError::BudgetExhausted { retry_after: wait });
                    }
                    tokio::time::sleep(wait.max(Duration::from_millis(10))).await;
                }
                None => return self.0.local.spend(bucket, deadline).await,
            }
        }
    }

    /// Learns from the headers of an answer.
    pub fn observe(&self, bucket: Bucket, rate: RateHeaders) {
        let (Some(limit), Some(remaining)) = (rate.limit, rate.remaining) else { return };
        // A limit of nonsense would stop us for good.
        if (10..=1_000_000).contains(&limit) {
            self.0.twitch_points.store(limit, Ordering::Relaxed);
        }
        match bucket {
            Bucket::App => metrics::twitch::POINTS_LEFT.with_label_values(&["app"]).set(remaining.into()),
            Bucket::User(user) => self.0.known.observe(user, remaining),
        }
        let ours = remaining.saturating_sub(limit - ours(limit));
        if self.0.expected(bucket).is_some_and(|expected| ours + DRIFT < expected) {
            let inner = Arc::clone(&self.0);
            tokio::spawn(async move { inner.correct(bucket, ours).await });
        }
    }
}

/// Our share of a bucket of `points`.
fn ours(points: u32) -> u32 {
    points / OURS.1 * OURS.0
}

fn key(bucket: Bucket) -> String {
    redis_keys::helix_budget(match bucket {
        Bucket::User(user) => user,
        Bucket::App => UserId(0),
    })
}

impl Inner {
    fn ours(&self) -> u32 {
        ours(self.twitch_points.load(Ordering::Relaxed))
    }

    /// Points that flow in per second.
    fn flow(&self) -> f64 {
        f64::from(self.ours()) / 60.0
    }

    fn expected(&self, bucket: Bucket) -> Option<u32> {
        self.known.expected(bucket)
    }

    /// `None` when Redis is away.
    async fn ask_redis(&self, bucket: Bucket, wanted: u32, deadline: Instant, spare: u32) -> Option<Spent> {
        if self.redis_rests() {
            return None;
        }
        let patience = deadline.saturating_duration_since(Instant::now());
        let script = Script::new(include_str!("spend.lua"));
        let mut call = script.key(key(bucket));
        call.arg(self.ours()).arg(self.flow()).arg(self.per_second).arg(wanted.max(1));
        call.arg(u64::try_from(patience.as_millis()).unwrap_or(u64::MAX)).arg(spare);
        match call.invoke_async::<(u32, u64, i64)>(&mut self.redis.shared()).await {
            Ok((points, wait, left)) => {
                self.known.expect(bucket, u32::try_from(left).unwrap_or(0));
                let wait = Duration::from_millis(wait);
                Some(if points == 0 { Spent::Refused { wait } } else { Spent::Given { points, wait } })
            }
            Err(error) => {
                self.rest(&error);
                None
            }
        }
    }

    async fn correct(&self, bucket: Bucket, left: u32) {
        if self.redis_rests() {
            return;
        }
        let script = Script::new(include_str!("correct.lua"));
        let mut call = script.key(key(bucket));
        call.arg(self.ours()).arg(self.flow()).arg(left);
        match call.invoke_async::<i64>(&mut self.redis.shared()).await {
            Ok(left) => {
                tracing::debug!(?bucket, left, "budget.corrected");
                self.known.expect(bucket, u32::try_from(left).unwrap_or(0));
            }
            Err(error) => self.rest(&error),
        }
    }

    /// Returns when `deadline` cannot be met by a caller in the queue for what can wait, at the deadline at the latest: how
    /// long to stay away.
    async fn too_late(&self, deadline: Instant) -> Duration {
        let mut told = self.spare_turn.subscribe();
        let beyond = async { told.wait_for(|turn| *turn >= deadline).await.map_or(deadline, |turn| *turn) };
        let turn = tokio::time::timeout_at(deadline, beyond).await.unwrap_or(deadline);
        turn.saturating_duration_since(Instant::now()).max(SPARE_PAUSE)
    }

    fn redis_rests(&self) -> bool {
        let until = self.redis_rests_until.lock().unwrap_or_else(PoisonError::into_inner);
        until.is_some_and(|until| Instant::now() < until)
    }

    fn rest(&self, error: &redis::RedisError) {
        tolerated("budget", error);
        let mut until = self.redis_rests_until.lock().unwrap_or_else(PoisonError::into_inner);
        *until = Some(Instant::now() + REDIS_REST);
    }
}

impl fmt::Debug for Budgets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Budgets").field("per_second", &self.0.per_second).finish_non_exhaustive()
    }
}
