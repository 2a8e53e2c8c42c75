//! Every stored token is shown to Twitch every hour, also when nobody uses it, as Twitch demands of applications.
//!
//! An access token lives four hours: one that Twitch no longer knows is refreshed, which is also what keeps idle grants
//! alive. Only a refused refresh, or scopes that were taken back, lose the grant. A token that cannot be decrypted is not
//! lost either, since its key may come back; it is looked at again when the next hour is over. Replicas take tokens from
//! the store in small numbers, so none is validated twice, and after a long stop they do not come all at once.

use std::time::Duration;

use common::{db, db::tokens::StoredToken, ids::UserId, lifecycle::Shutdown, metrics};
use futures_util::{StreamExt as _, stream};

use super::{Tokens, login::missing_scopes};
use crate::TwitchError;

/// Between two looks at the store.
const EVERY: Duration = Duration::from_secs(5);

/// Tokens taken at one look.
const BATCH: u32 = 20;

/// Validated at once.
const AT_ONCE: usize = 4;

/// Validates due tokens until the shutdown.
pub(crate) async fn run(tokens: Tokens, shutdown: Shutdown) {
    loop {
        if let Err(error) = tokens.validate_due().await {
            tracing::warn!(%error, "validation.postponed");
        }
        if !shutdown.pause(EVERY).await {
            return;
        }
    }
}

impl Tokens {
    async fn validate_due(&self) -> Result<(), TwitchError> {
        let due = db::tokens::take_unvalidated(&self.0.pool, BATCH, self.0.clock.now()).await?;
        stream::iter(due).for_each_concurrent(AT_ONCE, |stored| self.validate(stored)).await;
        Ok(())
    }

    async fn validate(&self, stored: StoredToken) {
        let (user, generation) = (stored.user, stored.generation);
        let outcome = match self.ask_about(stored).await {
            Ok(outcome) => outcome,
            Err(TwitchError::TokenLost { .. }) => "lost",
            Err(TwitchError::Unreadable { .. }) => self.put_off(user, generation).await,
            Err(error) => {
                // It comes back in a minute.
                tracing::warn!(%user, %error, "validation.failed");
                "failed"
            }
        };
        metrics::twitch::VALIDATIONS.with_label_values(&[outcome]).inc();
    }

    /// What no key of ours decrypts is no more readable in a minute.
    async fn put_off(&self, user: UserId, generation: u64) -> &'static str {
        if let Err(error) = db::tokens::confirm(&self.0.pool, user, generation, self.0.clock.now()).await {
            tracing::warn!(%user, %error, "validation.not_put_off");
        }
        "unreadable"
    }

    async fn ask_about(&self, stored: StoredToken) -> Result<&'static str, TwitchError> {
        let (user, generation) = (stored.user, stored.generation);
        let access = self.0.decrypt(user, &stored.key_id, &stored.access)?;
        let Some(told) = self.0.oauth.validate(&access).await? else {
            self.refresh(user, generation).await?;
            return Ok("refreshed");
        };
        if missing_scopes(&told.scopes).is_empty() {
            db::tokens::confirm(&self.0.pool, user, generation, self.0.clock.now()).await?;
            return Ok("ok");
        }
        self.0.condemn(user, generation, "scopes_withdrawn").await?;
        Ok("lost")
    }
}
