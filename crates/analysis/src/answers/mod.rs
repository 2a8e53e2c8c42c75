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

use std::{future::Future, sync::Arc, time::Duration};

use axum::{
    http::{HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use common::{
    clients::analysis::CACHE_HEADER,
    ids::{ChannelId, SessionUuid},
    metrics,
    redis_keys,
    redis_store::Redis,
};
use futures_util::FutureExt as _;
use serde::Serialize;

pub(crate) use self::state::SessionState;
use self::{flights::Flights, redis_cache::RedisCache, rounds::Rounds};
use crate::{
    error::{Failure, Shared, problem},
    store::Store,
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
        ([(header::CONTENT_TYPE, kind), (HeaderName::from_static(CACHE_HEADER), cache)], self.body).into_response()
    }
}

/// Gives answers. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Answers {
    store: Store,
    cache: RedisCache,
    states: Rounds<SessionUuid, Option<Arc<SessionState>>>,
    flights: Flights<Answered>,
}

impl Answers {
    pub(crate) fn new(store: Store, redis: Redis, ttl: Duration) -> Self {
        Self { store, cache: RedisCache::new(redis, ttl), states: Rounds::default(), flights: Flights::default() }
    }

    /// Answers `question` about a session with `parameters` (in a canonical form), on those of its channels that
    /// `channels` names, or all.
    ///
    /// # Errors
    /// When there is no such session or channel in it, or what `compute` says.
    pub(crate) async fn of_session<T, F, Fut>(
        &self,
        question: &'static str,
        session: SessionUuid,
        channels: &[ChannelId],
        parameters: &str,
        compute: F,
    ) -> Result<Answered, common::problem::Problem>
    where
        T: Serialize + Send + 'static,
        F: Fn(Store, Arc<SessionState>) -> Fut,
        Fut: Future<Output = Result<T, Failure>> + Send + 'static,
    {
        let mut attempt = 1;
        loop {
            let state = self.state(session).await.map_err(|failure| problem(&failure))?;
            let state = Arc::new(state.of_channels(channels).map_err(|failure| problem(&Arc::new(failure)))?);
            let key = redis_keys::answer(&session.to_string(), question, &state.version(), parameters);
            let computing = compute(self.store.clone(), Arc::clone(&state));
            let outcome = self.flights.join(&key, || self.clone().look_up(key.clone(), computing).boxed()).await;
            match outcome {
                Ok(answer) => {
                    let outcome = if answer.hit { "hit" } else { "miss" };
                    metrics::storage::CACHE.with_label_values(&["answers", outcome]).inc();
                    return Ok(answer);
                }
                Err(failure) if matches!(*failure, Failure::Changed) => {
                    if attempt == ATTEMPTS {
                        return Err(problem(&Arc::new(Failure::Unsettled)));
                    }
                    attempt += 1;
                }
                Err(failure) => return Err(problem(&failure)),
            }
        }
    }

    /// The state of a session, no older than this call.
    ///
    /// # Errors
    /// When there is no such session, or MariaDB fails.
    pub(crate) async fn state(&self, session: SessionUuid) -> Result<Arc<SessionState>, Shared> {
        let pool = self.store.pool().clone();
        let found = self.states.join(session, || async move { state::load(&pool, session).await }.boxed()).await?;
        found.ok_or_else(|| Arc::new(Failure::NotFound("session")))
    }

    async fn look_up<T: Serialize>(
        self,
        key: String,
        computing: impl Future<Output = Result<T, Failure>>,
    ) -> Result<Answered, Failure> {
        if let Some(body) = self.cache.get(&key).await {
            return Ok(Answered { body, hit: true });
        }
        let body = Bytes::from(serde_json::to_vec(&computing.await?)?);
        self.cache.put(&key, &body).await;
        Ok(Answered { body, hit: false })
    }
}
