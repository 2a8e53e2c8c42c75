//! The client of `twitch-api`, and the messages that both sides share.

use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::{Stream, StreamExt as _, TryStreamExt as _};
use serde::{Deserialize, Serialize};
use tokio_util::{
    codec::{FramedRead, LinesCodec, LinesCodecError},
    io::StreamReader,
};

use super::{ClientError, Upstream};
use crate::ids::{ChannelId, StreamId, TwitchUserId, UserId};

/// So long `twitch-api` waits for budget, or for a limit to pass, before each answer or page at most; it says at once when
/// that will not do. Whoever asks has more patience, by the time that two calls to Twitch may take.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A page of 1,000 chatters is about 60 KB; a line longer than this is no page.
const MAX_LINE_BYTES: usize = 1 << 20;

/// A chatter as Twitch lists one: id, login, display name. A tuple, since there are a hundred thousand of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chatter(pub TwitchUserId, pub String, pub String);

/// A line of the answer to "who is in this chat": pages, then one outcome.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ChattersLine {
    Page(ChattersPage),
    End { outcome: ChattersOutcome },
    Failed { problem: crate::problem::ProblemLine },
}

/// One page, blanks and duplicates removed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChattersPage {
    pub chatters: Vec<Chatter>,
    /// Counted from 1.
    pub page: u32,
    /// How many chatters Twitch says there are.
    pub total: u32,
}

/// What the pages amount to. A list that is not complete is never to be called a roster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChattersOutcome {
    pub complete: bool,
    /// Of a complete list of a room that changed while it was read: how many it may lack, or name although they had left.
    /// 0: exactly as many as Twitch counted.
    #[serde(default)]
    pub uncertain: u32,
    /// Why it is not complete: a stable code.
    pub reason: Option<String>,
    pub pages: u32,
    /// As Twitch said on the last page.
    pub total: u32,
    /// Distinct chatters handed on.
    pub received: u32,
    pub duplicates: u32,
    pub blanks: u32,
}

