//! The world: accounts, channels, who is in which room at any instant.
//!
//! Everything that happens by itself is a pure function of the seed and the time, computed when
//! asked; what the control API causes is kept beside it with its time. See [`channel`] for how
//! the two make a room, [`presence`] for the laws, [`roster`] for how rooms are served.

pub(crate) mod accounts;
pub(crate) mod calendar;
pub(crate) mod channel;
pub(crate) mod crowd;
pub(crate) mod hash;
mod logins;
pub(crate) mod moderation;
pub(crate) mod operators;
pub mod people;
pub(crate) mod presence;
mod raids;
pub(crate) mod roster;
pub(crate) mod streams;
mod words;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use accounts::{Account, Accounts, Ix, TwitchId};
use channel::{Channel, Law, Spec};
use hash::{pair, unit};
use operators::Started;
use people::{PEOPLE, SERVICE_BOTS};
use roster::{Roster, Rosters};
use streams::Schedule;

/// Before this instant the built-in members would not all exist yet.
pub(crate) const EARLIEST_MS: i64 = 1_791_000_000_000;
const FIRST_SYNTHETIC_ID: u32 = 15_000_000;

/// Channels to add for a load test.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Synthetic {
    /// How many channels.
    pub channels: u32,
    /// Chatters in each, to the unit unless `churn`.
    pub chatters: u32,
    /// Who moderates them.
    pub moderator: u32,
    /// Chatters are sampled from a common pool of this size; absent, every channel has its own.
    #[serde(default)]
    pub shared_pool: u32,
    /// People come and go, as in the built-in rooms.
    #[serde(default)]
    pub churn: bool,
    /// The channels are live.
    #[serde(default)]
    pub live: bool,
}

#[derive(Debug)]
pub(crate) struct World {
    seed: u64,
    pub(crate) accounts: Accounts,
    channels: RwLock<BTreeMap<TwitchId, Arc<Channel>>>,
    rosters: Rosters,
    operators: Mutex<Vec<Started>>,
    /// Next unused synthetic account, and next unused synthetic channel.
    next_account: AtomicU32,
    next_channel: AtomicU32,
}

impl World {
    pub(crate) fn new(seed: u64) -> Self {
        let world = Self {
            seed,
            accounts: Accounts::new(seed),
            channels: RwLock::default(),
            rosters: Rosters::default(),
            operators: Mutex::default(),
            next_account: AtomicU32::new(0),
            next_channel: AtomicU32::new(FIRST_SYNTHETIC_ID),
        };
        let bots: Vec<Ix> = SERVICE_BOTS.iter().map(|bot| world.register_bot(bot)).collect();
        for person in &PEOPLE {
            world.accounts.register(Account {
                id: person.id,
                login: person.login.to_owned(),
                display_name: person.display_name.to_owned(),
                created_ms: person.created_ms,
                default_picture: person.broadcaster_type.is_empty(),
                description: person.about[usize::from(person.language != "fr")],
                broadcaster_type: person.broadcaster_type,
            });
            let residents = bots.iter().copied().filter(|ix| {
                let mix = pair(u64::from(person.id.0), u64::from(ix.0));
                !person.show[0].is_empty() && unit(mix) < 0.6
            });
            world.add(Spec {
                id: person.id,
                login: person.login.to_owned(),
                display_name: person.display_name.to_owned(),
                language: person.language,
                title: person.show[0].to_owned(),
                game: person.show[1].to_owned(),
                law: person.law,
                schedule: person.schedule,
                residents: residents.collect(),
            });
        }
        for person in &PEOPLE {
            for &channel in person.moderates {
                if let Some(channel) = world.channel(TwitchId(channel)) {
                    channel.overlay_mut().moderators.insert(person.id);
                }
            }
        }
        world
    }

    pub(crate) fn channel(&self, id: TwitchId) -> Option<Arc<Channel>> {
        self.channels.read().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }

