//! Rosters, account columns and intermediate results in memory, within a bound; MariaDB is the truth.
//!
//! Nothing here has to be told of a change. A roster is immutable once its capture is complete, except that accounts
//! may be taken out of it; it is kept under its capture *and* count, so an older one is not found. Account columns
//! follow the log of changes up to the state that a question was asked in ([`columns`]). Intermediate results are kept
//! under the state that they rest on. Heavy work runs beside the threads that serve, a few at a time.

mod columns;
mod gates;
pub(crate) mod rosters;
mod scan;

use std::{any::Any, future::Future, sync::Arc};

use common::{
    db::{Pool, account_changes::Mark},
    lifecycle::Shutdown,
    lru::{Admit, Lru},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

pub(crate) use self::scan::{Read, Sink};
use self::{columns::ColumnStore, gates::Gates, rosters::RosterCache};
use crate::{
    engine::{Capture, Fold, accounts::Accounts},
    error::Failure,
};

/// How the memory is shared out: one part of so many for account columns, one for intermediate results, the rest for
/// rosters.
const COLUMNS_SHARE: usize = 4;
const RESULTS_SHARE: usize = 8;

/// How many threads one question may keep busy.
const MAX_THREADS: usize = 4;

/// Exports wait for their clients, so they take no turn; each may take a thread.
const MAX_EXPORTS: usize = 8;

/// Loads what answers are made of. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Store(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    pool: Pool,
    rosters: RosterCache,
    columns: ColumnStore,
    results: Lru<String, Arc<dyn Any + Send + Sync>>,
    computing: Gates,
    /// How much heavy work runs at once.
    permits: Semaphore,
    /// How many exports are made at once.
    exports: Arc<Semaphore>,
    threads: usize,
}

impl Store {
    pub(crate) fn new(pool: Pool, memory_bytes: usize) -> Self {
        let (columns, results) = (memory_bytes / COLUMNS_SHARE, memory_bytes / RESULTS_SHARE);
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Self(Arc::new(Inner {
            columns: ColumnStore::new(pool.clone(), columns),
            rosters: RosterCache::new(memory_bytes - columns - results),
            results: Lru::new("results", results),
            computing: Gates::default(),
            permits: Semaphore::new(cores.max(2)),
            exports: Arc::new(Semaphore::new(MAX_EXPORTS)),
            threads: cores.min(MAX_THREADS),
            pool,
        }))
    }

    pub(crate) fn pool(&self) -> &Pool {
        &self.0.pool
    }

    /// Feeds the rosters of `captures` into `fold`, in their order. Dropping the future stops the work.
    ///
    /// # Errors
    /// When MariaDB fails, or a capture is not as it was listed ([`Failure::Changed`]).
    pub(crate) async fn fold<F: Fold>(&self, captures: &[Capture], fold: F) -> Result<F, Failure> {
        let _turn = self.0.turn().await?;
        let parts = scan::Parts::new(captures, fold, self.0.threads);
        Ok(scan::run(&self.0, captures, parts).await?.finish())
    }

    /// Hands the rosters of `captures` to `sink`, in their order, without waiting for a turn: for a few captures, or
    /// for a sink that waits itself. Dropping the future stops the work.
    ///
    /// # Errors
    /// As with [`Self::fold`].
    pub(crate) async fn read<S: Sink>(&self, captures: &[Capture], sink: S) -> Result<S, Failure> {
        scan::run(&self.0, captures, sink).await
    }

    /// Leave to make an export, as long as it is held; none when too many are being made.
    pub(crate) fn export_turn(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.0.exports).try_acquire_owned().ok()
    }

    /// The columns of the accounts in `chunks`, as they were at `mark` or later.
    ///
    /// # Errors
    /// When MariaDB fails.
    pub(crate) async fn accounts(&self, chunks: &[usize], mark: Mark) -> Result<Accounts, Failure> {
        self.0.columns.at(chunks, mark).await
    }

    /// The result kept under `key`, or what `compute` finds, of which `bytes` tells the size. The key tells the type,
    /// and the state of all that the result rests on. Who comes while it is computed waits for it.
    ///
    /// # Errors
    /// What `compute` says.
    pub(crate) async fn kept<T: Send + Sync + 'static>(
        &self,
        key: String,
        bytes: impl FnOnce(&T) -> usize,
        compute: impl Future<Output = Result<T, Failure>>,
    ) -> Result<Arc<T>, Failure> {
        let find = || self.0.results.get([key.clone()].into_iter()).pop().flatten()?.downcast().ok();
        if let Some(found) = find() {
            return Ok(found);
        }
        let gate = self.0.computing.gate(&key);
        let mut found = gate.lock().await;
        // Also when it was too large to be kept.
        if let Some(found) = found.clone().and_then(|result| result.downcast().ok()).or_else(find) {
            return Ok(found);
        }
        let result = Arc::new(compute.await?);
        *found = Some(Arc::<T>::clone(&result));
        let size = bytes(&result) + key.len();
        self.0.results.put(key, Arc::<T>::clone(&result), size, Admit::Always);
        Ok(result)
    }

    /// Runs `work` beside the threads that serve, when it is its turn.
    ///
    /// # Errors
    /// When it panics.
    pub(crate) async fn heavy<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Failure> {
        let _turn = self.0.turn().await?;
        tokio::task::spawn_blocking(work).await.map_err(|panic| Failure::Cut(panic.to_string()))
    }
}

impl Inner {
    async fn turn(&self) -> Result<tokio::sync::SemaphorePermit<'_>, Failure> {
        self.permits.acquire().await.map_err(|closed| Failure::Cut(closed.to_string()))
    }
}

/// Loads account columns before anybody asks, the newest first.
pub(crate) async fn warm_up(store: Store, shutdown: Shutdown) {
    tokio::select! {
        () = shutdown.draining() => {}
        outcome = store.0.columns.warm_up() => match outcome {
            Ok(chunks) => tracing::info!(chunks, "columns.warm"),
            Err(error) => tracing::warn!(%error, "columns.warm_up_failed"),
        }
    }
}
