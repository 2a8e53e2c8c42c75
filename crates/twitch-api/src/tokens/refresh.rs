//! Refreshing a user's token, once, however many notice that it is refused.

use std::{sync::Arc, time::Duration};

use common::{
    db::{
        self, DbError, Tx,
        tokens::{NewToken, StoredToken},
    },
    ids::UserId,
    metrics,
};

use super::{
    Bearer, Inner, Tokens,
    login::{missing_scopes, seal},
};
use crate::TwitchError;

/// How often a locked row is asked for again; each wait is MariaDB's lock wait timeout.
const LOCK_ATTEMPTS: u32 = 4;

/// How often storing what Twitch has already handed out is tried.
const STORE_ATTEMPTS: u32 = 60;
const STORE_PAUSE: Duration = Duration::from_millis(500);

impl Tokens {
    /// A token for `user` that is newer than the one of `refused`.
    ///
    /// # Errors
    /// When the grant is lost, or Twitch or the store fails.
    pub async fn refresh(&self, user: UserId, refused: u64) -> Result<Bearer, TwitchError> {
        let inner = Arc::clone(&self.0);
        self.0.tasks.spawn(async move { inner.refresh(user, refused).await }).await?
    }
}

impl Inner {
    async fn refresh(&self, user: UserId, refused: u64) -> Result<Bearer, TwitchError> {
        let lock = self.locks.of(user);
        let _alone = lock.lock().await;
        // Whoever held the mutex before, here or in another replica, may have done it.
        let stored = db::tokens::find(&self.pool, user).await?;
        if stored.as_ref().is_none_or(|stored| stored.generation != refused || stored.lost.is_some()) {
            return self.open(stored);
        }
        let _slot = self.refreshes.acquire().await;
        let (tx, stored) = self.lock_row(user).await?;
        let stored = match stored {
            Some(stored) if stored.generation == refused && stored.lost.is_none() => stored,
            replaced => return self.open(replaced),
        };
        let outcome = self.ask(&stored).await;
        let label = match &outcome {
            Ok(Ok(_)) => "ok",
            Ok(Err(_)) => "lost",
            Err(_) => "failed",
        };
        metrics::twitch::REFRESHES.with_label_values(&[label]).inc();
        let token = match outcome? {
            Ok(token) => token,
            Err(reason) => {
                self.condemn_in(tx, user, refused, reason).await?;
                return Err(TwitchError::TokenLost { reason: reason.to_owned() });
            }
        };
        self.store(tx, user, refused, &token).await?;
        tracing::info!(%user, generation = refused + 1, "token.refreshed");
        self.open(db::tokens::find(&self.pool, user).await?)
    }

    /// Asks Twitch. The inner error is its verdict that the grant is dead.
    async fn ask(&self, stored: &StoredToken) -> Result<Result<NewToken, &'static str>, TwitchError> {
        let user = stored.user;
        let Some(sealed) = &stored.refresh else { return Ok(Err("no_refresh_token")) };
        let old = self.decrypt(user, &stored.key_id, sealed)?;
        let mut answer = match self.oauth.refresh(&old).await? {
            Ok(answer) => answer,
            Err(reason) => return Ok(Err(reason)),
        };
        // Twitch may go on with the old one.
        answer.refresh.get_or_insert(old);
        // A refresh cannot widen what was granted; an answer that names no scopes keeps them.
        let scopes = if answer.scopes.is_empty() { &stored.scopes } else { &answer.scopes };
        // It can narrow it, and a token that does not reach is as good as none.
        if !missing_scopes(scopes).is_empty() {
            return Ok(Err("scopes_withdrawn"));
        }
        seal(&self.cipher, user, &answer, scopes.clone(), self.clock.now()).map(Ok)
    }

    /// Locks the row against the other replicas.
    async fn lock_row(&self, user: UserId) -> Result<(Tx, Option<StoredToken>), TwitchError> {
        let mut attempt = 1;
        loop {
            let mut tx = self.pool.begin().await.map_err(DbError::from)?;
            match db::tokens::lock(&mut tx, user).await {
                Ok(stored) => return Ok((tx, stored)),
                Err(error) if error.is_transient() && attempt < LOCK_ATTEMPTS => attempt += 1,
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Stores the new token, through another connection when the transaction's is lost: the old refresh token may be
    /// worth nothing by now.
    async fn store(
        &self,
        mut tx: Tx,
        user: UserId,
        generation: u64,
        token: &NewToken,
    ) -> Result<(), TwitchError> {
        let stored = async {
            db::tokens::replace(&mut tx, user, generation, token, self.clock.now()).await?;
            tx.commit().await.map_err(DbError::from)
        };
        let Err(mut error) = stored.await else { return Ok(()) };
        for _ in 0..STORE_ATTEMPTS {
            tracing::warn!(%user, %error, "token.store_again");
            tokio::time::sleep(STORE_PAUSE).await;
            // A generation that has moved on is our own commit, whose answer was lost. One that another replica has
            // condemned meanwhile, since Twitch had given us what its refresh token was worth, is replaced all the same.
            let stored = async {
                let mut tx = self.pool.begin().await?;
                db::tokens::replace(&mut tx, user, generation, token, self.clock.now()).await?;
                tx.commit().await.map_err(DbError::from)
            };
            match stored.await {
                Ok(()) => return Ok(()),
                Err(again) => error = again,
            }
        }
        Err(error.into())
    }
}
