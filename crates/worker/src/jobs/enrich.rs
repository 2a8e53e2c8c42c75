//! `enrich_accounts`: asks Twitch about accounts that are due, 100 a call.
//!
//! Whatever brought the job about, it takes all that is due: batches are packed across captures, and a job that finds
//! nothing left is done.

use std::time::{Duration, Instant};

use common::{
    db::{self, DbError},
    events::Event,
    ids::TwitchUserId,
    jobs::EnrichAccounts,
    metrics::captures as metrics,
};

use super::JobError;
use crate::{context::Context, leases::Lease, watchers};

/// What Get Users takes at most.
const BATCH: u32 = 100;
/// For how long accounts that were taken stay hidden from other workers.
const TAKEN_SECONDS: u32 = 60;
/// After this long a run makes room for other jobs.
const SHARE: Duration = Duration::from_secs(20);
/// How often watchers are told.
const TELL_EVERY: Duration = Duration::from_secs(1);

pub async fn run(context: &Context, lease: &Lease, payload: &EnrichAccounts) -> Result<(), JobError> {
    let started = Instant::now();
    let mut told = Instant::now();
    loop {
        let ids = db::accounts::take_due(&context.pool, BATCH, TAKEN_SECONDS).await?;
        if ids.is_empty() {
            break;
        }
        if let Err(error) = enrich(context, &ids).await {
            db::accounts::give_back(&context.pool, &ids).await?;
            return Err(error);
        }
        if told.elapsed() > TELL_EVERY {
            told = Instant::now();
            tell(context, payload).await;
        }
        if started.elapsed() > SHARE {
            return Err(JobError::Later { delay: Duration::ZERO });
        }
    }
    // The job ends first: telling takes its time and can go wrong, and neither is to cost it a run. Watchers
    // are told however it ended: what it stored is the accounts', and stays if somebody else has the job by
    // now.
    let ended = super::finish_only(context, lease).await;
    tell(context, payload).await;
    ended
}

async fn enrich(context: &Context, ids: &[TwitchUserId]) -> Result<(), JobError> {
    let answer = context.twitch.accounts(ids.to_vec()).await?;
    let at = context.clock.now();
    db::retrying(|| async {
        let mut tx = context.pool.begin().await?;
        db::accounts::store_profiles(&mut tx, &answer.accounts, &answer.absent, at).await?;
        tx.commit().await?;
        Ok::<_, DbError>(())
    })
    .await?;
    metrics::ENRICHED.inc_by(answer.accounts.len() as u64);
    Ok(())
}

/// Tells the watchers of the capture how many accounts are still waiting, if that can be known.
async fn tell(context: &Context, payload: &EnrichAccounts) {
    let EnrichAccounts::Capture { capture } = payload else { return };
    match db::accounts::pending(&context.pool).await {
        Ok(remaining) => watchers::tell(context, *capture, &[Event::Enriched { remaining }]).await,
        Err(error) => tracing::warn!(%error, "enrich.not_told"),
    }
}
