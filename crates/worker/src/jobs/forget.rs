//! `forget_viewer`: takes somebody who opted out, out of stored rosters.
//!
//! It is due when no capture can be under way any more that began before. Such a capture may have listed the account
//! once more, under a new number: that one goes as well.

use std::time::{Duration, Instant};

use common::{
    db::{self, DbError, audit_logs, captures::take_out, opt_outs},
    ids::UserId,
    jobs::ForgetViewer,
};
use serde_json::json;

use super::JobError;
use crate::{context::Context, leases::Lease};

/// After this long a run makes room for other jobs; it goes on at the channel where it stopped.
const SHARE: Duration = Duration::from_secs(20);

pub async fn run(context: &Context, lease: &Lease, payload: &ForgetViewer) -> Result<(), JobError> {
    let started = Instant::now();
    let pool = &context.pool;
    let again = db::accounts::find(pool, &[payload.twitch_id]).await?.pop().map(|known| known.id);
    let mut captures = 0;
    for account in payload.account.into_iter().chain(again) {
        for channel in take_out::channels_that_saw(pool, account).await? {
            if started.elapsed() > SHARE {
                return Err(JobError::Later { delay: Duration::ZERO });
            }
            captures += take_out::from_channel(pool, channel, account).await?;
        }
    }
    let (now, hash) = (context.clock.now(), context.opt_outs.key().hash(payload.twitch_id));
    let ours = db::retrying(|| async {
        let mut tx = pool.begin().await?;
        if !lease.finish(&mut tx).await? {
            return Ok::<_, DbError>(false);
        }
        opt_outs::leave_out(&mut tx, payload.twitch_id, &hash, now).await?;
        // The last place that tells whose number it was.
        db::jobs::blank_payload(&mut tx, lease.job()).await?;
        let detail = json!({ "captures": captures });
        audit_logs::note(&mut tx, now, UserId(0), "viewer.left_out", "", &detail).await?;
        tx.commit().await?;
        Ok(true)
    })
    .await?;
    if ours { Ok(()) } else { Err(JobError::Fenced) }
}
