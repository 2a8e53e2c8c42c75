//! Viewers who opted out, as captures ask for them: the whole table in memory (32 bytes each), read anew when it has
//! changed. While nobody has opted out, nothing is hashed.

use std::{
    collections::HashSet,
    sync::{Arc, PoisonError, RwLock},
};

use common::{
    clients::twitch_api::Chatter,
    db::{
        DbError, Pool,
        opt_outs::{self, Mark},
    },
    opt_out::{OptOutHash, OptOutKey},
};

#[derive(Debug)]
pub struct OptOuts {
    key: OptOutKey,
    known: RwLock<Known>,
}

#[derive(Clone, Debug, Default)]
struct Known {
    mark: Mark,
    hashes: Arc<HashSet<OptOutHash>>,
}

impl OptOuts {
    pub fn new(key: OptOutKey) -> Self {
        Self { key, known: RwLock::default() }
    }

    pub fn key(&self) -> &OptOutKey {
        &self.key
    }

    /// Learns who has opted out until now. A capture asks once, before its first page.
    ///
    /// # Errors
    /// When MariaDB fails.
    pub async fn refresh(&self, pool: &Pool) -> Result<(), DbError> {
        let mark = opt_outs::mark(pool).await?;
        if self.known().mark == mark {
            return Ok(());
        }
        let hashes = Arc::new(opt_outs::all(pool).await?);
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = Known { mark, hashes };
        Ok(())
    }

    /// Takes those who opted out, out of a page.
    pub fn leave_out(&self, chatters: &mut Vec<Chatter>) {
        let hashes = self.known().hashes;
        if !hashes.is_empty() {
            chatters.retain(|chatter| !hashes.contains(&self.key.hash(chatter.0)));
        }
    }

    fn known(&self) -> Known {
        self.known.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
