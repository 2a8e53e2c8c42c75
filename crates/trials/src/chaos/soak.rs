//! 20: one random fault after the other, and nothing grows.

use std::{sync::Arc, time::Duration};

use common::jobs::KINDS;
use devstack::Service;
use rand::{Rng as _, rngs::StdRng, seq::IndexedRandom as _};
use tokio::time::sleep;

use super::people::{self, Asker};
use crate::{
    Result,
    figures::{Figures, float},
    invariants,
    options::Options,
    scrape::resident_mb,
    stage::{LEASE_SECONDS, Stage},
};

/// How much more memory than after its first minute a worker may hold at the end.
const GROWTH_MB: f64 = 15.0;

#[derive(Clone, Copy, Debug)]
enum Fault {
    KillWorker,
    FreezeWorker,
    EmptyRedis,
    RestartRedis,
    KillMariadb,
    ReadOnly,
    TermWorker,
}

const FAULTS: [Fault; 7] = [
    Fault::KillWorker,
    Fault::FreezeWorker,
    Fault::EmptyRedis,
    Fault::RestartRedis,
    Fault::KillMariadb,
    Fault::ReadOnly,
    Fault::TermWorker,
];

pub async fn run(options: &Options, rng: &mut StdRng, figures: &mut Figures) -> Result<()> {
    let (total, every) = options
        .pick((options.soak, Duration::from_mins(1)), (Duration::from_secs(16), Duration::from_secs(4)));
    let stage = people::stage(|builder| builder.replicas(Service::Worker, 2)).await?;
    let keeper = stage.keep_workers();
    let asker = Asker::begin(&stage).await?;
    let jobs = 40 * u32::try_from(total.as_secs())?;
    let load = tokio::spawn({
        let stage = stage.clone();
        async move { stage.pace(jobs, total, Duration::from_millis(30)).await }
    });
    let mut settled = None;
    for round in 0..total.as_secs() / every.as_secs() {
        sleep(every.mul_f64(0.5)).await;
        if round == 0 {
            settled = Some(memory(&stage)?);
        }
        let fault = FAULTS.choose(rng).copied().unwrap_or(Fault::EmptyRedis);
        eprintln!("  {fault:?}");
        strike(&stage, fault, rng).await?;
        sleep(every.mul_f64(0.4)).await;
    }
    load.await??;
    stage.drained(Duration::from_mins(2)).await?;
    let answers = asker.end().await;
    answers.judge(figures, 30.0);
    answers.kept(&stage, figures, Duration::from_mins(2)).await?;
    stage.outcome().await?.judge(figures, jobs.into());
    for (before, (name, after)) in settled.into_iter().flatten().zip(memory(&stage)?) {
        figures.at_most(&format!("memory that {name} has gained"), "MB", after - before.1, GROWTH_MB);
    }
    let mut announced = 0;
    for (kind, _) in KINDS {
        announced += stage.queue.announced(kind).await?;
    }
    figures.at_most("announcements left in Redis", "", float(announced), 10.0);
    drop(keeper);
    invariants::check(&stage, figures).await
}

fn memory(stage: &Stage) -> Result<Vec<(String, f64)>> {
    let servers = Service::ALL.into_iter().flat_map(|service| stage.stack.all(service));
    servers.map(|server| Ok((server.name().to_owned(), resident_mb(server)?))).collect()
}

async fn strike(stage: &Arc<Stage>, fault: Fault, rng: &mut StdRng) -> Result<()> {
    let workers = stage.workers();
    let victim = workers.choose(rng).ok_or("no worker")?;
    match fault {
        Fault::KillWorker => victim.kill9(),
        Fault::FreezeWorker => {
            victim.stop();
            sleep(Duration::from_secs(2 * LEASE_SECONDS)).await;
            victim.cont();
        }
        Fault::EmptyRedis => redis::cmd("FLUSHALL").exec_async(&mut stage.redis.shared()).await?,
        Fault::RestartRedis => stage.stack.redis()?.restart().await?,
        Fault::KillMariadb => {
            sleep(Duration::from_millis(rng.random_range(0..200))).await;
            stage.stack.mariadb().restart().await?;
        }
        Fault::ReadOnly => {
            stage.admin("SET GLOBAL read_only = 1").await?;
            sleep(Duration::from_secs(2)).await;
            stage.admin("SET GLOBAL read_only = 0").await?;
        }
        // The keeper starts it again.
        Fault::TermWorker => drop(victim.term(Duration::from_secs(30)).await?),
    }
    Ok(())
}
