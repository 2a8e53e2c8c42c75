//! A cache in memory: what was used last, within a bound of bytes.

use std::{
    collections::{BTreeMap, HashMap},
    hash::Hash,
    sync::{Mutex, PoisonError},
};

use crate::metrics;

/// What an entry takes beside what it holds: keys, pointers, the two maps' nodes.
const ENTRY_BYTES: usize = 256;

/// Whether an entry may push others out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admit {
    Always,
    /// One that is part of more than fits would only push out what comes next.
    IfRoom,
}

#[derive(Debug)]
struct Entry<V> {
    value: V,
    bytes: usize,
    used: u64,
}

#[derive(Debug)]
struct Inner<K, V> {
    entries: HashMap<K, Entry<V>>,
    /// By when they were used last.
    order: BTreeMap<u64, K>,
    bytes: usize,
    tick: u64,
}

/// A cache of `V`s, which are cheap to clone. The least recently used go first.
#[derive(Debug)]
pub struct Lru<K, V> {
    /// As in the metrics.
    name: &'static str,
    inner: Mutex<Inner<K, V>>,
    limit: usize,
}

impl<K: Clone + Eq + Hash, V: Clone> Lru<K, V> {
    /// An empty one, called `name` in the metrics, that holds at most `limit` bytes.
    #[must_use]
    pub fn new(name: &'static str, limit: usize) -> Self {
        let inner = Inner { entries: HashMap::new(), order: BTreeMap::new(), bytes: 0, tick: 0 };
        Self { name, inner: Mutex::new(inner), limit }
    }

    /// How many bytes fit.
    #[must_use]
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// Those of `keys` that are here, each in its place.
    pub fn get(&self, keys: impl ExactSizeIterator<Item = K>) -> Vec<Option<V>> {
        let asked = keys.len();
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let found: Vec<_> = keys.map(|key| inner.touch(&key)).collect();
        drop(inner);
        let hits = found.iter().flatten().count();
        for (outcome, count) in [("hit", hits), ("miss", asked - hits)] {
            metrics::storage::CACHE.with_label_values(&[self.name, outcome]).inc_by(count as u64);
        }
        found
    }

    /// Keeps `value`, which takes `bytes` in memory.
    pub fn put(&self, key: K, value: V, bytes: usize, admit: Admit) {
        let bytes = bytes + ENTRY_BYTES;
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.remove(&key);
        if bytes > self.limit || (admit == Admit::IfRoom && inner.bytes + bytes > self.limit) {
            return;
        }
        while inner.bytes + bytes > self.limit {
            let Some(oldest) = inner.order.first_key_value().map(|(_, key)| key.clone()) else { break };
            inner.remove(&oldest);
        }
        inner.tick += 1;
        let used = inner.tick;
        inner.order.insert(used, key.clone());
        inner.entries.insert(key, Entry { value, bytes, used });
        inner.bytes += bytes;
        let held = i64::try_from(inner.bytes).unwrap_or(i64::MAX);
        metrics::storage::CACHE_BYTES.with_label_values(&[self.name]).set(held);
    }
}

impl<K: Clone + Eq + Hash, V: Clone> Inner<K, V> {
    fn touch(&mut self, key: &K) -> Option<V> {
        let entry = self.entries.get_mut(key)?;
        self.tick += 1;
        let value = entry.value.clone();
        if let Some(key) = self.order.remove(&std::mem::replace(&mut entry.used, self.tick)) {
            self.order.insert(self.tick, key);
        }
        Some(value)
    }

    fn remove(&mut self, key: &K) {
        if let Some(entry) = self.entries.remove(key) {
            self.order.remove(&entry.used);
            self.bytes -= entry.bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn get(cache: &Lru<u8, usize>, key: u8) -> Option<usize> {
        cache.get([key].into_iter())[0]
    }

    proptest! {
        #[test]
        fn it_never_holds_more_than_allowed_and_gives_what_was_put(
            steps in proptest::collection::vec((0_u8..40, 0_usize..3_000, any::<bool>()), 1..200)
        ) {
            let cache = Lru::new("test", 20_000);
            for (key, bytes, always) in steps {
                cache.put(key, bytes, bytes, if always { Admit::Always } else { Admit::IfRoom });
                let inner = cache.inner.lock().unwrap();
                prop_assert!(inner.bytes <= 20_000);
                prop_assert_eq!(inner.bytes, inner.entries.values().map(|entry| entry.bytes).sum::<usize>());
                prop_assert_eq!(inner.entries.len(), inner.order.len());
                drop(inner);
                prop_assert!(get(&cache, key).is_none_or(|found| found == bytes));
                prop_assert!(!always || get(&cache, key).is_some());
            }
        }
    }

    #[test]
    fn what_was_used_last_stays() {
        let cache = Lru::new("test", 3 * (ENTRY_BYTES + 10));
        for key in 0..3 {
            cache.put(key, 0, 10, Admit::Always);
        }
        get(&cache, 0);
        cache.put(9, 0, 10, Admit::Always);
        assert_eq!([0, 1, 2, 9].map(|key| get(&cache, key).is_some()), [true, false, true, true]);
        cache.put(8, 0, 10, Admit::IfRoom);
        assert!(get(&cache, 8).is_none(), "there was no room");
    }
}
