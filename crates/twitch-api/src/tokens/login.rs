//! From the code of a login to a stored token.

use chrono::{DateTime, TimeDelta, Utc};
use common::{
    crypto::TokenCipher,
    db::{self, DbError, tokens::NewToken},
    ids::UserId,
};
use secrecy::SecretString;

use super::{SCOPES, Tokens, answers::TokenAnswer};
use crate::TwitchError;

/// Somebody who has just logged in.
#[derive(Clone, Debug)]
pub struct Login {
    pub user: UserId,
    /// As granted.
    pub scopes: Vec<String>,
}

impl Tokens {
    /// Exchanges a code, finds out whose token it is, and stores it. A token without all scopes is not kept.
    ///
    /// # Errors
    /// When the code is not valid, scopes are missing, or Twitch or the store fails.
    pub async fn login(&self, code: &SecretString) -> Result<Login, TwitchError> {
        let inner = &self.0;
        let answer = inner.oauth.exchange(code).await?;
        let told = inner.oauth.validate(&answer.access).await?;
        let told = told.ok_or_else(|| TwitchError::down("a token that was just made is refused"))?;
        let user = told.user_id.as_deref().and_then(|id| id.parse().ok());
        let user: UserId = user.ok_or_else(|| TwitchError::Protocol("a token of nobody".to_owned()))?;

        let missing = missing_scopes(&told.scopes);
        if !missing.is_empty() {
            tracing::info!(%user, missing = missing.join(" "), "login.scopes_missing");
            if let Err(error) = inner.oauth.revoke(&answer.access).await {
                tracing::warn!(%user, %error, "token.revoke_failed");
            }
            return Err(TwitchError::MissingScope(missing));
        }
        let now = inner.clock.now();
        let token = seal(&inner.cipher, user, &answer, told.scopes.clone(), now)?;
        db::retrying(|| async {
            let mut tx = inner.pool.begin().await?;
            db::tokens::put(&mut tx, user, &token, now).await?;
            tx.commit().await.map_err(DbError::from)
        })
        .await?;
        tracing::info!(%user, "login.stored");
        Ok(Login { user, scopes: told.scopes })
    }
}

/// Those of [`SCOPES`] that are not among `granted`.
pub(super) fn missing_scopes(granted: &[String]) -> Vec<String> {
    let is_missing = |scope: &&str| !granted.iter().any(|granted| granted == scope);
    SCOPES.iter().copied().filter(is_missing).map(ToOwned::to_owned).collect()
}

/// Encrypts an answer for the store.
pub(super) fn seal(
    cipher: &TokenCipher,
    user: UserId,
    answer: &TokenAnswer,
    scopes: Vec<String>,
    now: DateTime<Utc>,
) -> Result<NewToken, TwitchError> {
    let access = cipher.seal(user.0, &answer.access)?;
    let refresh = answer.refresh.as_ref().map(|token| cipher.seal(user.0, token)).transpose()?;
    let seconds = answer.expires_in.and_then(|seconds| TimeDelta::try_seconds(i64::try_from(seconds).ok()?));
    Ok(NewToken {
        key_id: access.key_id,
        access: access.bytes,
        refresh: refresh.map(|sealed| sealed.bytes),
        scopes,
        expires_at: seconds.and_then(|seconds| now.checked_add_signed(seconds)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_granted_is_named() {
        assert!(missing_scopes(&SCOPES.map(ToOwned::to_owned)).is_empty());
        let granted = ["chat:read".to_owned(), SCOPES[1].to_owned()];
        assert_eq!(missing_scopes(&granted), [SCOPES[0]]);
    }
}
