//! Everybody but the stores: planned with their ports, told where the others are, migrated, started at once.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

use futures_util::future::try_join_all;
use tokio::time::Instant;

use crate::binaries::Binaries;
use crate::builder::{StackBuilder, Target};
use crate::error::{Error, Result};
use crate::ports::Port;
use crate::process::{Process, Spec};
use crate::proxy::Proxy;
use crate::secrets::Secrets;
use crate::server::{Probe, Server};
use crate::service::{Service, Wiring, simulator_env};
use crate::stack::{Proxies, redis_url};
use crate::{mariadb, wait, workspace};

pub(crate) const SIMULATOR: &str = "twitch-sim";
/// Where a service says whether it can do its work.
const READY: &str = "/readyz";
/// Nobody listens on the discard port: a stack without a simulator can never reach the real Twitch by mistake.
pub(crate) const NOWHERE: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 9);

/// Where the stores listen.
pub(crate) struct Stores {
    pub(crate) mariadb: SocketAddr,
    pub(crate) redis: SocketAddr,
}

/// Everybody but the stores.
pub(crate) struct Crew {
    pub(crate) services: Vec<(Service, Server)>,
    pub(crate) simulator: Option<Server>,
    pub(crate) balancers: Vec<(Service, Proxy)>,
    pub(crate) proxies: Option<Proxies>,
    pub(crate) public: String,
    pub(crate) public_port: Option<Port>,
}

/// One attempt to start the crew.
pub(crate) struct Launch<'a> {
    pub(crate) plan: &'a StackBuilder,
    pub(crate) binaries: &'a Binaries,
    pub(crate) logs: &'a Path,
    pub(crate) secrets: &'a Secrets,
    pub(crate) stores: &'a Stores,
}

struct Replica {
    service: Service,
    index: usize,
    port: Port,
    metrics: Port,
}

