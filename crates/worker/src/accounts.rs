//! Turns chatters into dense account ids: from memory first, then one bulk read, then one bulk insert of the unknown.
//!
//! The memory is two generations of a map: new and recently used entries live in the young one; when that is full, it
//! becomes the old one and the old one is dropped. A hash of the name is remembered with the id, so that a rename is
//! noticed without a look into MariaDB.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    mem,
    sync::{Mutex, PoisonError},
};

use chrono::{DateTime, Utc};
use common::{
    clients::twitch_api::Chatter,
    clock::Clock,
    db::{
        DbError, Pool,
        accounts::{self, Known},
    },
    ids::{AccountId, TwitchUserId},
};

use crate::config::AccountsConfig;

const SECONDS_PER_DAY: i64 = 86_400;

/// The accounts of some chatters.
#[derive(Debug, Default)]
pub struct Resolved {
    pub accounts: Vec<AccountId>,
    /// How many had never been seen on any channel.
    pub unknown: u32,
}

/// All accounts that this worker remembers.
#[derive(Debug)]
pub struct Accounts {
    config: AccountsConfig,
    memory: Mutex<Memory>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry {
    id: AccountId,
    name: u32,
    /// The day (since 1970) from which the account is to be enriched anew when seen.
    stale_day: u16,
}

#[derive(Debug, Default)]
struct Memory {
    young: HashMap<u64, Entry>,
    old: HashMap<u64, Entry>,
}

impl Memory {
    fn get(&mut self, id: TwitchUserId, generation: usize) -> Option<Entry> {
        if let Some(entry) = self.young.get(&id.0) {
            return Some(*entry);
        }
        let entry = self.old.remove(&id.0)?;
        self.put(id, entry, generation);
        Some(entry)
    }

    fn put(&mut self, id: TwitchUserId, entry: Entry, generation: usize) {
        if self.young.len() >= generation {
            self.old = mem::take(&mut self.young);
        }
        self.young.insert(id.0, entry);
    }
}

impl Accounts {
    pub fn new(config: AccountsConfig) -> Self {
        Self {
            config,
            memory: Mutex::default(),
        }
    }

    /// The accounts of `chatters`; unknown ones are created, renames stored, stale ones made due for enrichment.
    ///
    /// # Errors
    /// When MariaDB fails.
    pub async fn resolve(
        &self,
        pool: &Pool,
        clock: &Clock,
        chatters: Vec<Chatter>,
    ) -> Result<Resolved, DbError> {
        let now = clock.now();
        let today = day(now);
        let mut resolved = Resolved {
            accounts: Vec::with_capacity(chatters.len()),
            unknown: 0,
        };
        let mut asked = Vec::new();
        let mut stale = Vec::new();
        {
            let mut memory = self.memory();
            for chatter in chatters {
                match memory.get(chatter.0, self.generation()) {
                    Some(entry) if entry.name == name_hash(&chatter) && entry.stale_day > today => {
                        resolved.accounts.push(entry.id);
                    }
                    _ => asked.push(chatter),
                }
            }
        }
        if asked.is_empty() {
            return Ok(resolved);
        }
        // In the order of the index: neighbours are inserted beside each other.
        asked.sort_unstable_by_key(|chatter| chatter.0);
        let ids: Vec<_> = asked.iter().map(|chatter| chatter.0).collect();
        let known: HashMap<_, _> = accounts::find(pool, &ids)
            .await?
            .into_iter()
            .map(|known| (known.twitch_id, known))
            .collect();
        let mut unknown = Vec::new();
        let mut renamed = Vec::new();
        for chatter in asked {
            let Some(known) = known.get(&chatter.0) else {
                unknown.push(chatter);
                continue;
            };
            resolved.accounts.push(known.id);
            if self.is_stale(known, today) {
                stale.push(known.id);
            }
            self.remember(known.id, &chatter, self.stale_day(known, today));
            if known.login != chatter.1 || known.display_name != chatter.2 {
                renamed.push(chatter);
            }
        }
        self.create(pool, &unknown, &mut resolved).await?;
        store_changes(pool, &renamed, &stale, now).await?;
        Ok(resolved)
    }

    async fn create(&self, pool: &Pool, unknown: &[Chatter], resolved: &mut Resolved) -> Result<(), DbError> {
        let created: HashMap<_, _> = accounts::insert(pool, unknown)
            .await?
            .into_iter()
            .map(|(id, twitch_id)| (twitch_id, id))
            .collect();
        for chatter in unknown {
            let id = *created
                .get(&chatter.0)
                .ok_or_else(|| DbError::corrupt("accounts", "an insert gave no id"))?;
            resolved.accounts.push(id);
            resolved.unknown += 1;
            self.remember(id, chatter, u16::MAX);
        }
        Ok(())
    }

    fn is_stale(&self, known: &Known, today: u16) -> bool {
        known
            .enriched_at
            .is_some_and(|at| day(at).saturating_add(self.config.refresh_days) <= today)
    }

    /// One that waits for enrichment is looked at again when it is forgotten and seen anew.
    fn stale_day(&self, known: &Known, today: u16) -> u16 {
        match known.enriched_at {
            Some(at) if !self.is_stale(known, today) => day(at).saturating_add(self.config.refresh_days),
            _ => u16::MAX,
        }
    }

    fn remember(&self, id: AccountId, chatter: &Chatter, stale_day: u16) {
        let entry = Entry {
            id,
            name: name_hash(chatter),
            stale_day,
        };
        self.memory().put(chatter.0, entry, self.generation());
    }

    fn generation(&self) -> usize {
        self.config.cache_entries / 2
    }

    fn memory(&self) -> std::sync::MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn store_changes(
    pool: &Pool,
    renamed: &[Chatter],
    stale: &[AccountId],
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    if !renamed.is_empty() {
        let mut tx = pool.begin().await?;
        accounts::rename(&mut tx, renamed, now).await?;
        tx.commit().await?;
    }
    if !stale.is_empty() {
        accounts::refresh(pool, stale).await?;
    }
    Ok(())
}

fn day(at: DateTime<Utc>) -> u16 {
    u16::try_from(at.timestamp().div_euclid(SECONDS_PER_DAY)).unwrap_or(0)
}

fn name_hash(chatter: &Chatter) -> u32 {
    let mut hasher = DefaultHasher::new();
    (&chatter.1, &chatter.2).hash(&mut hasher);
    #[expect(clippy::cast_possible_truncation, reason = "half of a hash is a hash")]
    let hash = hasher.finish() as u32;
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_memory_is_bounded_and_keeps_what_is_used() {
        let mut memory = Memory::default();
        let entry = |id| Entry {
            id: AccountId(id),
            name: 0,
            stale_day: 0,
        };
        for id in 0..100_u32 {
            memory.put(TwitchUserId(id.into()), entry(id), 10);
            assert_eq!(
                memory.get(TwitchUserId(0), 10),
                Some(entry(0)),
                "used at every step, yet forgotten at {id}"
            );
            assert!(memory.young.len() + memory.old.len() <= 20);
        }
        assert_eq!(memory.get(TwitchUserId(50), 10), None);
    }

    #[test]
    fn a_changed_letter_is_another_name() {
        let chatter = |login: &str, name: &str| Chatter(TwitchUserId(1), login.to_owned(), name.to_owned());
        assert_ne!(
            name_hash(&chatter("amelie", "Amelie")),
            name_hash(&chatter("amelie", "AMELIE"))
        );
        assert_ne!(name_hash(&chatter("ab", "c")), name_hash(&chatter("a", "bc")));
    }
}
