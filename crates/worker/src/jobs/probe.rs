//! `probe`: leaves one row in `job_probes`, in the transaction that finishes the job.
//!
//! A job that is lost leaves no row and a job that is done twice leaves two, which is how `crates/trials` counts. The
//! real kinds cannot show that: a second capture of the same slot would change nothing. Because a probe can take its
//! worker down on purpose, it is refused unless `APP_ENV` is development and `JOB_PROBES` is 1.

use std::{process::abort, time::Duration};

use common::{
    db::{self, DbError, jobs::ClaimedJob},
    jobs::{AbortAt, Probe},
};

use super::JobError;
use crate::{context::Context, leases::Lease};

pub async fn run(
    context: &Context,
    lease: &Lease,
    job: &ClaimedJob,
    payload: &Probe,
) -> Result<(), JobError> {
    if !context.probes {
        return Err(JobError::fail("probe_refused", "probes are for trials in development (JOB_PROBES=1)"));
    }
    let abort_at = payload.abort_at.filter(|_| job.attempt == 1);
    if payload.poison || abort_at == Some(AbortAt::AfterClaim) {
        abort();
    }
    assert_ne!(abort_at, Some(AbortAt::Panic), "as the probe wants");
    if payload.nap_ms > 0 {
        tokio::time::sleep(Duration::from_millis(payload.nap_ms)).await;
    }
    if payload.traceless {
        return super::finish_only(context, lease).await;
    }
    let ours = db::retrying(|| async {
        let mut tx = context.pool.begin().await?;
        if !lease.finish(&mut tx).await? {
            return Ok::<_, DbError>(false);
        }
        db::probes::insert(&mut tx, job.id).await?;
        if abort_at == Some(AbortAt::BeforeCommit) {
            abort();
        }
        tx.commit().await?;
        Ok(true)
    })
    .await?;
    if abort_at == Some(AbortAt::AfterCommit) {
        abort();
    }
    if ours { Ok(()) } else { Err(JobError::Fenced) }
}
