//! Rosters in memory: the least recently used go first, and no more bytes than allowed stay.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

use common::{ids::CaptureId, metrics};
use roaring::RoaringBitmap;

use crate::engine::Capture;

/// What an entry takes beside its containers: keys, pointers, the two maps' nodes.
const ENTRY_BYTES: usize = 256;
/// What a container takes beside its elements.
const CONTAINER_BYTES: usize = 48;

/// A capture's roster is another one when accounts were taken out of it.
type Key = (CaptureId, u32);

fn key(capture: &Capture) -> Key {
    (capture.id, capture.chatters)
}

#[derive(Debug)]
struct Entry {
    roster: Arc<RoaringBitmap>,
    bytes: usize,
    used: u64,
}

#[derive(Debug, Default)]
struct Inner {
    entries: HashMap<Key, Entry>,
    /// By when they were used last.
    order: BTreeMap<u64, Key>,
    bytes: usize,
    tick: u64,
}

#[derive(Debug)]
pub(crate) struct RosterCache {
    inner: Mutex<Inner>,
    limit: usize,
}

/// Whether a roster may push others out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Admit {
    Always,
    /// One that is part of more than fits would only push out what comes next.
    IfRoom,
}

impl RosterCache {
    pub(crate) fn new(limit: usize) -> Self {
        Self { inner: Mutex::default(), limit }
    }

    /// How many bytes of rosters fit.
    pub(crate) fn limit(&self) -> usize {
        self.limit
    }

    /// The rosters of `captures` that are here, each in its place.
    pub(crate) fn get(&self, captures: &[Capture]) -> Vec<Option<Arc<RoaringBitmap>>> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let found: Vec<_> = captures.iter().map(|capture| inner.touch(key(capture))).collect();
        drop(inner);
        let hits = found.iter().flatten().count();
        metrics::storage::CACHE.with_label_values(&["rosters", "hit"]).inc_by(hits as u64);
        metrics::storage::CACHE.with_label_values(&["rosters", "miss"]).inc_by((captures.len() - hits) as u64);
        found
    }

    /// Keeps a roster.
    pub(crate) fn put(&self, capture: &Capture, roster: Arc<RoaringBitmap>, admit: Admit) {
        let bytes = size(&roster);
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.remove(key(capture));
        if bytes > self.limit || (admit == Admit::IfRoom && inner.bytes + bytes > self.limit) {
            return;
        }
        while inner.bytes + bytes > self.limit {
            let Some(oldest) = inner.order.first_key_value().map(|(_, key)| *key) else { break };
            inner.remove(oldest);
        }
        inner.tick += 1;
        let used = inner.tick;
        inner.order.insert(used, key(capture));
        inner.entries.insert(key(capture), Entry { roster, bytes, used });
        inner.bytes += bytes;
        metrics::storage::CACHE_BYTES
            .with_label_values(&["rosters"])
            .set(i64::try_from(inner.bytes).unwrap_or(i64::MAX));
    }

    #[cfg(test)]
    fn bytes(&self) -> usize {
        self.inner.lock().unwrap().bytes
    }
}

impl Inner {
    fn touch(&mut self, key: Key) -> Option<Arc<RoaringBitmap>> {
        let entry = self.entries.get_mut(&key)?;
        self.order.remove(&entry.used);
        self.tick += 1;
        entry.used = self.tick;
        self.order.insert(self.tick, key);
        Some(Arc::clone(&entry.roster))
    }

    fn remove(&mut self, key: Key) {
        if let Some(entry) = self.entries.remove(&key) {
            self.order.remove(&entry.used);
            self.bytes -= entry.bytes;
        }
    }
}

/// What a roster takes in memory.
fn size(roster: &RoaringBitmap) -> usize {
    let containers = roster.statistics().n_containers as usize;
    ENTRY_BYTES + containers * CONTAINER_BYTES + roster.serialized_size()
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use common::ids::ChannelId;
    use proptest::prelude::*;

    use super::*;

    fn capture(id: u64, chatters: u32) -> Capture {
        Capture {
            id: CaptureId(id),
            channel: ChannelId(1),
            captured_at: DateTime::UNIX_EPOCH,
            stream: None,
            chatters,
            viewers: None,
        }
    }

    proptest! {
        #[test]
        fn it_never_holds_more_than_allowed_and_never_gives_another_roster(
            steps in proptest::collection::vec((0_u64..40, 1_u32..3_000, any::<bool>()), 1..200)
        ) {
            let cache = RosterCache::new(40_000);
            for (id, chatters, always) in steps {
                let roster: RoaringBitmap = (0..chatters).map(|n| n * 3).collect();
                let admit = if always { Admit::Always } else { Admit::IfRoom };
                let before = cache.bytes();
                cache.put(&capture(id, chatters), Arc::new(roster), admit);
                prop_assert!(cache.bytes() <= 40_000);
                prop_assert!(always || cache.bytes() + size(&(0..3_000).collect()) >= before);
                if let Some(found) = &cache.get(&[capture(id, chatters)])[0] {
                    prop_assert_eq!(found.len(), u64::from(chatters));
                }
                prop_assert!(cache.get(&[capture(id, chatters + 1)])[0].as_ref().is_none_or(|other| other.len() == u64::from(chatters + 1)));
            }
        }
    }

    #[test]
    fn what_was_used_last_stays() {
        let cache = RosterCache::new(3 * size(&(0..10).collect()));
        let roster = || Arc::new((0..10).collect::<RoaringBitmap>());
        for id in 0..3 {
            cache.put(&capture(id, 10), roster(), Admit::Always);
        }
        cache.get(&[capture(0, 10)]);
        cache.put(&capture(9, 10), roster(), Admit::Always);
        let held: Vec<bool> = [0, 1, 2, 9].map(|id| cache.get(&[capture(id, 10)])[0].is_some()).into();
        assert_eq!(held, [true, false, true, true]);
        cache.put(&capture(8, 10), roster(), Admit::IfRoom);
        assert!(cache.get(&[capture(8, 10)])[0].is_none(), "there was no room");
    }
}