impl Launch<'_> {
    /// Fails as a whole: what was started until then is killed when it is dropped.
    pub(crate) async fn run(&self, mut public_port: Option<Port>) -> Result<Crew> {
        let mut replicas = self.replicas()?;
        let simulator_port = self.plan.simulator.then(Port::free).transpose()?;
        let proxies = self.proxies(simulator_port.as_ref()).await?;

        // The asked-for port belongs to the gateway's balancer or, without one, to the gateway itself.
        let mut gateways = replicas.iter_mut().filter(|replica| replica.service == Service::Gateway);
        if let (Some(only), None) = (gateways.next(), gateways.next())
            && let Some(port) = public_port.take()
        {
            only.port = port;
        }
        let balancers = self.balancers(&replicas, public_port.as_ref()).await?;
        let wiring = self.wiring(&replicas, &balancers, simulator_port.as_ref(), proxies.as_ref());

        let simulator = simulator_port.map(|port| self.simulator(port, &wiring)).transpose()?;
        if let Some(simulator) = &simulator {
            simulator.spawn()?;
        }
        if !replicas.is_empty() {
            (self.plan.progress)("Applying the migrations");
            self.migrate(&wiring).await?;
            self.prelude(simulator.as_ref(), &wiring).await?;
            (self.plan.progress)("Starting the services");
        }
        let services = replicas
            .into_iter()
            .map(|replica| Ok((replica.service, self.replica(replica, &wiring)?)))
            .collect::<Result<Vec<_>>>()?;
        services.iter().try_for_each(|(_, server)| server.spawn())?;
        let all: Vec<_> = services.iter().map(|(_, server)| server).chain(&simulator).collect();
        all_ready(&all, self.plan.limit).await?;
        Ok(Crew { services, simulator, balancers, proxies, public: wiring.public, public_port })
    }

    fn replicas(&self) -> Result<Vec<Replica>> {
        let counts = self.plan.replicas.iter();
        counts
            .flat_map(|(service, count)| (0..*count).map(|index| (*service, index)))
            .map(|(service, index)| {
                Ok(Replica { service, index, port: Port::free()?, metrics: Port::free()? })
            })
            .collect()
    }

    async fn proxies(&self, simulator: Option<&Port>) -> Result<Option<Proxies>> {
        if !self.plan.proxied {
            return Ok(None);
        }
        let twitch = simulator.map_or(NOWHERE, Port::address);
        Ok(Some(Proxies {
            mariadb: Proxy::start(vec![self.stores.mariadb]).await?,
            redis: Proxy::start(vec![self.stores.redis]).await?,
            twitch: Proxy::start(vec![twitch]).await?,
        }))
    }

    async fn balancers(&self, replicas: &[Replica], public: Option<&Port>) -> Result<Vec<(Service, Proxy)>> {
        let mut balancers = Vec::new();
        for service in Service::ALL {
            let addresses = addresses(replicas, service);
            // Nobody calls the worker.
            if addresses.len() < 2 || service == Service::Worker {
                continue;
            }
            let balancer = match public.filter(|_| service == Service::Gateway) {
                Some(port) => Proxy::start_on(port.address(), addresses, Some(READY)).await?,
                None => Proxy::balancer(addresses, READY).await?,
            };
            balancers.push((service, balancer));
        }
        Ok(balancers)
    }

    fn wiring(
        &self,
        replicas: &[Replica],
        balancers: &[(Service, Proxy)],
        simulator: Option<&Port>,
        proxies: Option<&Proxies>,
    ) -> Wiring {
        let front = |service| {
            let balancer = balancers.iter().find(|(of, _)| *of == service);
            match balancer {
                Some((_, balancer)) => balancer.address(),
                None => addresses(replicas, service).first().copied().unwrap_or(NOWHERE),
            }
        };
        let origin = |address: SocketAddr| format!("http://{address}");
        let mariadb = proxies.map_or(self.stores.mariadb, |proxies| proxies.mariadb.address());
        let redis = proxies.map_or(self.stores.redis, |proxies| proxies.redis.address());
        let twitch = match (proxies, simulator) {
            (Some(proxies), _) => proxies.twitch.address(),
            (None, Some(port)) => port.address(),
            (None, None) => NOWHERE,
        };
        let web_dist = self.plan.web_dist.clone();
        let web_dist = web_dist.unwrap_or_else(|| workspace().join("web").join("dist"));
        Wiring {
            secrets: self.secrets.clone(),
            database_url: mariadb::service_url(mariadb.port(), self.secrets),
            redis_url: redis_url(redis),
            twitch: origin(twitch),
            twitch_api: origin(front(Service::TwitchApi)),
            analysis: origin(front(Service::Analysis)),
            public: format!("http://localhost:{}", front(Service::Gateway).port()),
            web_dist: web_dist.to_string_lossy().into_owned(),
        }
    }

    fn simulator(&self, port: Port, wiring: &Wiring) -> Result<Server> {
        let mut env = owned(simulator_env(wiring));
        env.push(("SIM_ADDR".to_owned(), port.address().to_string()));
        env.extend(self.plan.env_for(Target::Simulator));
        let process = self.process(SIMULATOR.to_owned(), self.binaries.get(SIMULATOR)?, Vec::new(), env);
        Ok(Server::new(process, Probe::AnyHttp, port, self.plan.limit))
    }

    fn replica(&self, replica: Replica, wiring: &Wiring) -> Result<Server> {
        let Replica { service, index, port, metrics } = replica;
        let mut env = owned(service.env(wiring));
        env.push(("LISTEN_ADDR".to_owned(), port.address().to_string()));
        env.push(("METRICS_ADDR".to_owned(), metrics.address().to_string()));
        env.extend(self.plan.env_for(Target::One(service, index)));
        let name = format!("{}-{index}", service.name());
        let process = self.process(name, self.binaries.get(service.name())?, Vec::new(), env);
        Ok(Server::new(process, Probe::Http(READY), port, self.plan.limit).with_metrics(metrics))
    }

    async fn migrate(&self, wiring: &Wiring) -> Result<()> {
        let program = self.binaries.get(Service::Worker.name())?;
        let mut env = owned(Service::Worker.env(wiring));
        env.extend(self.plan.env_for(Target::One(Service::Worker, 0)));
        let process = self.process("migrate".to_owned(), program, vec!["migrate"], env);
        let status = self.to_the_end(&process).await?;
        if status.success() {
            return Ok(());
        }
        Err(Error::Migration { status, tail: process.log_tail() })
    }

    async fn prelude(&self, simulator: Option<&Server>, wiring: &Wiring) -> Result<()> {
        let (Some(prelude), Some(simulator)) = (self.plan.prelude, simulator) else {
            return Ok(());
        };
        (self.plan.progress)(prelude.what);
        all_ready(&[simulator], self.plan.limit).await?;
        let mut env = owned(Service::TwitchApi.env(wiring));
        env.extend(owned(Service::Worker.env(wiring)));
        env.push(("SIM_URL".to_owned(), simulator.url()));
        let program = self.binaries.get(prelude.program)?;
        let name = format!("{}-{}", prelude.program, prelude.arg);
        let process = self.process(name, program, vec![prelude.arg], env);
        let status = self.to_the_end(&process).await?;
        if !status.success() {
            let tail = process.log_tail();
            (self.plan.progress)(&format!(
                "`{}` failed ({status}); the end of its log:\n{tail}",
                process.name()
            ));
        }
        Ok(())
    }

    async fn to_the_end(&self, process: &Process) -> Result<ExitStatus> {
        process.spawn()?;
        let what = format!("the end of `{}`", process.name());
        wait::until(&what, self.plan.limit, || async { process.exit_status() }).await
    }

    fn process(
        &self,
        name: String,
        program: PathBuf,
        args: Vec<&str>,
        env: Vec<(String, String)>,
    ) -> Process {
        let log = self.logs.join(format!("{name}.log"));
        Process::new(Spec { name, program, args: args.into_iter().map(Into::into).collect(), env, log })
    }
}

fn addresses(replicas: &[Replica], service: Service) -> Vec<SocketAddr> {
    let of_service = replicas.iter().filter(|replica| replica.service == service);
    of_service.map(|replica| replica.port.address()).collect()
}

fn owned(env: Vec<(&'static str, String)>) -> Vec<(String, String)> {
    env.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Waits for all at once: an error as soon as one has ended, and at the deadline with all that are not ready.
async fn all_ready(servers: &[&Server], limit: Duration) -> Result<()> {
    let deadline = Instant::now() + limit;
    let outcomes = try_join_all(servers.iter().map(|server| server.readiness(deadline))).await?;
    let servers: Vec<_> = outcomes.into_iter().flatten().collect();
    if servers.is_empty() {
        return Ok(());
    }
    Err(Error::NotReady { limit, servers })
}
