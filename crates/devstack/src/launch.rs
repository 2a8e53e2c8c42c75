//! Starting a stack: checks, then the stores, then the [`Launch`] of everybody else.

use std::path::Path;

use crate::binaries::Binaries;
use crate::builder::StackBuilder;
use crate::crew::{Launch, NOWHERE, SIMULATOR, Stores};
use crate::dir::RunDir;
use crate::error::Result;
use crate::ports::Port;
use crate::secrets::Secrets;
use crate::server::Server;
use crate::service::Service;
use crate::stack::Stack;
use crate::{mariadb, redis};

const START_ATTEMPTS: u32 = 3;

impl Stack {
    pub(crate) async fn start(plan: StackBuilder) -> Result<Self> {
        let binaries = plan.binaries()?;
        check_built(&plan, &binaries)?;
        // Before anything costly is done: the one port that cannot be changed for another.
        let mut reserved = plan.port.map(Port::exact).transpose()?;

        let dir = plan.data_dir.as_deref().map_or_else(RunDir::throwaway, RunDir::kept)?;
        let logs = dir.subdir("logs")?;
        let secrets = if dir.is_throwaway() {
            Secrets::generate(&mut rand::rng())
        } else {
            Secrets::load_or_create(&dir.path().join("secrets.json"), &mut rand::rng())?
        };

        (plan.progress)("Starting the stores");
        let (mariadb, redis) = start_stores(&plan, dir.path(), &logs, &secrets).await?;
        let stores =
            Stores { mariadb: mariadb.address(), redis: redis.as_ref().map_or(NOWHERE, Server::address) };

        let mut attempt = 1;
        let crew = loop {
            let public_port = match reserved.take() {
                Some(port) => Some(port),
                // The attempt before this one released it.
                None => plan.port.map(Port::exact).transpose()?,
            };
            let launch =
                Launch { plan: &plan, binaries: &binaries, logs: &logs, secrets: &secrets, stores: &stores };
            match launch.run(public_port).await {
                Ok(crew) => break crew,
                Err(error) if error.is_address_in_use() && attempt < START_ATTEMPTS => attempt += 1,
                Err(error) => return Err(error),
            }
        };
        Ok(Self {
            services: crew.services,
            simulator: crew.simulator,
            balancers: crew.balancers,
            proxies: crew.proxies,
            redis,
            mariadb,
            public: crew.public,
            secrets,
            _public_port: crew.public_port,
            dir,
        })
    }
}

/// Tells what is missing before anything is started.
fn check_built(plan: &StackBuilder, binaries: &Binaries) -> Result<()> {
    if plan.simulator {
        binaries.get(SIMULATOR)?;
    }
    if let Some(prelude) = plan.prelude {
        binaries.get(prelude.program)?;
    }
    for (service, _) in plan.replicas.iter().filter(|(_, count)| **count > 0) {
        binaries.get(service.name())?;
        binaries.get(Service::Worker.name())?;
    }
    Ok(())
}

async fn start_stores(
    plan: &StackBuilder,
    dir: &Path,
    logs: &Path,
    secrets: &Secrets,
) -> Result<(Server, Option<Server>)> {
    let options = mariadb::Options { dir, logs, secrets, durability: plan.durability, limit: plan.limit };
    let redis =
        async { if plan.redis { redis::start(dir, logs, plan.limit).await.map(Some) } else { Ok(None) } };
    tokio::try_join!(mariadb::start(options), redis)
}
