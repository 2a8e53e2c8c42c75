//! The counted columns of accounts in memory: five bytes an account, in chunks.

use std::sync::Arc;

pub use common::db::account_columns::{
    Columns, DEFAULT_PICTURE, DESCRIPTION, ENRICHED, GONE, STAFF, STREAMER,
};
use common::ids::AccountId;

use super::set::DenseSet;

/// How many accounts a chunk holds.
pub const CHUNK: u32 = 1 << 14;

/// What a chunk takes in memory, in bytes.
pub const CHUNK_BYTES: usize = CHUNK as usize * 5 + 64;

/// The columns of the accounts `number * CHUNK ..`.
#[derive(Clone, Debug)]
pub struct Chunk {
    created: Box<[u32]>,
    flags: Box<[u8]>,
}

impl Default for Chunk {
    fn default() -> Self {
        Self { created: vec![0; CHUNK as usize].into(), flags: vec![0; CHUNK as usize].into() }
    }
}

impl Chunk {
    /// Which chunk holds the account.
    #[must_use]
    pub fn number(id: AccountId) -> usize {
        (id.0 / CHUNK) as usize
    }

    /// Puts an account into its place.
    pub fn set(&mut self, account: Columns) {
        let place = (account.id.0 % CHUNK) as usize;
        self.created[place] = account.created;
        self.flags[place] = account.flags;
    }
}

/// The columns of some accounts as they were at one moment; what is not there counts as not enriched.
#[derive(Clone, Debug, Default)]
pub struct Accounts(Vec<Option<Arc<Chunk>>>);

impl Accounts {
    /// Adds a chunk.
    pub fn insert(&mut self, number: usize, chunk: Arc<Chunk>) {
        if self.0.len() <= number {
            self.0.resize(number + 1, None);
        }
        self.0[number] = Some(chunk);
    }

    fn chunk(&self, id: AccountId) -> Option<&Chunk> {
        self.0.get(Chunk::number(id))?.as_deref()
    }

    /// The account's flags; none are set when nothing is known about it.
    #[must_use]
    pub fn flags(&self, id: AccountId) -> u8 {
        self.chunk(id).map_or(0, |chunk| chunk.flags[(id.0 % CHUNK) as usize])
    }

    /// When the Twitch account was created, in seconds of Unix time, if Twitch has told.
    #[must_use]
    pub fn created(&self, id: AccountId) -> Option<u32> {
        self.chunk(id).map(|chunk| chunk.created[(id.0 % CHUNK) as usize]).filter(|created| *created > 0)
    }
}

impl FromIterator<Columns> for Accounts {
    fn from_iter<I: IntoIterator<Item = Columns>>(columns: I) -> Self {
        let mut accounts = Self::default();
        for account in columns {
            let number = Chunk::number(account.id);
            if accounts.chunk(account.id).is_none() {
                accounts.insert(number, Arc::default());
            }
            if let Some(Some(chunk)) = accounts.0.get_mut(number) {
                Arc::make_mut(chunk).set(account);
            }
        }
        accounts
    }
}

/// The numbers of the chunks that hold `members`, ascending.
#[must_use]
pub fn chunks_of(members: &DenseSet) -> Vec<usize> {
    const WORDS: usize = CHUNK as usize / u64::BITS as usize;
    let chunks = members.words().chunks(WORDS).enumerate();
    chunks.filter(|(_, words)| words.iter().any(|word| *word != 0)).map(|(number, _)| number).collect()
}
