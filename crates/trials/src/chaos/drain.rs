//! 13: every replica of every service is replaced, one after the other, while people and probes go on.
//!
//! As behind Traefik, people reach the gateway through a proxy that asks each replica whether it is ready; so do services
//! that call one another.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use devstack::{Server, Service};
use tokio::{
    sync::watch,
    time::{Instant, sleep},
};

use super::people::{self, Answers, Asker};
use crate::{
    Result,
    figures::{Figures, float},
    invariants,
    options::Options,
    scrape,
    stage::Stage,
};

/// As docs/SCALING.md has them.
const REPLICAS: [(Service, usize); 4] =
    [(Service::TwitchApi, 2), (Service::Analysis, 2), (Service::Worker, 3), (Service::Gateway, 2)];
/// How long a replica goes on serving after SIGTERM, in seconds. The proxy asks four times a second.
const DELAY: &str = "2";
const PEOPLE: usize = 4;
/// Probes enqueued per second.
const PACE: u32 = 100;

/// A rolling restart: no request fails, no capture is lost, no job runs twice, and every replica does its share.
pub async fn every_service(options: &Options, figures: &mut Figures) -> Result<()> {
    let stage = people::stage(|builder| {
        REPLICAS.into_iter().fold(builder, |builder, (service, count)| {
            builder.replicas(service, count).env(service, "SHUTDOWN_DELAY_SECONDS", DELAY)
        })
    })
    .await?;
    let mut askers = Vec::new();
    for _ in 0..PEOPLE {
        askers.push(Asker::looking_around(&stage).await?);
    }
    let (stop, stopped) = watch::channel(false);
    let load = tokio::spawn(keep_busy(stage.clone(), stopped));
    let mut worked = BTreeSet::new();
    for _ in 0..options.pick(3, 1) {
        for (service, count) in REPLICAS {
            let mut slowest: f64 = 0.0;
            for replica in 0..count {
                sleep(Duration::from_secs(1)).await;
                note_workers(&stage, &mut worked).await?;
                let server = stage.stack.service(service, replica)?;
                let began = Instant::now();
                server.term(Duration::from_secs(45)).await?;
                slowest = slowest.max(began.elapsed().as_secs_f64());
                server.start().await?;
            }
            figures.at_most(&format!("{} ended after", service.name()), "s", slowest, 30.0);
        }
    }
    sleep(Duration::from_secs(1)).await;
    note_workers(&stage, &mut worked).await?;
    stop.send_replace(true);
    let jobs = load.await??;
    stage.drained(Duration::from_mins(1)).await?;
    let mut answers = Answers::default();
    for asker in askers {
        answers.add(asker.end().await);
    }
    answers.judge(figures, 30.0);
    figures.exactly("requests of people that failed", "", (answers.refused + answers.unclear).into(), 0);
    answers.kept(&stage, figures, Duration::from_mins(1)).await?;
    let failed =
        stage.number("SELECT COUNT(*) FROM captures WHERE status NOT IN ('complete', 'pending')").await?;
    figures.exactly("captures that failed", "", failed, 0);
    stage.outcome().await?.judge(figures, jobs.into());
    let rerun = stage.number("SELECT COUNT(*) FROM jobs WHERE attempt > 1").await?;
    figures.exactly("jobs run twice", "", rerun, 0);
    let replicas: usize = REPLICAS.iter().map(|(_, count)| count).sum();
    figures.at_least("replicas that did their share", "", float(worked.len()), float(replicas));
    invariants::check(&stage, figures).await
}

/// Enqueues probes until told to stop; how many.
async fn keep_busy(stage: Arc<Stage>, stopped: watch::Receiver<bool>) -> Result<u32> {
    let mut jobs = 0;
    while !*stopped.borrow() {
        stage.pace(PACE, Duration::from_secs(1), Duration::from_millis(300)).await?;
        jobs += PACE;
    }
    Ok(jobs)
}

/// Adds the replicas that have done something for somebody since they started.
async fn note_workers(stage: &Stage, worked: &mut BTreeSet<String>) -> Result<()> {
    for (service, _) in REPLICAS {
        for server in stage.stack.all(service) {
            if !worked.contains(server.name()) && has_worked(service, server).await? {
                worked.insert(server.name().to_owned());
            }
        }
    }
    Ok(())
}

async fn has_worked(service: Service, server: &Server) -> Result<bool> {
    let done = match service {
        Service::Worker => scrape::metric(server, "tca_job_runs_total").await?,
        // Not the probes.
        Service::Gateway => scrape::metric_of(server, "tca_http_requests_total", "route=\"/api/").await?,
        Service::TwitchApi | Service::Analysis => {
            scrape::metric_of(server, "tca_http_requests_total", "route=\"/internal/").await?
        }
    };
    Ok(done > 0.0)
}
