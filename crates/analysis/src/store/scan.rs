//! A pass over the rosters of many captures: a loader fetches them by the batch, a thread beside those that serve
//! reads them and hands them to a [`Sink`]. At most [`AHEAD`] batches wait between the two, so memory stays bounded,
//! and either end stops when the other is gone.

use std::{
    collections::HashMap,
    ops::{ControlFlow, RangeInclusive},
    sync::Arc,
};

use bytes::Bytes;
use common::{
    db::{DbError, captures::rosters},
    ids::CaptureId,
    lru::Admit,
    roster::Roster,
};
use roaring::RoaringBitmap;
use tokio::sync::mpsc;

use super::{Inner, rosters::RosterCache};
use crate::{
    engine::{Capture, Fold, Present},
    error::Failure,
};

/// How many captures are fetched at once, and how many bytes of rosters are expected to be.
const BATCH_CAPTURES: usize = 128;
const BATCH_BYTES: usize = 2 << 20;

/// How many batches wait to be folded.
const AHEAD: usize = 2;

/// What a presence takes in a roster at most, about.
const BYTES_PER_PRESENCE: usize = 2;

/// From how many presences on a fold is worth more than one thread.
const WORTH_PARTS: usize = 500_000;

/// A capture and who was there.
pub(crate) type Read = (Capture, Arc<RoaringBitmap>);

/// Takes in captures in their order, in a thread that may block.
pub(crate) trait Sink: Send + 'static {
    /// Whether to go on.
    fn batch(&mut self, batch: &[Read]) -> ControlFlow<()>;
}

enum Loaded {
    Cached(Arc<RoaringBitmap>),
    Stored(Bytes),
}

enum Step {
    Batch(Vec<(Capture, Loaded)>),
    End,
}

/// Hands all `captures` to `sink`; gives it back when it has them, or has enough.
pub(super) async fn run<S: Sink>(store: &Arc<Inner>, captures: &[Capture], sink: S) -> Result<S, Failure> {
    let (steps, queue) = mpsc::channel(AHEAD);
    let expected: usize = captures.iter().map(|capture| capture.chatters as usize * BYTES_PER_PRESENCE).sum();
    let admit = if expected > store.rosters.limit() { Admit::IfRoom } else { Admit::Always };
    let taking = tokio::task::spawn_blocking({
        let store = Arc::clone(store);
        move || take_in(&store.rosters, queue, admit, sink)
    });
    let loading = feed(store, captures, &steps).await;
    drop(steps);
    let taken = taking.await.map_err(|panic| Failure::Cut(panic.to_string()))?;
    // A sink that stops closes the queue; the loader does not know the reason.
    match (loading, taken) {
        (Err(failure), _) | (Ok(()), Err(failure)) => Err(failure),
        (Ok(()), Ok(sink)) => Ok(sink),
    }
}

async fn feed(store: &Inner, captures: &[Capture], steps: &mpsc::Sender<Step>) -> Result<(), Failure> {
    for batch in batches(captures) {
        let loaded = load_batch(store, batch).await?;
        if steps.send(Step::Batch(loaded)).await.is_err() {
            return Ok(());
        }
    }
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
    let absent = batch.iter().zip(&cached).filter(|(_, found)| found.is_none());
    let missing: Vec<CaptureId> = absent.map(|(capture, _)| capture.id).collect();
    let mut stored = match &missing[..] {
        [] => HashMap::new(),
        missing => rosters::load(&store.pool, missing).await?,
    };
    let each = batch.iter().zip(cached).map(|(capture, cached)| {
        let loaded = match cached {
            Some(roster) => Loaded::Cached(roster),
            None => Loaded::Stored(stored.remove(&capture.id).ok_or(Failure::Changed)?),
        };
        Ok((*capture, loaded))
    });
    each.collect()
}

fn take_in<S: Sink>(
    cache: &RosterCache,
    mut queue: mpsc::Receiver<Step>,
    admit: Admit,
    mut sink: S,
) -> Result<S, Failure> {
    loop {
        match queue.blocking_recv() {
            Some(Step::Batch(batch)) => {
                let read = batch.into_iter().map(|(capture, loaded)| {
                    read(cache, &capture, loaded, admit).map(|roster| (capture, roster))
                });
                let batch: Vec<Read> = read.collect::<Result<_, _>>()?;
                if sink.batch(&batch).is_break() {
                    return Ok(sink);
                }
            }
            Some(Step::End) => return Ok(sink),
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
    let corrupt = |error| DbError::corrupt("rosters", format!("capture {}: {error}", capture.id));
    let roster = Roster::from_bytes(&bytes).map_err(corrupt)?;
    if roster.len() != capture.chatters {
        return Err(Failure::Changed);
    }
    let roster = Arc::new(roster.0);
    cache.put(capture, Arc::clone(&roster), admit);
    Ok(roster)
}

/// A fold in one part for each thread, each with a range of accounts.
pub(super) struct Parts<F> {
    fold: F,
    threads: usize,
    running: Vec<(RangeInclusive<u32>, F)>,
}

impl<F: Fold> Parts<F> {
    /// Uses up to `threads`, when there is enough to do.
    pub(super) fn new(captures: &[Capture], fold: F, threads: usize) -> Self {
        let presences: usize = captures.iter().map(|capture| capture.chatters as usize).sum();
        let threads = if presences < WORTH_PARTS { 1 } else { threads };
        Self { fold, threads, running: Vec::new() }
    }

    pub(super) fn finish(self) -> F {
        let mut parts = self.running.into_iter().map(|(_, fold)| fold);
        let Some(mut first) = parts.next() else { return self.fold };
        first.end();
        for mut part in parts {
            part.end();
            first.merge(part);
        }
        first
    }
}

impl<F: Fold> Sink for Parts<F> {
    fn batch(&mut self, batch: &[Read]) -> ControlFlow<()> {
        if self.running.is_empty() {
            self.running =
                ranges(batch, self.threads).into_iter().map(|ids| (ids, self.fold.clone())).collect();
        }
        let push_all = |ids: &RangeInclusive<u32>, fold: &mut F| {
            for (capture, roster) in batch {
                fold.push(capture, &Present::new(roster, ids.clone()));
            }
        };
        std::thread::scope(|scope| {
            let mut parts = self.running.iter_mut();
            let here = parts.next();
            for (ids, fold) in parts {
                scope.spawn(|| push_all(ids, fold));
            }
            if let Some((ids, fold)) = here {
                push_all(ids, fold);
            }
        });
        ControlFlow::Continue(())
    }
}

/// Ranges of ids that together hold everybody, each about as many of the fullest roster.
fn ranges(batch: &[Read], threads: usize) -> Vec<RangeInclusive<u32>> {
    let fullest = batch.iter().max_by_key(|(capture, _)| capture.chatters).map(|(_, roster)| roster);
    let mut ranges = Vec::with_capacity(threads);
    let mut start = 0;
    for part in 1..threads {
        let rank = fullest.map_or(0, |roster| roster.len() * part as u64 / threads as u64);
        let cut = fullest.and_then(|roster| roster.select(u32::try_from(rank).unwrap_or(u32::MAX)));
        if let Some(cut) = cut.filter(|cut| *cut > start) {
            ranges.push(start..=cut - 1);
            start = cut;
        }
    }
    ranges.push(start..=u32::MAX);
    ranges
}
