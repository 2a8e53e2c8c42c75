//! Look-ups that many share, none of which is older than its asker.
//!
//! For each key at most one look-up runs. Who asks meanwhile waits for the next one, together with everybody else who
//! came since: a burst of a thousand requests costs two look-ups.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use futures_util::{
    FutureExt as _,
    future::{BoxFuture, Shared as SharedFuture},
};

use crate::error::{Failure, Shared};

type Running<T> = SharedFuture<BoxFuture<'static, Result<T, Shared>>>;

struct Round<T> {
    number: u64,
    begun: Arc<AtomicBool>,
    lookup: Running<T>,
}

struct State<K, T> {
    rounds: HashMap<K, Round<T>>,
    last: u64,
}

/// The rounds of all keys. Cheap to clone.
pub(crate) struct Rounds<K, T>(Arc<Mutex<State<K, T>>>);

impl<K, T> Clone for Rounds<K, T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<K, T> Default for Rounds<K, T> {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(State { rounds: HashMap::new(), last: 0 })))
    }
}

impl<K, T> std::fmt::Debug for Rounds<K, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Rounds")
    }
}

impl<K, T> Rounds<K, T>
where
    K: Clone + Eq + Hash + Send + 'static,
    T: Clone + Send + Sync + 'static,
{
    /// The outcome of a look-up of `key` that begins after this call.
    ///
    /// # Errors
    /// What the look-up says.
    pub(crate) async fn join(
        &self,
        key: K,
        lookup: impl FnOnce() -> BoxFuture<'static, Result<T, Failure>>,
    ) -> Result<T, Shared> {
        let (number, running) = self.enter(&key, lookup);
        // Whoever leaves last, also by being cancelled, takes the round away.
        let _leave = Leave { rounds: self, key, number };
        running.await
    }

    fn enter(
        &self,
        key: &K,
        lookup: impl FnOnce() -> BoxFuture<'static, Result<T, Failure>>,
    ) -> (u64, Running<T>) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = match state.rounds.get(key) {
            Some(round) if !round.begun.load(Ordering::Acquire) => {
                return (round.number, round.lookup.clone());
            }
            Some(round) => Some(round.lookup.clone()),
            None => None,
        };
        let begun = Arc::new(AtomicBool::new(false));
        let work = lookup();
        let begins = Arc::clone(&begun);
        let lookup = async move {
            if let Some(before) = before {
                drop(before.await);
            }
            begins.store(true, Ordering::Release);
            work.await.map_err(Arc::new)
        };
        let lookup = lookup.boxed().shared();
        state.last += 1;
        let number = state.last;
        state.rounds.insert(key.clone(), Round { number, begun, lookup: lookup.clone() });
        (number, lookup)
    }
}

struct Leave<'a, K: Eq + Hash, T> {
    rounds: &'a Rounds<K, T>,
    key: K,
    number: u64,
}

impl<K: Eq + Hash, T> Drop for Leave<'_, K, T> {
    fn drop(&mut self) {
        let mut state = self.rounds.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Others may still wait in this round: they keep its future, newcomers start a round of their own.
        if state.rounds.get(&self.key).is_some_and(|round| round.number == self.number) {
            state.rounds.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::atomic::AtomicU32, time::Duration};

    use tokio::sync::Semaphore;

    use super::*;

    /// Each look-up takes a permit, and says how many there were before it.
    fn counting(
        count: &Arc<AtomicU32>,
        gate: &Arc<Semaphore>,
    ) -> impl FnOnce() -> BoxFuture<'static, Result<u32, Failure>> + use<> {
        let (count, gate) = (Arc::clone(count), Arc::clone(gate));
        move || {
            async move {
                let number = count.fetch_add(1, Ordering::SeqCst);
                gate.acquire().await.unwrap().forget();
                Ok(number)
            }
            .boxed()
        }
    }

    #[tokio::test]
    async fn a_burst_costs_two_lookups_and_nobody_gets_an_older_one() {
        let rounds: Rounds<u8, u32> = Rounds::default();
        let (count, gate) = (Arc::new(AtomicU32::new(0)), Arc::new(Semaphore::new(0)));
        let first = tokio::spawn({
            let (rounds, work) = (rounds.clone(), counting(&count, &gate));
            async move { rounds.join(1, work).await.unwrap() }
        });
        let begun = async {
            while count.load(Ordering::SeqCst) == 0 {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(5), begun).await.unwrap();
        let mut later: Vec<_> = (0..100).map(|_| Box::pin(rounds.join(1, counting(&count, &gate)))).collect();
        for waiting in &mut later {
            assert!(futures_util::poll!(waiting.as_mut()).is_pending());
        }
        gate.add_permits(1000);
        assert_eq!(first.await.unwrap(), 0);
        for waiting in later {
            assert_eq!(waiting.await.unwrap(), 1, "a look-up that began before the question");
        }
        assert_eq!(count.load(Ordering::SeqCst), 2);
        assert!(rounds.0.lock().unwrap().rounds.is_empty(), "rounds that are over are forgotten");
    }
}