    /// All channels, in the order of their ids.
    pub(crate) fn channels(&self) -> Vec<Arc<Channel>> {
        self.channels.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// Channels that `user` moderates, their own not counted.
    pub(crate) fn moderated_by(&self, user: TwitchId) -> Vec<Arc<Channel>> {
        let mut channels = self.channels();
        channels.retain(|channel| channel.overlay().moderators.contains(&user));
        channels
    }

    /// The roster that is valid at `at`.
    pub(crate) fn roster(&self, channel: &Channel, at: i64) -> Arc<Roster> {
        self.rosters.at(&self.accounts, channel, at)
    }

    /// The roster that is valid at `at`, if it was built already.
    pub(crate) fn known_roster(&self, channel: &Channel, at: i64) -> Option<Arc<Roster>> {
        self.rosters.known(channel, at)
    }

    /// Looks an account up by login, also among the people of the rooms seen so far.
    pub(crate) fn find_login(&self, login: &str) -> Option<Ix> {
        let login = login.to_ascii_lowercase();
        self.accounts.find_login(&login).or_else(|| {
            let needle = format!(r#""user_login":"{login}","#);
            self.channels().iter().find_map(|channel| {
                let crowd = channel.built_members()?;
                let at = (0..crowd.accounts().len()).find(|&at| {
                    let row = crowd.row(at);
                    row.windows(needle.len()).any(|window| window == needle.as_bytes())
                })?;
                // A row may show a name that was changed since.
                let ix = crowd.accounts()[at];
                (self.accounts.get(ix).login == login).then_some(ix)
            })
        })
    }

    /// Records that a room changed by hand at `at`.
    pub(crate) fn mark(&self, channel: &Channel, at: i64) {
        let mut overlay = channel.overlay_mut();
        let place = overlay.marks.partition_point(|&mark| mark <= at);
        overlay.marks.insert(place, at);
        drop(overlay);
        self.rosters.forget(channel.id(), at);
    }

    /// Records that an account changed.
    pub(crate) fn account_changed(&self) {
        self.rosters.clear();
    }

    /// Operators started so far.
    pub(crate) fn operators(&self) -> MutexGuard<'_, Vec<Started>> {
        self.operators.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds channels for a load test and returns their ids.
    pub(crate) fn add_synthetic(&self, wanted: &Synthetic) -> Vec<TwitchId> {
        let bots = Vec::new();
        (0..wanted.channels)
            .map(|_| {
                let id = TwitchId(self.next_channel.fetch_add(1, Ordering::Relaxed));
                let login = format!("synthetic_{}", id.0 - FIRST_SYNTHETIC_ID);
                let law = if wanted.churn {
                    Law::AlwaysOn { chatters: wanted.chatters }
                } else if wanted.shared_pool > 0 {
                    let shared = wanted.shared_pool.max(wanted.chatters);
                    Law::Fixed { chatters: wanted.chatters, first: 0, shared }
                } else {
                    let first = self.next_account.fetch_add(wanted.chatters, Ordering::Relaxed);
                    Law::Fixed { chatters: wanted.chatters, first, shared: 0 }
                };
                self.accounts.register(Account {
                    id,
                    login: login.clone(),
                    display_name: login.clone(),
                    created_ms: 1_600_000_000_000,
                    default_picture: true,
                    description: "",
                    broadcaster_type: "affiliate",
                });
                let schedule = if wanted.live { Schedule::AroundTheClock } else { Schedule::Never };
                let channel = self.add(Spec {
                    id,
                    display_name: login.clone(),
                    login,
                    language: "en",
                    title: "load test".to_owned(),
                    game: "Software and Game Development".to_owned(),
                    law,
                    schedule,
                    residents: bots.clone(),
                });
                channel.overlay_mut().moderators.insert(TwitchId(wanted.moderator));
                id
            })
            .collect()
    }

    fn add(&self, spec: Spec) -> Arc<Channel> {
        let channel = Arc::new(Channel::new(self.seed, spec));
        let mut channels = self.channels.write().unwrap_or_else(PoisonError::into_inner);
        channels.insert(channel.id(), Arc::clone(&channel));
        channel
    }

    fn register_bot(&self, &(id, login, name): &(u32, &'static str, &'static str)) -> Ix {
        self.accounts.register(Account {
            id: TwitchId(id),
            login: login.to_owned(),
            display_name: name.to_owned(),
            created_ms: 1_350_000_000_000 + i64::from(id % 10) * 12_000_000_000,
            default_picture: false,
            description: "",
            broadcaster_type: "",
        })
    }
}

#[cfg(test)]
mod tests;
