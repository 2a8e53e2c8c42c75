//! Account columns in memory, kept current by the log of changes.
//!
//! Chunks are loaded when they are first needed. Before every use the log is followed up to the state that the
//! question was asked in, and what it names is read again; when nothing was written since, that is one comparison.
//! Loading and following happen one after the other, so no change falls between them.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex as SyncMutex, MutexGuard, PoisonError},
};

use common::{
    db::{
        Pool,
        account_changes::{self, Mark},
        account_columns,
    },
    ids::AccountId,
    metrics,
};
use tokio::sync::Mutex;

use crate::{
    engine::accounts::{Accounts, CHUNK, CHUNK_BYTES, Chunk, Columns},
    error::Failure,
};

/// How many chunks one statement loads.
const LOADED_AT_ONCE: usize = 4;

/// How many changes one statement reads.
const CHANGES_AT_ONCE: usize = 256;

#[derive(Debug)]
pub(crate) struct ColumnStore {
    pool: Pool,
    /// How many chunks are kept.
    capacity: usize,
    /// Held while chunks are loaded or changed.
    log: Mutex<Option<Log>>,
    held: SyncMutex<Held>,
}

/// Which rows of the log are in the chunks.
#[derive(Debug)]
struct Log {
    mark: Mark,
    /// Rows up to here are.
    floor: u64,
    /// And of those after it, these.
    seen: BTreeSet<u64>,
}

#[derive(Debug, Default)]
struct Held {
    chunks: HashMap<usize, Kept>,
    tick: u64,
}

#[derive(Debug)]
struct Kept {
    chunk: Arc<Chunk>,
    used: u64,
}

impl ColumnStore {
    pub(crate) fn new(pool: Pool, bytes: usize) -> Self {
        Self {
            pool,
            capacity: (bytes / CHUNK_BYTES).max(1),
            log: Mutex::default(),
            held: SyncMutex::default(),
        }
    }

    /// The columns of the accounts in chunks `numbers`, at `mark` or later.
    ///
    /// # Errors
    /// When MariaDB fails.
    pub(crate) async fn at(&self, numbers: &[usize], mark: Mark) -> Result<Accounts, Failure> {
        let mut log = self.log.lock().await;
        self.follow(&mut log, mark).await?;
        let (mut accounts, missing) = self.held().take(numbers);
        let runs =
            missing.chunk_by(|left, right| left + 1 == *right).flat_map(|run| run.chunks(LOADED_AT_ONCE));
        for run in runs {
            for (number, chunk) in self.load(run).await? {
                accounts.insert(number, Arc::clone(&chunk));
                self.held().keep(number, chunk, self.capacity);
            }
        }
        Ok(accounts)
    }

    /// Loads as many chunks as are kept, those of the newest accounts first; how many.
    ///
    /// # Errors
    /// When MariaDB fails.
    pub(crate) async fn warm_up(&self) -> Result<usize, Failure> {
        let mark = account_changes::mark(&self.pool).await?;
        let Some(newest) = account_columns::newest(&self.pool).await? else { return Ok(0) };
        let last = Chunk::number(newest);
        let first = (last + 1).saturating_sub(self.capacity);
        let numbers: Vec<usize> = (first..=last).collect();
        // By the piece, so that questions come in between.
        for piece in numbers.rchunks(LOADED_AT_ONCE) {
            self.at(piece, mark).await?;
        }
        Ok(numbers.len())
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts the changes up to `mark` into the chunks that are held.
    async fn follow(&self, log: &mut Option<Log>, mark: Mark) -> Result<(), Failure> {
        let log = match log {
            Some(log) if log.mark == mark => return Ok(()),
            Some(log) => log,
            // Nothing is held yet: what is loaded from now on has all that the log has now.
            None => {
                let floor = mark.floor();
                let (rows, _) = account_changes::after(&self.pool, floor).await?;
                let seen = rows.into_iter().collect();
                *log = Some(Log { mark, floor, seen });
                return Ok(());
            }
        };
        let (rows, trimmed) = account_changes::after(&self.pool, log.floor).await?;
        if trimmed {
            tracing::warn!("columns.fell_behind");
            self.held().chunks.clear();
        } else {
            let unseen: Vec<u64> = rows.iter().copied().filter(|row| !log.seen.contains(row)).collect();
            for some in unseen.chunks(CHANGES_AT_ONCE) {
                let changed = account_columns::changed(&self.pool, some).await?;
                self.held().change(changed);
            }
        }
        *log = Log::of(rows);
        Ok(())
    }

    async fn load(&self, run: &[usize]) -> Result<Vec<(usize, Arc<Chunk>)>, Failure> {
        let (Some(first), Some(last)) = (run.first(), run.last()) else { return Ok(Vec::new()) };
        let start = |number: usize| u32::try_from(number).unwrap_or(u32::MAX).saturating_mul(CHUNK);
        let end = start(*last).saturating_add(CHUNK - 1);
        let columns = account_columns::range(&self.pool, AccountId(start(*first)), AccountId(end)).await?;
        let mut chunks = vec![Chunk::default(); run.len()];
        for account in columns {
            chunks[Chunk::number(account.id) - first].set(account);
        }
        Ok(run.iter().copied().zip(chunks.into_iter().map(Arc::new)).collect())
    }
}

impl Log {
    fn of(rows: Vec<u64>) -> Self {
        let newest = rows.last().copied().unwrap_or(0);
        let floor = Mark { newest, recent: 0 }.floor();
        let seen: BTreeSet<u64> = rows.into_iter().filter(|row| *row > floor).collect();
        Self { mark: Mark { newest, recent: seen.len() as u64 }, floor, seen }
    }
}

impl Held {
    /// What is here of `numbers`, and what is not.
    fn take(&mut self, numbers: &[usize]) -> (Accounts, Vec<usize>) {
        let (mut accounts, mut missing) = (Accounts::default(), Vec::new());
        self.tick += 1;
        for number in numbers {
            match self.chunks.get_mut(number) {
                Some(kept) => {
                    kept.used = self.tick;
                    accounts.insert(*number, Arc::clone(&kept.chunk));
                }
                None => missing.push(*number),
            }
        }
        let outcomes = [("hit", numbers.len() - missing.len()), ("miss", missing.len())];
        for (outcome, count) in outcomes {
            metrics::storage::CACHE.with_label_values(&["columns", outcome]).inc_by(count as u64);
        }
        (accounts, missing)
    }

    fn keep(&mut self, number: usize, chunk: Arc<Chunk>, capacity: usize) {
        if self.chunks.len() >= capacity
            && let Some(oldest) =
                self.chunks.iter().min_by_key(|(_, kept)| kept.used).map(|(number, _)| *number)
        {
            self.chunks.remove(&oldest);
        }
        self.chunks.insert(number, Kept { chunk, used: self.tick });
        let bytes = self.chunks.len() * CHUNK_BYTES;
        metrics::storage::CACHE_BYTES
            .with_label_values(&["columns"])
            .set(i64::try_from(bytes).unwrap_or(i64::MAX));
    }

    /// Questions that are being answered keep the chunk they have.
    fn change(&mut self, changed: Vec<Columns>) {
        for account in changed {
            if let Some(kept) = self.chunks.get_mut(&Chunk::number(account.id)) {
                Arc::make_mut(&mut kept.chunk).set(account);
            }
        }
    }
}
