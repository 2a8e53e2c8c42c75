//! Everything the handlers share.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::config::{Client, Config};
use crate::eventsub::hub::Hub;
use crate::faults::Faults;
use crate::limits::Limits;
use crate::oauth::vault::Vault;
use crate::requests::Requests;
use crate::settings::Settings;
use crate::world::World;
use crate::world::accounts::TwitchId;
use crate::world::channel::Channel;
use crate::world::roster::Roster;

#[derive(Debug)]
pub(crate) struct Sim {
    pub(crate) clock: Clock,
    pub(crate) world: World,
    pub(crate) vault: Vault,
    pub(crate) limits: Limits,
    pub(crate) requests: Requests,
    pub(crate) faults: Faults,
    pub(crate) hub: Hub,
    pub(crate) raids: Mutex<Vec<Value>>,
    /// Cancelled when the simulator stops, for what outlives a request.
    pub(crate) stopping: CancellationToken,
    rng: Mutex<StdRng>,
    clients: RwLock<Vec<Client>>,
    settings: RwLock<Settings>,
}

impl Sim {
    pub(crate) fn new(config: Config) -> Self {
        Self {
            clock: Clock::new(config.start, config.pace),
            world: World::new(config.seed),
            vault: Vault::from_os(),
            limits: Limits::default(),
            requests: Requests::default(),
            faults: Faults::new(config.seed),
            hub: Hub::new(),
            raids: Mutex::default(),
            stopping: CancellationToken::new(),
            rng: Mutex::new(StdRng::seed_from_u64(config.seed)),
            clients: RwLock::new(config.clients),
            settings: RwLock::new(Settings { rate_limit: config.rate_limit, ..Settings::default() }),
        }
    }

    pub(crate) fn client(&self, id: &str) -> Option<Client> {
        let clients = self.clients.read().unwrap_or_else(PoisonError::into_inner);
        clients.iter().find(|client| client.id == id).cloned()
    }

    /// Registers an application, or replaces the one of the same id.
    pub(crate) fn add_client(&self, client: Client) {
        let mut clients = self.clients.write().unwrap_or_else(PoisonError::into_inner);
        clients.retain(|known| known.id != client.id);
        clients.push(client);
    }

    /// Chance for what is caused by hand; what happens by itself needs none.
    pub(crate) fn rng(&self) -> MutexGuard<'_, StdRng> {
        self.rng.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn settings(&self) -> Settings {
        *self.settings.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set_settings(&self, settings: Settings) {
        *self.settings.write().unwrap_or_else(PoisonError::into_inner) = settings;
    }

    /// The roster of a channel at `at`. Building one takes up to tenths of a second in the largest
    /// room, which must not hold up other requests.
    pub(crate) async fn roster(self: &Arc<Self>, channel: &Arc<Channel>, at: i64) -> Arc<Roster> {
        if let Some(roster) = self.world.known_roster(channel, at) {
            return roster;
        }
        let (sim, room) = (Arc::clone(self), Arc::clone(channel));
        let built = tokio::task::spawn_blocking(move || sim.world.roster(&room, at)).await;
        built.unwrap_or_else(|_| self.world.roster(channel, at))
    }

    /// Login and display name of somebody, empty for nobody.
    pub(crate) fn names(&self, id: TwitchId) -> (String, String) {
        self.world.accounts.find(id, self.clock.now_ms()).map_or_else(Default::default, |ix| {
            let account = self.world.accounts.get(ix);
            (account.login, account.display_name)
        })
    }
}
