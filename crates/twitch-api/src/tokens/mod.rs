//! Tokens: what users allowed us and what the application itself may do.
//!
//! ```text
//! login     code → token → validate (whose, which scopes) → encrypted row; what is missing is a refusal
//! use       read the row, open it; a request keeps its token until Twitch answers 401
//! refresh   on 401 only, as Twitch asks: one at a time per user in this process (a mutex), one at a time over all
//!           replicas (the row is locked while Twitch is asked), and only if the row still holds the token that was
//!           refused. The new refresh token is committed before the new access token is used.
//! hourly    every token is shown to Twitch, as it demands
//! loss      Twitch refuses the refresh: the row says since when and why, schedules pause, nothing tries again
//! ```
//! A refresh runs in a task of its own: a caller that goes away must not drop it between Twitch's answer and our
//! commit, since the old refresh token may be worth nothing by then.

mod answers;
mod app_token;
mod locks;
mod login;
mod loss;
mod oauth;
mod refresh;
pub mod rotation;
pub(crate) mod validation;

use std::{fmt, sync::Arc};

use common::{
    clock::Clock,
    crypto::TokenCipher,
    db::{
        self, Pool,
        tokens::{RemovedToken, StoredToken},
    },
    ids::UserId,
    redis_store::Redis,
};
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

use crate::TwitchError;
use app_token::AppToken;
use locks::Locks;

pub use login::Login;
pub use oauth::OAuth;

/// What we ask users for: who is in the chats they moderate, and which those are.
pub const SCOPES: [&str; 2] = ["moderator:read:chatters", "user:read:moderated_channels"];

/// Refreshes that run at once; each holds a connection of the pool while Twitch is asked.
const REFRESHES_AT_ONCE: usize = 4;

/// The token service. Cheap to clone.
#[derive(Clone)]
pub struct Tokens(Arc<Inner>);

struct Inner {
    pool: Pool,
    redis: Redis,
    oauth: OAuth,
    cipher: Arc<TokenCipher>,
    clock: Clock,
    app: AppToken,
    locks: Locks,
    refreshes: Semaphore,
    tasks: TaskTracker,
}

/// A token that can be sent.
#[derive(Clone)]
pub struct Bearer {
    secret: SecretString,
    /// `Bearer …`, marked sensitive.
    pub(crate) header: HeaderValue,
    /// Which replacement of the token this is.
    pub(crate) generation: u64,
}

/// Whether a user's permission is there and still honoured.
#[derive(Clone, Debug)]
pub enum Grant {
    None,
    Valid(Vec<String>),
    Lost { scopes: Vec<String>, reason: String },
}

impl Tokens {
    #[must_use]
    pub fn new(pool: Pool, redis: Redis, oauth: OAuth, cipher: Arc<TokenCipher>, clock: Clock) -> Self {
        Self(Arc::new(Inner {
            pool,
            redis,
            oauth,
            cipher,
            clock,
            app: AppToken::default(),
            locks: Locks::default(),
            refreshes: Semaphore::new(REFRESHES_AT_ONCE),
            tasks: TaskTracker::new(),
        }))
    }

    /// Where a browser is sent so that its owner can allow what we need.
    #[must_use]
    pub fn authorize_url(&self, state: String) -> url::Url {
        self.0.oauth.authorize_url(state)
    }

    /// The user's token.
    ///
    /// # Errors
    /// When there is none, it is lost, or cannot be read.
    pub async fn user(&self, user: UserId) -> Result<Bearer, TwitchError> {
        let stored = db::tokens::find(&self.0.pool, user).await?;
        self.0.open(stored)
    }

