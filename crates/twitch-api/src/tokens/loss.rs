//! A grant that Twitch no longer honours: recorded once, schedules paused, the user told.

use common::{
    db::{self, DbError, Tx},
    events::{self, Event},
    ids::UserId,
    metrics,
};

use super::Inner;
use crate::TwitchError;

impl Inner {
    /// Records the loss of the token of `generation`, unless it has been replaced.
    pub(super) async fn condemn(
        &self,
        user: UserId,
        generation: u64,
        reason: &'static str,
    ) -> Result<(), TwitchError> {
        let tx = self.pool.begin().await.map_err(DbError::from)?;
        self.condemn_in(tx, user, generation, reason).await
    }

    /// The same in a transaction that holds the row, which ends with it.
    pub(super) async fn condemn_in(
        &self,
        mut tx: Tx,
        user: UserId,
        generation: u64,
        reason: &'static str,
    ) -> Result<(), TwitchError> {
        let is_news = db::tokens::mark_lost(&mut tx, user, generation, reason, self.clock.now()).await?;
        tx.commit().await.map_err(DbError::from)?;
        if is_news {
            metrics::twitch::GRANTS_LOST.with_label_values(&[reason]).inc();
            tracing::warn!(%user, reason, "token.grant_lost");
            events::publish(&self.redis, &[user], &Event::GrantLost { reason: reason.to_owned() }).await;
        }
        Ok(())
    }
}
