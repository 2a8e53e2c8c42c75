//! Everything the handlers share.

use std::sync::{PoisonError, RwLock};

use crate::clock::Clock;
use crate::config::{Client, Config};
use crate::limits::Limits;
use crate::oauth::vault::Vault;
use crate::requests::Requests;
use crate::settings::Settings;
use crate::world::World;

#[derive(Debug)]
pub(crate) struct Sim {
    pub(crate) clock: Clock,
    pub(crate) world: World,
    pub(crate) vault: Vault,
    pub(crate) limits: Limits,
    pub(crate) requests: Requests,
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

    pub(crate) fn settings(&self) -> Settings {
        *self.settings.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set_settings(&self, settings: Settings) {
        *self.settings.write().unwrap_or_else(PoisonError::into_inner) = settings;
    }
}
