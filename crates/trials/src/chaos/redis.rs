//! Faults of Redis: 4 emptied, 5 away, 6 restarted.

use std::{sync::Arc, time::Duration};

use devstack::Service;
use tokio::time::{Instant, sleep};

use super::people::{self, Asker};
use crate::{Result, figures::Figures, invariants, options::Options, stage::Stage};

const NAP: Duration = Duration::from_millis(20);
/// How many probes a second go on beside the people.
const RATE: u32 = 50;

/// 4: FLUSHALL again and again, while people ask for captures.
pub async fn emptied(options: &Options, figures: &mut Figures) -> Result<()> {
    let (times, every) = options.pick((20, Duration::from_secs(5)), (3, Duration::from_secs(1)));
    let stage = people::stage(|builder| builder).await?;
    let asker = Asker::begin(&stage).await?;
    let jobs = flush(&stage, times, every).await?;
    // Once more: somebody who logs in again can work.
    let before = asker.answers();
    redis::cmd("FLUSHALL").exec_async(&mut stage.redis.shared()).await?;
    devstack::wait::until("work after a login", Duration::from_secs(20), || async {
        let now = asker.answers();
        (now.logins > before.logins && now.served > before.served + 3).then_some(())
    })
    .await?;
    let answers = asker.end().await;
    figures.at_least("logged in again", "times", answers.logins.into(), 1.0);
    answers.judge(figures, 10.0);
    answers.kept(&stage, figures, Duration::from_mins(1)).await?;
    stage.drained(Duration::from_mins(1)).await?;
    stage.outcome().await?.judge(figures, jobs.into());
    invariants::check(&stage, figures).await
}

/// Empties Redis under a load of probes; how many there were.
pub async fn flush(stage: &Arc<Stage>, times: u32, every: Duration) -> Result<u32> {
    let length = every * times;
    let jobs = RATE * u32::try_from(length.as_secs())?;
    let load = tokio::spawn({
        let stage = stage.clone();
        async move { stage.pace(jobs, length, NAP).await }
    });
    for _ in 0..times {
        sleep(every).await;
        // Right after some have been announced: the emptied set held them.
        let burst: Vec<_> = (0..40).map(|n| crate::load::probe(n % 2, NAP)).collect();
        stage.enqueue(&burst).await?;
        redis::cmd("FLUSHALL").exec_async(&mut stage.redis.shared()).await?;
    }
    load.await??;
    Ok(jobs + 40 * times)
}

/// 5: no Redis for a while.
pub async fn away(options: &Options, figures: &mut Figures) -> Result<()> {
    let outage = options.pick(Duration::from_secs(30), Duration::from_secs(5));
    let stage = people::stage(|builder| builder).await?;
    let asker = Asker::begin(&stage).await?;
    let around = outage + Duration::from_secs(4);
    let jobs = RATE * u32::try_from(around.as_secs())?;
    let load = tokio::spawn({
        let stage = stage.clone();
        async move { stage.pace(jobs, around, NAP).await }
    });
    sleep(Duration::from_secs(2)).await;
    stage.stack.redis()?.kill9();
    sleep(outage).await;
    stage.stack.redis()?.start().await?;
    let returned = Instant::now();
    load.await??;
    stage.drained(Duration::from_mins(1)).await?;
    figures.at_most("drained after its return", "s", returned.elapsed().as_secs_f64(), 15.0);
    let answers = asker.end().await;
    answers.judge(figures, 10.0);
    answers.kept(&stage, figures, Duration::from_mins(1)).await?;
    stage.outcome().await?.judge(figures, jobs.into());
    invariants::check(&stage, figures).await
}

/// 6: Redis restarted, again and again.
pub async fn restarted(options: &Options, figures: &mut Figures) -> Result<()> {
    let times = options.pick(10, 2);
    let stage = people::stage(|builder| builder).await?;
    let processes = || -> Vec<_> {
        Service::ALL.iter().flat_map(|service| stage.stack.all(*service)).map(devstack::Server::pid).collect()
    };
    let before = processes();
    let asker = Asker::begin(&stage).await?;
    let jobs = RATE * times * 3;
    let load = tokio::spawn({
        let stage = stage.clone();
        async move { stage.pace(jobs, Duration::from_secs(3) * times, NAP).await }
    });
    for _ in 0..times {
        sleep(Duration::from_secs(2)).await;
        stage.stack.redis()?.restart().await?;
    }
    load.await??;
    stage.drained(Duration::from_mins(1)).await?;
    figures.exactly("services that ended", "", i64::from(processes() != before), 0);
    let answers = asker.end().await;
    answers.judge(figures, 10.0);
    answers.kept(&stage, figures, Duration::from_mins(1)).await?;
    stage.outcome().await?.judge(figures, jobs.into());
    invariants::check(&stage, figures).await
}
