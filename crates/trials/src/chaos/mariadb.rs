//! Faults of MariaDB: 7 killed, 19 read-only.

use std::time::Duration;

use devstack::{Service, wait};
use rand::{Rng as _, rngs::StdRng};
use tokio::time::{Instant, sleep};

use super::people::{self, Asker};
use crate::{Result, figures::Figures, invariants, load::probe, options::Options, stage::Stage};

/// 7: killed in the middle of commits. What was acknowledged must be there, once.
pub async fn killed(options: &Options, rng: &mut StdRng, figures: &mut Figures) -> Result<()> {
    let times = options.pick(20, 2);
    let stage = people::stage(|builder| builder).await?;
    let asker = Asker::begin(&stage).await?;
    let length = Duration::from_secs(4) * times;
    let jobs = 100 * u32::try_from(length.as_secs())?;
    let load = tokio::spawn({
        let stage = stage.clone();
        async move { stage.pace(jobs, length, Duration::from_millis(5)).await }
    });
    let mut slowest: f64 = 0.0;
    for _ in 0..times {
        sleep(Duration::from_millis(rng.random_range(1_500..2_500))).await;
        stage.stack.mariadb().kill9();
        stage.stack.mariadb().start().await?;
        slowest = slowest.max(all_ready(&stage).await?);
    }
    load.await??;
    figures.at_most("services ready again after its return", "s", slowest, 10.0);
    stage.drained(Duration::from_mins(2)).await?;
    let answers = asker.end().await;
    answers.judge(figures, 15.0);
    answers.kept(&stage, figures, Duration::from_mins(2)).await?;
    stage.outcome().await?.judge(figures, jobs.into());
    invariants::check(&stage, figures).await
}

async fn all_ready(stage: &Stage) -> Result<f64> {
    let returned = Instant::now();
    for service in Service::ALL {
        for server in stage.stack.all(service) {
            server.ready().await?;
        }
    }
    Ok(returned.elapsed().as_secs_f64())
}

/// 19: read-only for a while, as a disk that is full or broken leaves it.
pub async fn read_only(options: &Options, figures: &mut Figures) -> Result<()> {
    let length = options.pick(Duration::from_secs(30), Duration::from_secs(6));
    let stage = people::stage(|builder| builder).await?;
    let asker = Asker::begin(&stage).await?;
    let before: Vec<_> = (0..50).map(|n| probe(n % 10, Duration::from_millis(100))).collect();
    stage.enqueue(&before).await?;
    stage.admin("SET GLOBAL read_only = 1").await?;
    let began = Instant::now();
    for service in [Service::Worker, Service::Gateway, Service::TwitchApi] {
        let server = stage.stack.service(service, 0)?;
        let unready = wait::until("readiness to be false", length, || async {
            (!server.is_ready().await).then_some(())
        });
        let told = unready.await.is_ok();
        figures.exactly(&format!("{} tells that it is not ready", service.name()), "", told.into(), 1);
    }
    let refused = stage.enqueue(&[probe(1, Duration::ZERO)]).await.is_err();
    figures.exactly("a job that cannot be stored is refused", "", refused.into(), 1);
    sleep(length.saturating_sub(began.elapsed())).await;
    stage.admin("SET GLOBAL read_only = 0").await?;
    figures.at_most("services ready again after its return", "s", all_ready(&stage).await?, 10.0);
    let drained = stage.drained(Duration::from_mins(1)).await?;
    figures.at_most("drained after its return", "s", drained.as_secs_f64(), 15.0);
    let answers = asker.end().await;
    answers.judge(figures, 15.0);
    answers.kept(&stage, figures, Duration::from_mins(1)).await?;
    stage.outcome().await?.judge(figures, 50);
    invariants::check(&stage, figures).await
}
