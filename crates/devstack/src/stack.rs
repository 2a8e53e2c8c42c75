//! A running stack: where its parts are, and how to hurt them.

use std::time::Duration;

use futures_util::future::join_all;

use crate::builder::StackBuilder;
use crate::dir::RunDir;
use crate::error::{Error, Result};
use crate::ports::Port;
use crate::proxy::Proxy;
use crate::secrets::Secrets;
use crate::server::Server;
use crate::service::Service;
use crate::{leaks, mariadb};

/// The running processes. Dropping it kills them and removes their files.
///
/// The fields are in the order in which they must be dropped: those who call before those who answer, the folder
/// when nobody writes to it any more.
#[derive(Debug)]
pub struct Stack {
    pub(crate) services: Vec<(Service, Server)>,
    pub(crate) simulator: Option<Server>,
    pub(crate) balancers: Vec<(Service, Proxy)>,
    pub(crate) proxies: Option<Proxies>,
    pub(crate) redis: Option<Server>,
    pub(crate) mariadb: Server,
    pub(crate) public: String,
    pub(crate) secrets: Secrets,
    /// The public port while a balancer, and no process, listens on it.
    pub(crate) _public_port: Option<Port>,
    pub(crate) dir: RunDir,
}

/// The proxies between the services and what they depend on.
#[derive(Debug)]
pub struct Proxies {
    /// In front of `MariaDB`.
    pub mariadb: Proxy,
    /// In front of Redis.
    pub redis: Proxy,
    /// In front of the simulator.
    pub twitch: Proxy,
}

impl Stack {
    /// Describes a stack, to be started by [`StackBuilder::start`].
    #[must_use]
    pub fn builder() -> StackBuilder {
        StackBuilder::default()
    }

    /// One replica of a service.
    pub fn service(&self, service: Service, replica: usize) -> Result<&Server> {
        self.all(service)
            .nth(replica)
            .ok_or_else(|| Error::NoSuchPart(format!("{}-{replica}", service.name())))
    }

    /// All replicas of a service.
    pub fn all(&self, service: Service) -> impl Iterator<Item = &Server> {
        self.services.iter().filter(move |(of, _)| *of == service).map(|(_, server)| server)
    }

    /// The database server.
    #[must_use]
    pub fn mariadb(&self) -> &Server {
        &self.mariadb
    }

    /// The Redis server.
    pub fn redis(&self) -> Result<&Server> {
        self.redis.as_ref().ok_or_else(|| Error::NoSuchPart("Redis".to_owned()))
    }

    /// The Twitch simulator.
    pub fn simulator(&self) -> Result<&Server> {
        self.simulator.as_ref().ok_or_else(|| Error::NoSuchPart("simulator".to_owned()))
    }

    /// The proxies of a stack built with [`StackBuilder::proxied`].
    pub fn proxies(&self) -> Result<&Proxies> {
        self.proxies.as_ref().ok_or_else(|| Error::NoSuchPart("proxies".to_owned()))
    }

    /// The origin that a browser uses, without a final slash: `http://localhost:<port>`.
    #[must_use]
    pub fn public_url(&self) -> &str {
        &self.public
    }

    /// The origin of a service: its balancer when it has one, else its first replica.
    pub fn url(&self, service: Service) -> Result<String> {
        match self.balancers.iter().find(|(of, _)| *of == service) {
            Some((_, balancer)) => Ok(format!("http://{}", balancer.address())),
            None => Ok(self.service(service, 0)?.url()),
        }
    }

    /// Address of the services' database, past any proxy.
    #[must_use]
    pub fn database_url(&self) -> String {
        mariadb::service_url(self.mariadb.address().port(), &self.secrets)
    }

    /// Address of a database user that may do everything; chooses no database.
    #[must_use]
    pub fn database_admin_url(&self) -> String {
        mariadb::admin_url(&self.mariadb, &self.secrets)
    }

    /// Address of Redis, past any proxy.
    pub fn redis_url(&self) -> Result<String> {
        Ok(redis_url(self.redis()?.address()))
    }

    /// The secret that services show each other.
    #[must_use]
    pub fn internal_api_token(&self) -> &str {
        &self.secrets.internal_api_token
    }

    /// The folder of the logs.
    pub(crate) fn logs(&self) -> Result<std::path::PathBuf> {
        self.dir.subdir("logs")
    }

    /// Id and secret of the application that the simulator knows.
    #[must_use]
    pub fn twitch_client(&self) -> (&str, &str) {
        (&self.secrets.twitch_client_id, &self.secrets.twitch_client_secret)
    }

    /// The keys that stored Twitch tokens are encrypted with, as the variable has them.
    #[must_use]
    pub fn token_encryption_keys(&self) -> &str {
        &self.secrets.token_encryption_keys
    }

    /// The lines of all logs, as `file:line`, that contain a secret of this stack or one of `more`.
    #[must_use]
    pub fn leaks(&self, more: &[&str]) -> Vec<String> {
        let secrets = [&self.secrets.plain(), more].concat();
        self.logs().map_or_else(|_| Vec::new(), |logs| leaks::find(&logs, &secrets))
    }

    /// Every process, those who call others first.
    pub fn servers(&self) -> impl Iterator<Item = &Server> {
        let services = self.services.iter().rev().map(|(_, server)| server);
        services.chain(&self.simulator).chain(&self.redis).chain([&self.mariadb])
    }

    /// A process that has ended, whoever ended it.
    #[must_use]
    pub fn ended(&self) -> Option<&Server> {
        self.servers().find(|server| server.pid().is_none())
    }

    /// Ends everything in order: the services at once, and when they are gone the simulator and the stores. Who
    /// has not ended after `grace` is killed, as are stores whose data nobody will read again.
    pub async fn shut_down(self, grace: Duration) {
        let end = async |servers: Vec<&Server>| {
            // All are asked before any is waited for; who stays is killed when the stack is dropped.
            for server in &servers {
                server.process().ask_to_end();
            }
            join_all(servers.iter().map(|server| server.term(grace))).await;
        };
        end(self.services.iter().map(|(_, server)| server).collect()).await;
        for (_, server) in &self.services {
            server.kill9();
        }
        if !self.dir.is_throwaway() {
            end(self.simulator.iter().chain(&self.redis).collect()).await;
            end(vec![&self.mariadb]).await;
        }
    }
}

impl Drop for Stack {
    /// A test that leaves a secret in a log has failed, whatever it is about.
    fn drop(&mut self) {
        for server in self.servers() {
            server.kill9();
        }
        if self.dir.is_throwaway() && !std::thread::panicking() {
            let leaks = self.leaks(&[]);
            assert!(leaks.is_empty(), "secrets in the logs: {}", leaks.join(", "));
        }
    }
}

pub(crate) fn redis_url(address: std::net::SocketAddr) -> String {
    format!("redis://{address}/0")
}
