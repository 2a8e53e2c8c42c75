//! 14: the network to MariaDB, Redis and Twitch: slow, silent, and broken.

use std::time::Duration;

use devstack::proxy::{Fault, Proxy};
use tokio::time::sleep;

use super::people::{self, Asker};
use crate::{Result, figures::Figures, invariants, options::Options};

/// Within what a person gets an answer, in seconds.
const BOUND: f64 = 30.0;

/// Each fault on each connection, one after the other, while people and probes go on.
pub async fn faults(options: &Options, figures: &mut Figures) -> Result<()> {
    let length = options.pick(Duration::from_secs(15), Duration::from_secs(2));
    let calm = options.pick(Duration::from_secs(5), Duration::from_secs(1));
    let stage = people::stage(devstack::StackBuilder::proxied).await?;
    let asker = Asker::begin(&stage).await?;
    let total = (length + calm) * 9;
    let jobs = 20 * u32::try_from(total.as_secs())?;
    let load = tokio::spawn({
        let stage = stage.clone();
        async move { stage.pace(jobs, total, Duration::from_millis(20)).await }
    });
    let proxies = stage.stack.proxies()?;
    let lines: [(&str, &Proxy); 3] =
        [("MariaDB", &proxies.mariadb), ("Redis", &proxies.redis), ("Twitch", &proxies.twitch)];
    for (name, proxy) in lines {
        for fault in [Fault::Latency(Duration::from_millis(200)), Fault::BlackHole, Fault::Reset] {
            let before = asker.answers();
            proxy.set(fault);
            sleep(length).await;
            proxy.set(Fault::None);
            sleep(calm).await;
            let after = asker.answers();
            let answered = after.served + after.refused - before.served - before.refused;
            figures.report(&format!("{name}: answers during {fault:?}"), "", f64::from(answered));
        }
    }
    load.await??;
    let answers = asker.end().await;
    answers.judge(figures, BOUND);
    answers.kept(&stage, figures, Duration::from_mins(2)).await?;
    stage.drained(Duration::from_mins(1)).await?;
    stage.outcome().await?.judge(figures, jobs.into());
    invariants::check(&stage, figures).await
}
