//! A pass over the rosters of many captures: a loader fetches them by the batch, a thread beside those that serve
//! reads and folds them. At most [`AHEAD`] batches wait between the two, so memory stays bounded, and either end stops
//! when the other is gone.

use std::sync::Arc;

use bytes::Bytes;
use common::{db::captures::load, ids::CaptureId, roster::Roster};
use roaring::RoaringBitmap;
use tokio::sync::mpsc;

use super::{
    Inner,
    rosters::{Admit, RosterCache},
};
use crate::{
    engine::{Capture, Fold},
    error::Failure,
};

/// How many captures are fetched at once, and how many bytes of rosters are expected to be.
const BATCH_CAPTURES: usize = 128;
const BATCH_BYTES: usize = 2 << 20;

/// How many batches wait to be folded.
const AHEAD: usize = 2;

/// What a presence takes in a roster at most, about.
const BYTES_PER_PRESENCE: usize = 2;

enum Loaded {
    Cached(Arc<RoaringBitmap>),
    Stored(Bytes),
}

enum Step {
    Batch(Vec<(Capture, Loaded)>),
    End,
}

pub(super) async fn fold<F: Fold>(store: &Arc<Inner>, captures: Vec<Capture>, fold: F) -> Result<F, Failure> {
    let _turn = store.turn().await?;
    let (steps, queue) = mpsc::channel(AHEAD);
    let expected: usize = captures.iter().map(|capture| capture.chatters as usize * BYTES_PER_PRESENCE).sum();
    let admit = if expected > store.rosters.limit() { Admit::IfRoom } else { Admit::Always };
    let folding = tokio::task::spawn_blocking({
        let store = Arc::clone(store);
        move || take_in(&store.rosters, queue, admit, fold)
    });
    let loading = feed(store, &captures, &steps).await;
    drop(steps);
    let folded = folding.await.map_err(|panic| Failure::Cut(panic.to_string()))?;
    // A fold that failed closes the queue, which the loader does not know the reason of.
    match (loading, folded) {
        (Err(failure), _) | (Ok(()), Err(failure)) => Err(failure),
        (Ok(()), Ok(fold)) => Ok(fold),
    }
}

async fn feed(store: &Inner, captures: &[Capture], steps: &mpsc::Sender<Step>) -> Result<(), Failure> {
    for batch in batches(captures) {
        let loaded = load_batch(store, batch).await?;
        if steps.send(Step::Batch(loaded)).await.is_err() {
            return Ok(());
        }
    }
    // Nobody listening is told by the fold itself.
    drop(steps.send(Step::End).await);
    Ok(())
}

fn batches(captures: &[Capture]) -> impl Iterator<Item = &[Capture]> {
    let mut left = captures;
    std::iter::from_fn(move || {
        let mut bytes = 0;
        let fits = left.iter().take(BATCH_CAPTURES).take_while(|capture| {
            let before = bytes;
            bytes += capture.chatters as usize * BYTES_PER_PRESENCE;
            before < BATCH_BYTES
        });
        let (batch, rest) = left.split_at(fits.count());
        left = rest;
        (!batch.is_empty()).then_some(batch)
    })
}

async fn load_batch(store: &Inner, batch: &[Capture]) -> Result<Vec<(Capture, Loaded)>, Failure> {
    let cached = store.rosters.get(batch);
    let missing: Vec<CaptureId> =
        batch.iter().zip(&cached).filter(|(_, found)| found.is_none()).map(|(capture, _)| capture.id).collect();
    let mut stored = std::collections::HashMap::with_capacity(missing.len());
    if !missing.is_empty() {
        stored.extend(load::rosters(&store.pool, &missing).await?.into_iter().map(|roster| (roster.id, roster.bytes)));
    }
    let each = batch.iter().zip(cached).map(|(capture, cached)| {
        let loaded = match cached {
            Some(roster) => Loaded::Cached(roster),
            None => Loaded::Stored(stored.remove(&capture.id).ok_or(Failure::Changed)?),
        };
        Ok((*capture, loaded))
    });
    each.collect()
}

fn take_in<F: Fold>(
    cache: &RosterCache,
    mut queue: mpsc::Receiver<Step>,
    admit: Admit,
    mut fold: F,
) -> Result<F, Failure> {
    loop {
        match queue.blocking_recv() {
            Some(Step::Batch(batch)) => {
                for (capture, loaded) in batch {
                    let roster = read(cache, &capture, loaded, admit)?;
                    fold.push(&capture, &roster);
                }
            }
            Some(Step::End) => return Ok(fold),
            None => return Err(Failure::Cut("nobody waits for it".to_owned())),
        }
    }
}

fn read(
    cache: &RosterCache,
    capture: &Capture,
    loaded: Loaded,
    admit: Admit,
) -> Result<Arc<RoaringBitmap>, Failure> {
    let bytes = match loaded {
        Loaded::Cached(roster) => return Ok(roster),
        Loaded::Stored(bytes) => bytes,
    };
    let roster = Roster::from_bytes(&bytes)
        .map_err(|error| common::db::DbError::corrupt("captures", format!("capture {}: {error}", capture.id)))?;
    if roster.len() != capture.chatters {
        return Err(Failure::Changed);
    }
    let roster = Arc::new(roster.0);
    cache.put(capture, Arc::clone(&roster), admit);
    Ok(roster)
}
