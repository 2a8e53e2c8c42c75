//! Rosters and account columns in memory, within a bound; MariaDB is the truth.
//!
//! Nothing here has to be told of a change. A roster is immutable once its capture is complete, except that an account
//! may be taken out of it; it is kept under its capture *and* count, so an older one is not found. Account columns
//! follow the log of changes up to the state that a question was asked in ([`columns`]). Heavy work runs beside the
//! threads that serve, a few at a time.

mod columns;
mod rosters;
mod scan;

use std::sync::Arc;

use common::{
    db::{Pool, account_changes::Mark},
    lifecycle::Shutdown,
};
use tokio::sync::Semaphore;

use self::{columns::ColumnStore, rosters::RosterCache};
use crate::{
    engine::{Fold, Capture, accounts::Accounts},
    error::Failure,
};

/// Which share of the memory account columns may take; the rest is for rosters.
const COLUMNS_SHARE: usize = 4;

/// Loads what answers are made of. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Store(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    pool: Pool,
    rosters: RosterCache,
    columns: ColumnStore,
    /// How much heavy work runs at once.
    permits: Semaphore,
}

impl Store {
    pub(crate) fn new(pool: Pool, memory_bytes: usize) -> Self {
        let columns = memory_bytes / COLUMNS_SHARE;
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Self(Arc::new(Inner {
            columns: ColumnStore::new(pool.clone(), columns),
            rosters: RosterCache::new(memory_bytes - columns),
            permits: Semaphore::new(cores.max(2)),
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
    pub(crate) async fn fold<F: Fold>(&self, captures: Vec<Capture>, fold: F) -> Result<F, Failure> {
        scan::fold(&self.0, captures, fold).await
    }

    /// The columns of the accounts in `chunks`, as they were at `mark` or later.
    ///
    /// # Errors
    /// When MariaDB fails.
    pub(crate) async fn accounts(&self, chunks: &[usize], mark: Mark) -> Result<Accounts, Failure> {
        self.0.columns.at(chunks, mark).await
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
