//! Who exists: accounts by id, by number, by login.
//!
//! Two kinds share one numbering ([`Ix`]). *Organic* accounts (`0..UNIVERSE`) are computed from
//! their number: nothing is stored, and a simulator that restarts answers the same. *Registered*
//! accounts (people to log in as, service bots, broadcasters of synthetic channels, accounts of
//! operators) are kept in a list. Renames and suspensions lie over both.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use super::calendar::{Calendar, UNIVERSE};
use super::crowd;
use super::hash::{named, pair, unit};
use super::logins;

/// A Twitch user id. Channels are named by their broadcaster's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TwitchId(pub u32);

impl TwitchId {
    /// Reads a decimal id; `None` for anything else, as Twitch calls it malformed.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| text.parse().map_or(Self(u32::MAX), Self))
    }
}

impl fmt::Display for TwitchId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Number of an account inside the simulator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Ix(pub(crate) u32);

/// First id of the organic range; smaller ids are people, bots and synthetic channels.
const ORGANIC_FIRST_ID: u32 = 20_000_000;
/// Ids per account of the universe: ids are as sparse as after years of removals.
const ID_STRIDE: u32 = 84;
/// Within a stride, organic accounts use the first residues and operators the others.
const ORGANIC_RESIDUES: u32 = 78;
const REGISTERED_BASE: u32 = 1 << 25;

const DESCRIPTIONS: [&str; 8] = [
    "Je regarde plus que je ne joue.",
    "Just here for the chat.",
    "Speedrun, café et chats.",
    "Gaming since the floppy disk.",
    "Viewer, modo à ses heures.",
    "Retro games and lo-fi.",
    "Ici pour apprendre.",
    "Music, plants, strategy games.",
];

/// What Get Users tells of somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) id: TwitchId,
    pub(crate) login: String,
    pub(crate) display_name: String,
    pub(crate) created_ms: i64,
    pub(crate) default_picture: bool,
    pub(crate) description: &'static str,
    pub(crate) broadcaster_type: &'static str,
}

#[derive(Debug)]
pub(crate) struct Accounts {
    calendar: Calendar,
    key: u64,
    registered: RwLock<Registered>,
}

#[derive(Debug, Default)]
struct Registered {
    list: Vec<Arc<Account>>,
    by_id: HashMap<TwitchId, Ix>,
    by_login: HashMap<String, Ix>,
    renamed: HashMap<Ix, (String, String)>,
    suspended: HashSet<Ix>,
}

impl Accounts {
    pub(crate) fn new(seed: u64) -> Self {
        Self { calendar: Calendar::new(seed), key: named(seed, "accounts"), registered: RwLock::default() }
    }

    pub(crate) fn calendar(&self) -> &Calendar {
        &self.calendar
    }

    /// Adds an account; its id must be free (see [`Accounts::free_id`]).
    pub(crate) fn register(&self, account: Account) -> Ix {
        let mut registered = self.registered.write().unwrap_or_else(PoisonError::into_inner);
        let ix = Ix(REGISTERED_BASE + registered.list.len() as u32);
        registered.by_id.insert(account.id, ix);
        registered.by_login.insert(account.login.clone(), ix);
        registered.list.push(Arc::new(account));
        ix
    }

    /// An id for an account created at `created_ms`, next to those created at that time.
    pub(crate) fn free_id(&self, created_ms: i64) -> TwitchId {
        let registered = self.registered.read().unwrap_or_else(PoisonError::into_inner);
        let mut rank = self.calendar.rank_at(created_ms);
        loop {
            for residue in ORGANIC_RESIDUES..ID_STRIDE {
                let id = TwitchId(ORGANIC_FIRST_ID + rank * ID_STRIDE + residue);
                if !registered.by_id.contains_key(&id) {
                    return id;
                }
            }
            rank += 1;
        }
    }

    /// The account with this number, as it is called now.
    pub(crate) fn get(&self, ix: Ix) -> Account {
        let registered = self.registered.read().unwrap_or_else(PoisonError::into_inner);
        let mut account = match ix.0.checked_sub(REGISTERED_BASE) {
            Some(at) => {
                registered.list.get(at as usize).map_or_else(|| self.organic(Ix(0)), |a| (**a).clone())
            }
            None => self.organic(ix),
        };
        if let Some((login, name)) = registered.renamed.get(&ix) {
            account.login.clone_from(login);
            account.display_name.clone_from(name);
        }
        account
    }

    /// The number behind an id, if such an account exists at `now_ms` and is not suspended.
    pub(crate) fn find(&self, id: TwitchId, now_ms: i64) -> Option<Ix> {
        let registered = self.registered.read().unwrap_or_else(PoisonError::into_inner);
        let ix = registered.by_id.get(&id).copied().or_else(|| {
            let rank = self.organic_rank(id)?;
            (self.calendar.created_ms(rank) <= now_ms).then_some(Ix(rank))
        })?;
        (!registered.suspended.contains(&ix)).then_some(ix)
    }

    /// The number behind the id of a suspended account.
    pub(crate) fn find_suspended(&self, id: TwitchId) -> Option<Ix> {
        let registered = self.registered.read().unwrap_or_else(PoisonError::into_inner);
        let ix = registered.by_id.get(&id).copied().or_else(|| self.organic_rank(id).map(Ix))?;
        registered.suspended.contains(&ix).then_some(ix)
    }

