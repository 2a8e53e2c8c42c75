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
    /// How many are now due for enrichment: seen for the first time anywhere, or stale.
    pub due: u32,
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
        Self { config, memory: Mutex::default() }
    }

    /// The accounts of `chatters`; unknown ones are created, renames stored, stale ones made due for enrichment.
    ///
    /// # Errors
    /// When MariaDB fails; nothing is remembered then, so that a repeat stores what is missing.
    pub async fn resolve(
        &self,
        pool: &Pool,
        clock: &Clock,
        chatters: Vec<Chatter>,
    ) -> Result<Resolved, DbError> {
        let now = clock.now();
        let today = day(now);
        let (mut accounts, mut asked) = self.recall(chatters, today);
        if asked.is_empty() {
            return Ok(Resolved { accounts, due: 0 });
        }
        // In the order of the index: neighbours are inserted beside each other.
        asked.sort_unstable_by_key(|chatter| chatter.0);
        let ids: Vec<_> = asked.iter().map(|chatter| chatter.0).collect();
        let known =
            by_twitch_id(accounts::find(pool, &ids).await?.into_iter().map(|known| (known.twitch_id, known)));
        let (found, unknown): (Vec<_>, Vec<_>) =
            asked.into_iter().partition(|chatter| known.contains_key(&chatter.0));

        let created = by_twitch_id(
            accounts::insert(pool, &unknown).await?.into_iter().map(|(id, twitch)| (twitch, id)),
        );
        let mut learned = Vec::with_capacity(ids.len());
        for chatter in &unknown {
            let id = *created
                .get(&chatter.0)
                .ok_or_else(|| DbError::corrupt("accounts", "an insert gave no id"))?;
            learned.push((chatter.0, Entry { id, name: name_hash(chatter), stale_day: u16::MAX }));
        }
        let mut stale = Vec::new();
        let mut renamed = Vec::new();
        for chatter in found {
            let Some(known) = known.get(&chatter.0) else {
                continue;
            };
            let stale_day = self.stale_day(known);
            if stale_day <= today {
                stale.push(known.id);
            }
            // Once made due it is looked at again when it is forgotten and seen anew.
            let stale_day = if stale_day <= today { u16::MAX } else { stale_day };
            learned.push((chatter.0, Entry { id: known.id, name: name_hash(&chatter), stale_day }));
            if known.login != chatter.1 || known.display_name != chatter.2 {
                renamed.push(chatter);
            }
        }
        store_changes(pool, &renamed, &stale, now).await?;
        accounts.extend(learned.iter().map(|(_, entry)| entry.id));
        self.remember(learned);
        Ok(Resolved { accounts, due: u32::try_from(unknown.len() + stale.len()).unwrap_or(u32::MAX) })
    }

    /// The accounts that memory knows under the same name, and the chatters to ask MariaDB about.
    fn recall(&self, chatters: Vec<Chatter>, today: u16) -> (Vec<AccountId>, Vec<Chatter>) {
        let mut memory = self.memory();
        let mut accounts = Vec::with_capacity(chatters.len());
        let mut asked = Vec::new();
        for chatter in chatters {
            match memory.get(chatter.0, self.generation()) {
                Some(entry) if entry.name == name_hash(&chatter) && entry.stale_day > today => {
                    accounts.push(entry.id);
                }
                _ => asked.push(chatter),
            }
        }
        (accounts, asked)
    }

    fn remember(&self, learned: Vec<(TwitchUserId, Entry)>) {
        let mut memory = self.memory();
        for (id, entry) in learned {
            memory.put(id, entry, self.generation());
        }
    }

    /// The day from which Twitch is to be asked about a known account anew, also about one that it did not know; one that
    /// waits for its first time is not stale.
    fn stale_day(&self, known: &Known) -> u16 {
        known.asked_at.map_or(u16::MAX, |at| day(at).saturating_add(self.config.refresh_days))
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

fn by_twitch_id<T>(rows: impl Iterator<Item = (TwitchUserId, T)>) -> HashMap<TwitchUserId, T> {
    rows.collect()
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
        let entry = |id| Entry { id: AccountId(id), name: 0, stale_day: 0 };
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
        assert_ne!(name_hash(&chatter("amelie", "Amelie")), name_hash(&chatter("amelie", "AMELIE")));
        assert_ne!(name_hash(&chatter("ab", "c")), name_hash(&chatter("a", "bc")));
    }
}