/// What Twitch tells about an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountProfile {
    pub twitch_id: TwitchUserId,
    pub login: String,
    pub display_name: String,
    pub created_at: DateTime<Utc>,
    /// `""`, `admin`, `global_mod` or `staff`.
    pub account_type: String,
    /// `""`, `affiliate` or `partner`.
    pub broadcaster_type: String,
    pub default_picture: bool,
    pub has_description: bool,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct AccountsQuery {
    /// At most 100.
    pub ids: Vec<TwitchUserId>,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct AccountsAnswer {
    pub accounts: Vec<AccountProfile>,
    /// Ids that Twitch does not know (any more).
    pub absent: Vec<TwitchUserId>,
}

/// Somebody who logs in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TwitchUser {
    pub twitch_id: TwitchUserId,
    pub login: String,
    pub display_name: String,
    pub profile_image_url: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct AuthorizeRequest {
    pub state: String,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct AuthorizeAnswer {
    pub url: url::Url,
}

#[derive(Serialize, Deserialize)]
#[expect(missing_debug_implementations, reason = "the code is as good as a password for a minute")]
pub struct ExchangeRequest {
    pub code: String,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct ExchangeAnswer {
    pub user: TwitchUser,
    pub scopes: Vec<String>,
}

/// Whether Twitch still honours what the user allowed us.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GrantAnswer {
    pub valid: bool,
    pub scopes: Vec<String>,
    /// Why it was lost.
    pub reason: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Broadcaster,
    Moderator,
}

/// A channel that a user may look into.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModeratedChannel {
    pub twitch_id: ChannelId,
    pub login: String,
    pub display_name: String,
    pub role: Role,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct ChannelsAnswer {
    /// The user's own first.
    pub channels: Vec<ModeratedChannel>,
}

/// A broadcast that is live.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveStream {
    pub twitch_id: StreamId,
    pub broadcaster_id: ChannelId,
    pub viewer_count: u32,
    pub started_at: DateTime<Utc>,
    pub title: String,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct StreamsAnswer {
    /// Channels that are not live are absent.
    pub streams: Vec<LiveStream>,
}

/// Calls `twitch-api`.
#[derive(Clone, Debug)]
pub struct TwitchApi(Upstream);

impl TwitchApi {
    #[must_use]
    pub fn new(upstream: Upstream) -> Self {
        Self(upstream)
    }

    /// Whether it is alive, as a readiness check.
    ///
    /// # Errors
    /// What went wrong, in words.
    pub async fn check(&self) -> Result<(), String> {
        self.0.check().await
    }

    /// Where to send the browser so that its owner can allow us what we need.
    ///
    /// # Errors
    /// When `twitch-api` fails.
    pub async fn authorize(&self, state: &str) -> Result<AuthorizeAnswer, ClientError> {
        let body = AuthorizeRequest { state: state.to_owned() };
        self.0.fetch(self.0.post("internal/v1/oauth/authorize")?.json(&body)).await
    }

    /// Exchanges the code for tokens, which stay in `twitch-api`; tells whose they are.
    ///
    /// # Errors
    /// When Twitch refuses the code, or the user did not allow all that is needed.
    pub async fn exchange(&self, code: &str) -> Result<ExchangeAnswer, ClientError> {
        let body = ExchangeRequest { code: code.to_owned() };
        self.0.fetch(self.0.post("internal/v1/oauth/exchange")?.json(&body)).await
    }

    /// Tells that the user logged out.
    ///
    /// # Errors
    /// When `twitch-api` fails.
    pub async fn logout(&self, user: UserId) -> Result<(), ClientError> {
        self.0.send(self.0.post(&format!("internal/v1/users/{user}/logout"))?).await.map(drop)
    }

    /// Whether the user's grant is still honoured.
    ///
    /// # Errors
    /// When `twitch-api` fails.
    pub async fn grant(&self, user: UserId) -> Result<GrantAnswer, ClientError> {
        self.0.fetch(self.0.get(&format!("internal/v1/users/{user}/grant"))?).await
    }

    /// The user's own channel and those moderated.
    ///
    /// # Errors
    /// When `twitch-api` fails or the grant is lost.
    pub async fn channels(&self, user: UserId) -> Result<ChannelsAnswer, ClientError> {
        self.0.fetch(self.0.get(&format!("internal/v1/users/{user}/channels"))?).await
    }

    /// The broadcasts of `channels` that are live; at most 100 channels.
    ///
    /// # Errors
    /// When `twitch-api` fails.
    pub async fn streams(&self, channels: &[ChannelId]) -> Result<StreamsAnswer, ClientError> {
        let ids: Vec<_> = channels.iter().map(|channel| ("id", channel.to_string())).collect();
        self.0.fetch(self.0.get("internal/v1/streams")?.query(&ids)).await
    }

    /// Describes accounts; at most 100.
    ///
    /// # Errors
    /// When `twitch-api` fails.
    pub async fn accounts(&self, ids: Vec<TwitchUserId>) -> Result<AccountsAnswer, ClientError> {
        self.0.fetch(self.0.post("internal/v1/accounts")?.json(&AccountsQuery { ids })).await
    }

    /// Who is in the channel's chat, on behalf of `user`: pages as they arrive, then the outcome. A stream that ends
    /// without an outcome was cut.
    ///
    /// # Errors
    /// When `twitch-api` fails before the first page.
    pub async fn chatters(
        &self,
        channel: ChannelId,
        user: UserId,
    ) -> Result<impl Stream<Item = Result<ChattersLine, ClientError>> + Send + Unpin + use<>, ClientError>
    {
        let request = self
            .0
            .get(&format!("internal/v1/channels/{channel}/chatters"))?
            .query(&[("as", user.to_string())]);
        let response = self.0.send(request).await?;
        let upstream = self.0.clone();
        let body = StreamReader::new(response.bytes_stream().map_err(std::io::Error::other));
        let lines = FramedRead::new(body, LinesCodec::new_with_max_length(MAX_LINE_BYTES));
        Ok(lines.map(move |line| {
            let line = line.map_err(|error: LinesCodecError| upstream.protocol(error))?;
            serde_json::from_str(&line).map_err(|error| upstream.protocol(error))
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_kinds_of_lines_are_told_apart() {
        let page: ChattersLine =
            serde_json::from_str(r#"{"chatters":[["12","amelie","Amélie"]],"page":1,"total":1}"#).unwrap();
        let chatter = Chatter(TwitchUserId(12), "amelie".to_owned(), "Amélie".to_owned());
        assert_eq!(page, ChattersLine::Page(ChattersPage { chatters: vec![chatter], page: 1, total: 1 }));
        let failed = r#"{"problem":{"code":"twitch_unavailable","detail":"x","retry_after":3}}"#;
        assert!(matches!(serde_json::from_str(failed).unwrap(), ChattersLine::Failed { .. }));
    }
}
