//! What a stack is to consist of.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use crate::binaries::{Binaries, binaries};
use crate::error::Result;
use crate::mariadb::Durability;
use crate::service::Service;
use crate::stack::Stack;

const DEFAULT_LIMIT: Duration = Duration::from_mins(1);

/// Describes a stack; by default `MariaDB`, Redis, the simulator and one replica of each service.
#[derive(Clone, Debug)]
pub struct StackBuilder {
    pub(crate) replicas: BTreeMap<Service, usize>,
    pub(crate) env: Vec<(Target, String, String)>,
    pub(crate) redis: bool,
    pub(crate) simulator: bool,
    pub(crate) proxied: bool,
    pub(crate) durability: Durability,
    pub(crate) port: Option<u16>,
    pub(crate) data_dir: Option<PathBuf>,
    pub(crate) bin_dir: Option<PathBuf>,
    pub(crate) web_dist: Option<PathBuf>,
    pub(crate) prelude: Option<Prelude>,
    pub(crate) limit: Duration,
    pub(crate) progress: fn(&str),
}

/// Whom a variable is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Simulator,
    Every(Service),
    One(Service, usize),
}

/// One of our programs, run to its end before the services start.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Prelude {
    pub(crate) program: &'static str,
    pub(crate) arg: &'static str,
    /// What it does, in a few words.
    pub(crate) what: &'static str,
}

impl Default for StackBuilder {
    fn default() -> Self {
        Self {
            replicas: Service::ALL.map(|service| (service, 1)).into(),
            env: Vec::new(),
            redis: true,
            simulator: true,
            proxied: false,
            durability: Durability::Full,
            port: None,
            data_dir: None,
            bin_dir: None,
            web_dist: None,
            prelude: None,
            limit: DEFAULT_LIMIT,
            progress: |_| {},
        }
    }
}

impl StackBuilder {
    /// How many processes of a service run. With two or more a balancer stands in front of them.
    #[must_use]
    pub fn replicas(mut self, service: Service, count: usize) -> Self {
        self.replicas.insert(service, count);
        self
    }

    /// Leaves a service out.
    #[must_use]
    pub fn without(self, service: Service) -> Self {
        self.replicas(service, 0)
    }

    /// Only `MariaDB` and Redis: an empty database, no migrations.
    #[must_use]
    pub fn only_stores(mut self) -> Self {
        self.replicas.clear();
        self.simulator = false;
        self
    }

    /// Leaves Redis out, for what only needs a database.
    #[must_use]
    pub fn without_redis(mut self) -> Self {
        self.redis = false;
        self
    }

    /// Leaves the simulator out; Twitch is then an address that refuses connections.
    #[must_use]
    pub fn without_simulator(mut self) -> Self {
        self.simulator = false;
        self
    }

    /// Runs `program arg` to its end when the database is migrated and the simulator is up, and before the services
    /// start. It is told all that `twitch-api` and the worker are told, and `SIM_URL`. When it fails, `progress` says
    /// so, and the services start nonetheless.
    #[must_use]
    pub(crate) fn prelude(mut self, prelude: Prelude) -> Self {
        self.prelude = Some(prelude);
        self
    }

    /// Puts a [`Proxy`](crate::proxy::Proxy) between the services and each of `MariaDB`, Redis and Twitch.
    #[must_use]
    pub fn proxied(mut self) -> Self {
        self.proxied = true;
        self
    }

    /// Acknowledges commits before they are on disk. For tests that kill no database.
    #[must_use]
    pub fn relaxed(mut self) -> Self {
        self.durability = Durability::Relaxed;
        self
    }

    /// Sets a variable for all replicas of a service.
    #[must_use]
    pub fn env(self, service: Service, name: &str, value: impl Into<String>) -> Self {
        self.with(Target::Every(service), name, value)
    }

    /// Sets a variable for one replica of a service; stronger than [`env`](Self::env) when called later.
    #[must_use]
    pub fn env_of(self, service: Service, replica: usize, name: &str, value: impl Into<String>) -> Self {
        self.with(Target::One(service, replica), name, value)
    }

    /// Sets a variable for the simulator.
    #[must_use]
    pub fn simulator_env(self, name: &str, value: impl Into<String>) -> Self {
        self.with(Target::Simulator, name, value)
    }

    /// The gateway's port instead of any free one. The public address is then `http://localhost:<port>`.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }

    /// Keeps data, secrets and logs in this folder, and goes on from what is there.
    #[must_use]
    pub fn data_dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.data_dir = Some(dir.into());
        self
    }

    /// Where our programs are, instead of [`binaries`].
    #[must_use]
    pub fn bin_dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.bin_dir = Some(dir.into());
        self
    }

    /// The built web page, instead of the workspace's `web/dist`.
    #[must_use]
    pub fn web_dist(mut self, dir: impl Into<PathBuf>) -> Self {
        self.web_dist = Some(dir.into());
        self
    }

    /// How long the processes may take to become ready, each time they are started.
    #[must_use]
    pub fn ready_within(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Is told in a few words what is being started.
    #[must_use]
    pub fn on_progress(mut self, progress: fn(&str)) -> Self {
        self.progress = progress;
        self
    }

    /// Starts everything and waits until all of it is ready.
    ///
    /// Fails when a program is missing, a process ends or does not become ready in time, or the migrations
    /// fail; what was started until then is killed.
    pub async fn start(self) -> Result<Stack> {
        Stack::start(self).await
    }

    pub(crate) fn binaries(&self) -> Result<Binaries> {
        self.bin_dir.clone().map_or_else(binaries, |dir| Ok(Binaries::in_dir(dir)))
    }

    pub(crate) fn env_for(&self, wanted: Target) -> impl Iterator<Item = (String, String)> {
        let applies = move |target: Target| match (target, wanted) {
            (Target::Every(service), Target::One(of, _)) => service == of,
            _ => target == wanted,
        };
        self.env
            .iter()
            .filter(move |(target, ..)| applies(*target))
            .map(|(_, name, value)| (name.clone(), value.clone()))
    }

    fn with(mut self, target: Target, name: &str, value: impl Into<String>) -> Self {
        self.env.push((target, name.to_owned(), value.into()));
        self
    }
}
