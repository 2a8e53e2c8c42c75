//! How many more jobs this worker may run: in all, and of each kind that is limited.

use std::{collections::HashMap, sync::Arc, time::Duration};

use common::{jobs::KINDS, lifecycle::Shutdown};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// For how long a worker that was full waits until half of it is free.
const GATHER: Duration = Duration::from_millis(5);

/// How many jobs are started at once, at most.
const BATCH: usize = 64;

#[derive(Debug)]
pub struct Room {
    all: Arc<Semaphore>,
    half: u32,
    limited: HashMap<&'static str, Arc<Semaphore>>,
}

/// The room of one running job, free again when dropped.
#[derive(Debug)]
pub struct Place {
    _all: OwnedSemaphorePermit,
    _kind: Option<OwnedSemaphorePermit>,
}

impl Room {
    pub fn new(concurrency: u32) -> Self {
        let limited = KINDS.iter().filter_map(|(kind, policy)| {
            policy.concurrency.map(|limit| (*kind, Arc::new(Semaphore::new(limit as usize))))
        });
        let all = Arc::new(Semaphore::new(concurrency as usize));
        Self { all, half: concurrency / 2, limited: limited.collect() }
    }

    /// Waits for room and takes all there is, one permit a job; `None` when draining.
    ///
    /// When there was none, more is waited for: a claim costs about the same for one job as for many.
    pub async fn free(&self, shutdown: &Shutdown) -> Option<Vec<OwnedSemaphorePermit>> {
        let was_full = self.all.available_permits() == 0;
        let first = tokio::select! {
            permit = self.all.clone().acquire_owned() => permit.ok()?,
            () = shutdown.draining() => return None,
        };
        if was_full {
            let half = self.all.clone().acquire_many_owned(self.half);
            drop(tokio::time::timeout(GATHER, half).await);
        }
        let more = std::iter::from_fn(|| self.all.clone().try_acquire_owned().ok());
        Some(std::iter::once(first).chain(more).take(BATCH).collect())
    }

    /// How many more jobs of `kind` its own limit allows.
    pub fn of(&self, kind: &str) -> usize {
        self.limited.get(kind).map_or(usize::MAX, |limit| limit.available_permits())
    }

    /// The kinds that may be started now, the most urgent first.
    pub fn open_kinds(&self) -> Vec<&'static str> {
        KINDS.iter().map(|(kind, _)| *kind).filter(|kind| self.of(kind) > 0).collect()
    }

    /// Whether no kind is at its limit.
    pub fn all_open(&self) -> bool {
        self.limited.values().all(|limit| limit.available_permits() > 0)
    }

    /// Gives one of the permits of [`Self::free`] to a job of `kind`, which was chosen with regard to [`Self::of`].
    pub fn place(&self, permit: OwnedSemaphorePermit, kind: &str) -> Place {
        let limit = self.limited.get(kind).and_then(|limit| limit.clone().try_acquire_owned().ok());
        Place { _all: permit, _kind: limit }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_kind_at_its_limit_is_closed_and_others_are_not() {
        let room = Room::new(8);
        assert_eq!(room.open_kinds(), ["capture_chatters", "probe", "enrich_accounts", "forget_viewer"]);
        let permits = room.free(&Shutdown::manual()).await.unwrap();
        assert_eq!(permits.len(), 8);
        let places: Vec<_> =
            permits.into_iter().take(2).map(|permit| room.place(permit, "enrich_accounts")).collect();
        assert_eq!(room.open_kinds(), ["capture_chatters", "probe", "forget_viewer"]);
        drop(places);
        assert_eq!(room.of("enrich_accounts"), 2);
        assert_eq!(room.free(&Shutdown::manual()).await.unwrap().len(), 8, "all permits come back");
    }
}