    /// What became of the user's permission.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn grant(&self, user: UserId) -> Result<Grant, TwitchError> {
        Ok(match db::tokens::find(&self.0.pool, user).await? {
            None => Grant::None,
            Some(StoredToken { scopes, lost: Some((_, reason)), .. }) => Grant::Lost { scopes, reason },
            Some(StoredToken { scopes, .. }) => Grant::Valid(scopes),
        })
    }

    /// Forgets the user's token and tells Twitch so, unless something scheduled needs it.
    ///
    /// # Errors
    /// When the store fails. A revocation that fails is logged: the token is out of our hands, and dies in hours.
    pub async fn logout(&self, user: UserId) -> Result<(), TwitchError> {
        let Some(removed) = db::tokens::remove_unless_scheduled(&self.0.pool, user).await? else {
            return Ok(());
        };
        // In a task of its own: the row is gone, and nobody could do it later.
        let inner = Arc::clone(&self.0);
        let revoking = self.0.tasks.spawn(async move {
            if let Err(error) = inner.revoke(user, &removed).await {
                tracing::warn!(%user, %error, "token.revoke_failed");
            }
        });
        Ok(revoking.await?)
    }

    /// The application's own token.
    ///
    /// # Errors
    /// When Twitch does not give one.
    pub async fn app(&self) -> Result<Bearer, TwitchError> {
        self.0.app.get(&self.0.oauth, &self.0.clock).await
    }

    /// Forgets the application's token that Twitch refused.
    pub async fn app_refused(&self, generation: u64) {
        self.0.app.forget(generation).await;
    }

    /// Whether Twitch still knows a user's token. If not, only a refresh tells whether the grant is lost.
    ///
    /// # Errors
    /// When Twitch fails.
    pub async fn is_honoured(&self, bearer: &Bearer) -> Result<bool, TwitchError> {
        Ok(self.0.oauth.validate(&bearer.secret).await?.is_some())
    }

    /// Waits for refreshes that are under way.
    pub async fn settle(&self) {
        self.0.tasks.close();
        self.0.tasks.wait().await;
    }
}

impl Inner {
    fn open(&self, stored: Option<StoredToken>) -> Result<Bearer, TwitchError> {
        let stored = stored.ok_or_else(|| TwitchError::TokenLost { reason: "logged_out".to_owned() })?;
        if let Some((_, reason)) = stored.lost {
            return Err(TwitchError::TokenLost { reason });
        }
        let access = self.decrypt(stored.user, &stored.key_id, &stored.access)?;
        Bearer::new(access, stored.generation)
    }

    /// Decrypts what is stored of `user`'s token.
    ///
    /// One that cannot be read is no lost grant: the operator may have forgotten an old key, and it is good again as soon
    /// as the key is back.
    fn decrypt(&self, user: UserId, key_id: &str, sealed: &[u8]) -> Result<SecretString, TwitchError> {
        self.cipher.open(user.0, key_id, sealed).map_err(|source| {
            tracing::error!(%user, key = key_id, error = %source, "token.unreadable");
            TwitchError::Unreadable { user, key_id: key_id.to_owned(), source }
        })
    }

    /// Tells Twitch to forget a token that is no longer stored.
    async fn revoke(&self, user: UserId, removed: &RemovedToken) -> Result<(), TwitchError> {
        let access = self.decrypt(user, &removed.key_id, &removed.access)?;
        if self.oauth.revoke(&access).await? {
            return Ok(());
        }
        // An access token dies in hours and its refresh token lives on: only one more access token can end the grant.
        let Some(refresh) = &removed.refresh else { return Ok(()) };
        let refresh = self.decrypt(user, &removed.key_id, refresh)?;
        if let Ok(answer) = self.oauth.refresh(&refresh).await? {
            self.oauth.revoke(&answer.access).await?;
        }
        Ok(())
    }
}

impl Bearer {
    fn new(secret: SecretString, generation: u64) -> Result<Self, TwitchError> {
        let mut header = HeaderValue::from_str(&format!("Bearer {}", secret.expose_secret()))
            .map_err(|_| TwitchError::Protocol("a token that does not fit into a header".to_owned()))?;
        header.set_sensitive(true);
        Ok(Self { secret, header, generation })
    }
}

impl fmt::Debug for Bearer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bearer").field("generation", &self.generation).finish_non_exhaustive()
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tokens")
    }
}