    fn organic_rank(&self, id: TwitchId) -> Option<u32> {
        let rank = id.0.checked_sub(ORGANIC_FIRST_ID)? / ID_STRIDE;
        (rank < UNIVERSE && self.organic_id(rank) == id).then_some(rank)
    }

    /// A registered or renamed account by login; organic ones are found by who knows the rooms.
    pub(crate) fn find_login(&self, login: &str) -> Option<Ix> {
        let registered = self.registered.read().unwrap_or_else(PoisonError::into_inner);
        let ix = *registered.by_login.get(login)?;
        (!registered.suspended.contains(&ix)).then_some(ix)
    }

    pub(crate) fn rename(&self, ix: Ix, login: &str, display_name: &str) {
        let mut registered = self.registered.write().unwrap_or_else(PoisonError::into_inner);
        registered.by_login.retain(|_, owner| *owner != ix);
        registered.by_login.insert(login.to_owned(), ix);
        registered.renamed.insert(ix, (login.to_owned(), display_name.to_owned()));
    }

    pub(crate) fn suspend(&self, ix: Ix, suspended: bool) {
        let mut registered = self.registered.write().unwrap_or_else(PoisonError::into_inner);
        if suspended {
            registered.suspended.insert(ix);
        } else {
            registered.suspended.remove(&ix);
        }
    }

    /// Rows of renamed accounts, and `None` for suspended ones, which are in no room.
    pub(crate) fn changed_rows(&self) -> HashMap<Ix, Option<Vec<u8>>> {
        let (renamed, suspended) = {
            let registered = self.registered.read().unwrap_or_else(PoisonError::into_inner);
            let renamed: Vec<Ix> = registered.renamed.keys().copied().collect();
            (renamed, registered.suspended.clone())
        };
        let rows = renamed.into_iter().map(|ix| (ix, Some(crowd::row(self, ix))));
        rows.chain(suspended.into_iter().map(|ix| (ix, None))).collect()
    }

    pub(crate) fn id(&self, ix: Ix) -> TwitchId {
        if ix.0 < REGISTERED_BASE { self.organic_id(ix.0) } else { self.get(ix).id }
    }

    fn organic_id(&self, rank: u32) -> TwitchId {
        let jitter = pair(self.key, u64::from(rank)) as u32 % ORGANIC_RESIDUES;
        TwitchId(ORGANIC_FIRST_ID + rank * ID_STRIDE + jitter)
    }

    /// Marginals of the detection study, section 4: 34 % default picture, 62 % no description,
    /// 6 % affiliates.
    fn organic(&self, ix: Ix) -> Account {
        let hash = pair(self.key ^ 0xacc0, u64::from(ix.0));
        let login = logins::login(self.key, ix.0);
        let broadcaster_type = match unit(pair(hash, 3)) {
            share if share < 0.003 => "partner",
            share if share < 0.063 => "affiliate",
            _ => "",
        };
        Account {
            id: self.organic_id(ix.0),
            display_name: logins::display_name(pair(hash, 4), &login),
            login,
            created_ms: self.calendar.created_ms(ix.0),
            default_picture: unit(pair(hash, 1)) < 0.34,
            description: if unit(pair(hash, 2)) < 0.62 { "" } else { DESCRIPTIONS[(hash % 8) as usize] },
            broadcaster_type,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_lead_back_to_their_account() {
        let accounts = Accounts::new(1);
        for rank in (0..UNIVERSE).step_by(12_345) {
            let account = accounts.get(Ix(rank));
            assert_eq!(accounts.find(account.id, i64::MAX), Some(Ix(rank)));
            assert_eq!(accounts.find(account.id, account.created_ms - 1), None);
        }
        assert_eq!(accounts.find(TwitchId(5), i64::MAX), None);
    }

    #[test]
    fn profiles_follow_the_stated_shares() {
        let accounts = Accounts::new(1);
        let all: Vec<Account> = (0..20_000).map(|n| accounts.get(Ix(n * 800))).collect();
        let share =
            |test: &dyn Fn(&Account) -> bool| all.iter().filter(|a| test(a)).count() as f64 / 20_000.0;
        assert!((share(&|a| a.default_picture) - 0.34).abs() < 0.02);
        assert!((share(&|a| a.description.is_empty()) - 0.62).abs() < 0.02);
        assert!((share(&|a| !a.broadcaster_type.is_empty()) - 0.063).abs() < 0.01);
    }

    #[test]
    fn free_ids_lie_at_their_time_and_do_not_repeat() {
        let accounts = Accounts::new(1);
        let at = 1_750_000_000_000;
        let organic = accounts.organic_id(accounts.calendar().rank_at(at));
        for n in 0..20 {
            let id = accounts.free_id(at);
            assert!(id.0.abs_diff(organic.0) < 1_000);
            let mut account = accounts.get(Ix(0));
            (account.id, account.login) = (id, format!("bot{n}"));
            let ix = accounts.register(account);
            assert_eq!(accounts.find(id, at), Some(ix));
        }
    }

    #[test]
    fn only_digits_are_an_id() {
        assert_eq!(TwitchId::parse("42"), Some(TwitchId(42)));
        for bad in ["", "a", "1,2", "-1", "+1", " 1"] {
            assert_eq!(TwitchId::parse(bad), None, "{bad}");
        }
    }
}
