//! One mutex per user, for as long as somebody uses it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use common::ids::UserId;

/// Above this many entries, those that nobody uses are swept out.
const SWEEP_ABOVE: usize = 256;

#[derive(Default)]
pub(super) struct Locks(Mutex<HashMap<UserId, Weak<tokio::sync::Mutex<()>>>>);

impl Locks {
    /// The user's mutex; the same one for all who hold it at this moment.
    pub(super) fn of(&self, user: UserId) -> Arc<tokio::sync::Mutex<()>> {
        let mut locks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lock) = locks.get(&user).and_then(Weak::upgrade) {
            return lock;
        }
        if locks.len() > SWEEP_ABOVE {
            locks.retain(|_, lock| lock.strong_count() > 0);
        }
        let lock = Arc::default();
        locks.insert(user, Arc::downgrade(&lock));
        lock
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_user_gets_the_same_lock_while_it_is_held() {
        let locks = Locks::default();
        let first = locks.of(UserId(1));
        assert!(Arc::ptr_eq(&first, &locks.of(UserId(1))));
        assert!(!Arc::ptr_eq(&first, &locks.of(UserId(2))));
        for user in 3..2_000 {
            locks.of(UserId(user));
        }
        assert!(locks.0.lock().unwrap().len() <= SWEEP_ABOVE + 1, "unused locks stay");
        assert!(Arc::ptr_eq(&first, &locks.of(UserId(1))), "a lock in use was swept out");
    }
}
