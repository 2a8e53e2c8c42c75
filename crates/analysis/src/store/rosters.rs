//! Rosters in memory.

use std::sync::Arc;

use common::{
    ids::CaptureId,
    lru::{Admit, Lru},
};
use roaring::RoaringBitmap;

use crate::engine::Capture;

/// What a container takes beside its elements, in bytes.
const CONTAINER_BYTES: usize = 48;

/// A capture's roster is another one when accounts were taken out of it.
type Key = (CaptureId, u32);

#[derive(Debug)]
pub(crate) struct RosterCache(Lru<Key, Arc<RoaringBitmap>>);

impl RosterCache {
    pub(crate) fn new(limit: usize) -> Self {
        Self(Lru::new("rosters", limit))
    }

    pub(crate) fn limit(&self) -> usize {
        self.0.limit()
    }

    /// The rosters of `captures` that are here, each in its place.
    pub(crate) fn get(&self, captures: &[Capture]) -> Vec<Option<Arc<RoaringBitmap>>> {
        self.0.get(captures.iter().map(|capture| (capture.id, capture.chatters)))
    }

    pub(crate) fn put(&self, capture: &Capture, roster: Arc<RoaringBitmap>, admit: Admit) {
        let bytes = size(&roster);
        self.0.put((capture.id, capture.chatters), roster, bytes, admit);
    }
}

/// What a roster takes in memory, in bytes.
pub(crate) fn size(roster: &RoaringBitmap) -> usize {
    roster.statistics().n_containers as usize * CONTAINER_BYTES + roster.serialized_size()
}
