//! 18: the guards left out. A trial that passes without the guard shows nothing about it.

use std::{sync::Arc, time::Duration};

use devstack::Service;
use rand::rngs::StdRng;

use super::{redis, workers};
use crate::{
    Result,
    figures::{Figures, float},
    options::Options,
    stage::Stage,
};

/// Plays 3 without the token check and 4 without the reconciler: both must fail.
pub async fn left_out(options: &Options, rng: &mut StdRng, figures: &mut Figures) -> Result<()> {
    let unfenced = Stage::with(2, |builder| builder.env(Service::Worker, "JOB_SABOTAGE", "token"));
    let unfenced = Arc::new(unfenced.await?);
    let outcome = workers::freeze(&unfenced, rng, options.pick(5, 2)).await?;
    figures.at_least("effects doubled without the token check", "", float(outcome.doubled), 1.0);
    drop(unfenced);

    let unreconciled = Stage::with(2, |builder| builder.env(Service::Worker, "JOB_SABOTAGE", "reconciler"));
    let unreconciled = Arc::new(unreconciled.await?);
    redis::flush(
        &unreconciled,
        options.pick(5, 3),
        options.pick(Duration::from_secs(5), Duration::from_secs(1)),
    )
    .await?;
    unreconciled.drained(options.pick(Duration::from_secs(30), Duration::from_secs(5))).await.ok();
    let outcome = unreconciled.outcome().await?;
    figures.at_least("jobs lost without the reconciler", "", float(outcome.lost), 1.0);
    Ok(())
}
