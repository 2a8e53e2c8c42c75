//! Get Users: up to 100 accounts for one point.
//!
//! Accounts that are suspended or never were are simply absent from the answer. One id that Twitch calls malformed makes
//! the whole batch fail ("Bad Identifiers"): it is halved until the culprit stands alone.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use common::{
    clients::twitch_api::{AccountProfile, AccountsAnswer, TwitchUser},
    ids::TwitchUserId,
};
use serde::Deserialize;

use super::{Endpoint, Session};
use crate::TwitchError;

const USERS: Endpoint = Endpoint { name: "users", path: "users" };

/// What a picture's address contains that Twitch chose for somebody who chose none.
const DEFAULT_PICTURE: &str = "user-default-pictures";

#[derive(Deserialize)]
struct Users {
    data: Vec<User>,
}

#[derive(Deserialize)]
struct User {
    id: String,
    login: String,
    display_name: String,
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    broadcaster_type: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    profile_image_url: String,
    created_at: DateTime<Utc>,
}

impl Session {
    /// Describes `ids`, of which there are at most 100; repeated ids count once.
    ///
    /// # Errors
    /// When Twitch does not answer.
    pub async fn accounts(&mut self, ids: &[TwitchUserId]) -> Result<AccountsAnswer, TwitchError> {
        let mut seen = HashSet::with_capacity(ids.len());
        let ids: Vec<String> = ids.iter().filter(|id| seen.insert(**id)).map(ToString::to_string).collect();
        let mut accounts = Vec::with_capacity(ids.len());
        let mut batches = vec![ids.as_slice()];
        while let Some(batch) = batches.pop() {
            match self.batch(batch).await {
                Ok(users) => accounts.extend(users),
                Err(error) if !is_bad_identifiers(&error) => return Err(error),
                Err(_) if batch.len() > 1 => {
                    let (left, right) = batch.split_at(batch.len() / 2);
                    batches.extend([right, left]);
                }
                // Alone and malformed, it says: asked once more, since a good id must not be taken for gone.
                Err(_) => match self.batch(batch).await {
                    Ok(users) => accounts.extend(users),
                    Err(error) if !is_bad_identifiers(&error) => return Err(error),
                    Err(_) => tracing::warn!(id = batch.first(), "helix.bad_identifier"),
                },
            }
        }
        for profile in &accounts {
            seen.remove(&profile.twitch_id);
        }
        Ok(AccountsAnswer { accounts, absent: seen.into_iter().collect() })
    }

    /// Without ids Twitch would describe the caller: an empty batch is not sent.
    async fn batch(&mut self, ids: &[String]) -> Result<Vec<AccountProfile>, TwitchError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let query: Vec<_> = ids.iter().map(|id| ("id", id.as_str())).collect();
        let users: Users = self.get(USERS, &query, |body| serde_json::from_slice(body)).await?;
        Ok(users.data.into_iter().filter_map(User::into_profile).collect())
    }

    /// Describes the user on whose behalf this session calls.
    ///
    /// # Errors
    /// When Twitch does not answer.
    pub async fn myself(&mut self) -> Result<TwitchUser, TwitchError> {
        let users: Users = self.get(USERS, &[], |body| serde_json::from_slice(body)).await?;
        let user = users.data.into_iter().next();
        let user = user.ok_or_else(|| TwitchError::Protocol("a token of nobody".to_owned()))?;
        let twitch_id =
            user.id.parse().map_err(|_| TwitchError::Protocol("a user id that is no number".to_owned()))?;
        Ok(TwitchUser {
            twitch_id,
            login: user.login,
            display_name: user.display_name,
            profile_image_url: Some(user.profile_image_url).filter(|url| !url.is_empty()),
        })
    }
}

impl User {
    fn into_profile(self) -> Option<AccountProfile> {
        Some(AccountProfile {
            twitch_id: self.id.parse().ok()?,
            default_picture: self.profile_image_url.is_empty()
                || self.profile_image_url.contains(DEFAULT_PICTURE),
            has_description: !self.description.trim().is_empty(),
            login: self.login,
            display_name: self.display_name,
            created_at: self.created_at,
            account_type: self.kind,
            broadcaster_type: self.broadcaster_type,
        })
    }
}

fn is_bad_identifiers(error: &TwitchError) -> bool {
    matches!(error, TwitchError::Refused { status: 400, message } if message.to_ascii_lowercase().contains("identifier"))
}
