//! 13: SIGTERM to one replica of every service, under load.

use std::time::Duration;

use devstack::Service;
use tokio::time::{Instant, sleep};

use super::people::{self, Asker};
use crate::{Result, figures::Figures, invariants, options::Options};

/// Two replicas of each service; the first one of each is asked to end while people and probes go on, and comes back.
pub async fn every_service(options: &Options, figures: &mut Figures) -> Result<()> {
    let rounds = options.pick(3, 1);
    let stage = people::stage(|builder| {
        Service::ALL.into_iter().fold(builder, |builder, service| builder.replicas(service, 2))
    })
    .await?;
    let asker = Asker::begin(&stage).await?;
    let length = Duration::from_secs(options.pick(40, 12));
    let jobs = 100 * u32::try_from(length.as_secs())?;
    let load = tokio::spawn({
        let stage = stage.clone();
        async move { stage.pace(jobs, length, Duration::from_millis(300)).await }
    });
    for service in Service::ALL {
        let mut slowest: f64 = 0.0;
        for _ in 0..rounds {
            sleep(Duration::from_secs(1)).await;
            let server = stage.stack.service(service, 0)?;
            let began = Instant::now();
            server.term(Duration::from_secs(45)).await?;
            slowest = slowest.max(began.elapsed().as_secs_f64());
            server.start().await?;
        }
        figures.at_most(&format!("{} ended after", service.name()), "s", slowest, 30.0);
    }
    load.await??;
    stage.drained(Duration::from_mins(1)).await?;
    let answers = asker.end().await;
    answers.judge(figures, 30.0);
    figures.exactly("requests of people that failed", "", (answers.refused + answers.unclear).into(), 0);
    answers.kept(&stage, figures, Duration::from_mins(1)).await?;
    let outcome = stage.outcome().await?;
    outcome.judge(figures, jobs.into());
    let rerun = stage.number("SELECT COUNT(*) FROM jobs WHERE attempt > 1").await?;
    figures.exactly("jobs run twice", "", rerun, 0);
    invariants::check(&stage, figures).await
}
