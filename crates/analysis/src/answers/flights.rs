//! Work that many wait for and that runs once; it is dropped when nobody waits any more.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use futures_util::{
    FutureExt as _,
    future::{BoxFuture, Shared as SharedFuture, WeakShared},
};

use crate::error::{Failure, Shared};

type Work<T> = BoxFuture<'static, Result<T, Shared>>;

/// What runs, by key. Cheap to clone.
pub(crate) struct Flights<T: Clone>(Arc<Mutex<HashMap<String, WeakShared<Work<T>>>>>);

impl<T: Clone> Clone for Flights<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: Clone> Default for Flights<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T: Clone> std::fmt::Debug for Flights<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Flights")
    }
}

impl<T: Clone + Send + Sync + 'static> Flights<T> {
    /// The outcome of the work `key` that runs, or of `start` when none does.
    ///
    /// # Errors
    /// What the work says.
    pub(crate) async fn join(
        &self,
        key: &str,
        start: impl FnOnce() -> BoxFuture<'static, Result<T, Failure>>,
    ) -> Result<T, Shared> {
        // Locals go in reverse order: the work first, so that the sweep sees whether we were the last.
        let _sweep = Sweep { flights: self, key };
        let work = self.enter(key, start);
        work.await
    }

    fn enter(
        &self,
        key: &str,
        start: impl FnOnce() -> BoxFuture<'static, Result<T, Failure>>,
    ) -> SharedFuture<Work<T>> {
        let mut running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(work) = running.get(key).and_then(WeakShared::upgrade) {
            return work;
        }
        let work = start().map(|outcome| outcome.map_err(Arc::new)).boxed().shared();
        if let Some(weak) = work.downgrade() {
            running.insert(key.to_owned(), weak);
        }
        work
    }
}

struct Sweep<'a, T: Clone> {
    flights: &'a Flights<T>,
    key: &'a str,
}

impl<T: Clone> Drop for Sweep<'_, T> {
    fn drop(&mut self) {
        let mut running = self.flights.0.lock().unwrap_or_else(PoisonError::into_inner);
        if running.get(self.key).is_some_and(|work| work.upgrade().is_none()) {
            running.remove(self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use tokio::sync::Notify;

    use super::*;

    #[tokio::test]
    async fn equal_work_runs_once_and_is_forgotten() {
        let flights: Flights<u32> = Flights::default();
        let (count, go) = (Arc::new(AtomicU32::new(0)), Arc::new(Notify::new()));
        let waiting: Vec<_> = (0..50)
            .map(|_| {
                let (flights, count, go) = (flights.clone(), Arc::clone(&count), Arc::clone(&go));
                tokio::spawn(async move {
                    let start = || {
                        async move {
                            count.fetch_add(1, Ordering::SeqCst);
                            go.notified().await;
                            Ok(7)
                        }
                        .boxed()
                    };
                    flights.join("key", start).await.unwrap()
                })
            })
            .collect();
        tokio::task::yield_now().await;
        go.notify_one();
        for outcome in futures_util::future::join_all(waiting).await {
            assert_eq!(outcome.unwrap(), 7);
        }
        assert_eq!(count.load(Ordering::SeqCst), 1);
        assert!(flights.0.lock().unwrap().is_empty());
    }

    #[tokio::test]
    async fn work_that_nobody_waits_for_is_dropped() {
        struct Dropped(Arc<AtomicU32>);
        impl Drop for Dropped {
            fn drop(&mut self) {
                self.0.fetch_add(1, Ordering::SeqCst);
            }
        }
        let flights: Flights<u32> = Flights::default();
        let dropped = Arc::new(AtomicU32::new(0));
        let guard = Dropped(Arc::clone(&dropped));
        let start = || {
            async move {
                let _guard = guard;
                std::future::pending().await
            }
            .boxed()
        };
        let mut waiting = Box::pin(flights.join("key", start));
        assert!(futures_util::poll!(waiting.as_mut()).is_pending());
        drop(waiting);
        assert_eq!(dropped.load(Ordering::SeqCst), 1);
        assert!(flights.0.lock().unwrap().is_empty());
    }
}
