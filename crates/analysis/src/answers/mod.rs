//! One answer for many equal questions.
//!
//! 1. **State.** What the answer rests on is looked up: how many captures of which status there are on each channel,
//!    a checksum over them, and the newest changes of accounts. That is a few index reads ([`state`]). Requests that
//!    arrive while a look-up runs share the *next* one: it begins after they came, so it misses nothing they could
//!    have known ([`rounds`]).
//! 2. **Redis.** The state is part of the key. An answer found there rests on exactly this state; one that rests on
//!    an older state is never asked for again and goes with its time to live. Nothing is ever dropped by hand, and no
//!    replica has to tell another.
//! 3. **Compute.** Once for all who wait ([`flights`]), dropped when nobody waits any more. The data is read after
//!    the state, so an answer may be newer than its key says, never older.
//!
//! Without Redis, steps 1 and 3 remain.

mod flights;
mod redis_cache;
mod rounds;
mod state;

use std::{
    future::Future,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    http::{HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use common::{
    clients::analysis::CACHE_HEADER, ids::ChannelId, metrics, problem::Problem, redis_keys,
    redis_store::Redis,
};
use futures_util::FutureExt as _;
use serde::Serialize;

pub(crate) use self::rounds::Rounds;
use self::state::Known;
pub(crate) use self::state::{
    Asked, History, LATER_CAPTURES, MAX_CAPTURES, MAX_RAIDS, Needs, State, too_many,
};
use self::{flights::Flights, redis_cache::RedisCache};
use crate::{
    error::{Failure, Shared, problem},
    store::Store,
    subject::{Period, Subject},
};

/// How often captures may change under a computation before it gives up.
const ATTEMPTS: u32 = 3;

/// An answer in JSON.
#[derive(Clone, Debug)]
pub(crate) struct Answered {
    body: Bytes,
    hit: bool,
}

impl IntoResponse for Answered {
    fn into_response(self) -> Response {
        let cache = HeaderValue::from_static(if self.hit { "HIT" } else { "MISS" });
        let kind = HeaderValue::from_static("application/json");
        ([(header::CONTENT_TYPE, kind), (HeaderName::from_static(CACHE_HEADER), cache)], self.body)
            .into_response()
    }
}

/// What is asked, in a canonical form.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    /// As in the path.
    pub(crate) name: &'static str,
    pub(crate) subject: Subject,
    /// Of a session: on which of its channels; none means all.
    pub(crate) channels: Vec<ChannelId>,
    pub(crate) period: Period,
    pub(crate) needs: Needs,
    /// Whatever else the answer depends on.
    pub(crate) parameters: String,
}

/// Gives answers. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Answers {
    store: Store,
    cache: RedisCache,
    states: Rounds<Asked, Option<Arc<State>>>,
    known: Known,
    flights: Flights<Answered>,
}

impl Answers {
    pub(crate) fn new(store: Store, redis: Redis, ttl: Duration) -> Self {
        let cache = RedisCache::new(redis, ttl);
        Self { store, cache, states: Rounds::default(), known: Known::default(), flights: Flights::default() }
    }

    /// Answers a question about one subject.
    ///
    /// # Errors
    /// When there is no such subject or channel in it, or what `compute` says.
    pub(crate) async fn of<T, F, Fut>(&self, question: &Question, compute: F) -> Result<Answered, Problem>
    where
        T: Serialize + Send + 'static,
        F: Fn(Store, Arc<State>) -> Fut,
        Fut: Future<Output = Result<T, Failure>> + Send + 'static,
    {
        let Question { name, subject, channels, period, needs, parameters } = question;
        let filter: Vec<String> = channels.iter().map(ToString::to_string).collect();
        let parameters = format!("{};{period};{parameters}", filter.join(","));
        for _ in 0..ATTEMPTS {
            let state = self.state((*subject, *period, *needs), channels).await?;
            let computing = compute(self.store.clone(), Arc::clone(&state));
            let key = redis_keys::answer(&subject.to_string(), name, &state.version(), &parameters);
            if let Some(answer) = self.once(key, computing).await? {
                return Ok(answer);
            }
        }
        Err(problem(&Arc::new(Failure::Unsettled)))
    }

