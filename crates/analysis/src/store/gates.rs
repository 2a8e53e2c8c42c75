//! One computes a result, and who else wants it waits. When the one gives up, the next begins.

use std::{
    any::Any,
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
};

/// What was found, as long as somebody waits for it.
type Gate = tokio::sync::Mutex<Option<Arc<dyn Any + Send + Sync>>>;

/// What is being computed, by key.
#[derive(Debug, Default)]
pub(super) struct Gates(Mutex<HashMap<String, Weak<Gate>>>);

impl Gates {
    /// Who wants to compute `key` holds it, and leaves the result in it.
    pub(super) fn gate(&self, key: &str) -> Arc<Gate> {
        let mut gates = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(gate) = gates.get(key).and_then(Weak::upgrade) {
            return gate;
        }
        gates.retain(|_, gate| gate.strong_count() > 0);
        let gate = Arc::default();
        gates.insert(key.to_owned(), Arc::downgrade(&gate));
        gate
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use futures_util::{FutureExt as _, future::join_all};

    use super::*;

    #[tokio::test]
    async fn one_computes_for_all_and_the_next_when_it_gives_up() {
        let (gates, computed) = (Gates::default(), Cell::new(0));
        let want = || async {
            let gate = gates.gate("key");
            let mut found = gate.lock().await;
            if found.is_none() {
                tokio::task::yield_now().await;
                computed.set(computed.get() + 1);
                *found = Some(Arc::new(7));
            }
        };
        let mut given_up = Box::pin(want());
        assert!(given_up.as_mut().now_or_never().is_none(), "it computes");
        let others = join_all((0..50).map(|_| want()));
        drop(given_up);
        others.await;
        assert_eq!(computed.get(), 1);
        gates.gate("another");
        assert_eq!(gates.0.lock().unwrap().len(), 1, "what nobody waits for is forgotten");
    }
}