    /// Answers a question about several subjects, of at most twice [`MAX_CAPTURES`].
    ///
    /// # Errors
    /// As with [`Self::of`].
    pub(crate) async fn of_several<T, F, Fut>(
        &self,
        name: &'static str,
        asked: &[Asked],
        parameters: &str,
        compute: F,
    ) -> Result<Answered, Problem>
    where
        T: Serialize + Send + 'static,
        F: Fn(Store, Vec<Arc<State>>) -> Fut,
        Fut: Future<Output = Result<T, Failure>> + Send + 'static,
    {
        for _ in 0..ATTEMPTS {
            let (mut states, mut held) = (Vec::with_capacity(asked.len()), 0);
            for asked in asked {
                let state = self.state(*asked, &[]).await?;
                held += state.rows_held();
                // Before they are all in memory; of two there may be as many as that.
                if held > 2 * MAX_CAPTURES as usize {
                    return Err(problem(&Arc::new(too_many())));
                }
                states.push(state);
            }
            let subjects: Vec<String> = states.iter().map(|state| state.subject.to_string()).collect();
            let versions: Vec<String> = states.iter().map(|state| state.version()).collect();
            let computing = compute(self.store.clone(), states);
            let key = redis_keys::answer(&subjects.join(":"), name, &versions.join(":"), parameters);
            if let Some(answer) = self.once(key, computing).await? {
                return Ok(answer);
            }
        }
        Err(problem(&Arc::new(Failure::Unsettled)))
    }

    /// None when captures changed under the work.
    async fn once<T, Fut>(&self, key: String, computing: Fut) -> Result<Option<Answered>, Problem>
    where
        T: Serialize + Send + 'static,
        Fut: Future<Output = Result<T, Failure>> + Send + 'static,
    {
        let start = || self.clone().look_up(key.clone(), computing).boxed();
        match self.flights.join(&key, start).await {
            Ok(answer) => {
                let outcome = if answer.hit { "hit" } else { "miss" };
                metrics::storage::CACHE.with_label_values(&["answers", outcome]).inc();
                Ok(Some(answer))
            }
            Err(failure) if matches!(*failure, Failure::Changed) => Ok(None),
            Err(failure) => Err(problem(&failure)),
        }
    }

    /// The state of a subject, no older than this call, on those of its channels that are named, or all.
    ///
    /// # Errors
    /// When there is no such subject, or no such channel in it.
    pub(crate) async fn state(&self, asked: Asked, channels: &[ChannelId]) -> Result<Arc<State>, Problem> {
        let (pool, known) = (self.store.pool().clone(), self.known.clone());
        let lookup = || async move { state::load(&pool, &known, asked).await }.boxed();
        let found: Result<_, Shared> = self.states.join(asked, lookup).await;
        let state =
            found.map_err(|failure| problem(&failure))?.ok_or_else(|| Problem::not_found(asked.0.kind()))?;
        if channels.is_empty() {
            return Ok(state);
        }
        let some = state.of_channels(channels).map_err(|failure| problem(&Arc::new(failure)))?;
        Ok(Arc::new(some))
    }

    async fn look_up<T: Serialize>(
        self,
        key: String,
        computing: impl Future<Output = Result<T, Failure>>,
    ) -> Result<Answered, Failure> {
        if let Some(body) = self.cache.get(&key).await {
            return Ok(Answered { body, hit: true });
        }
        let started = Instant::now();
        let body = Bytes::from(serde_json::to_vec(&computing.await?)?);
        let millis = started.elapsed().as_millis();
        tracing::info!(answer = key, bytes = body.len(), millis, "answer.computed");
        self.cache.put(&key, &body).await;
        Ok(Answered { body, hit: false })
    }
}
