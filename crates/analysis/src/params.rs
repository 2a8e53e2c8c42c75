//! Reading a question's parameters: each known, well-formed and bounded, or a clear refusal.

use axum::{
    extract::FromRequestParts,
    http::{StatusCode, request::Parts},
};
use common::{
    clients::analysis::MAX_FILTER_CHANNELS,
    ids::{ChannelId, SessionUuid},
    problem::Problem,
};

/// The query's parameters that have not been asked for yet.
#[derive(Debug)]
pub(crate) struct Params(Vec<(String, String)>);

impl<S: Sync> FromRequestParts<S> for Params {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let query = parts.uri.query().unwrap_or_default();
        Ok(Self(url::form_urlencoded::parse(query.as_bytes()).into_owned().collect()))
    }
}

impl Params {
    /// All values of `name`, each of which may be a comma-separated list.
    fn take(&mut self, name: &str) -> Vec<String> {
        let (taken, left) = std::mem::take(&mut self.0).into_iter().partition(|(key, _)| key == name);
        self.0 = left;
        let taken: Vec<(String, String)> = taken;
        taken.iter().flat_map(|(_, value)| value.split(',')).map(|value| value.trim().to_owned()).collect()
    }

    /// `channel`, repeatable: which channels the question is about, ascending, each once; none means all.
    ///
    /// # Errors
    /// `channel_invalid`, `too_many_channels`.
    pub(crate) fn channels(&mut self) -> Result<Vec<ChannelId>, Problem> {
        let named = self.take("channel");
        if named.len() > MAX_FILTER_CHANNELS {
            return Err(Problem::bad_request(
                "too_many_channels",
                format!("A filter names at most {MAX_FILTER_CHANNELS} channels."),
            )
            .with("limit", MAX_FILTER_CHANNELS));
        }
        let mut channels = Vec::with_capacity(named.len());
        for name in named {
            let id: ChannelId =
                name.parse().map_err(|_| Problem::bad_request("channel_invalid", "A channel is named by its Twitch id."))?;
            channels.push(id);
        }
        channels.sort_unstable();
        channels.dedup();
        Ok(channels)
    }

    /// Refuses what nobody asked for: a misspelt filter must not be taken for none.
    ///
    /// # Errors
    /// `parameter_unknown`.
    pub(crate) fn finish(self) -> Result<(), Problem> {
        match self.0.first() {
            None => Ok(()),
            Some((name, _)) => Err(Problem::bad_request(
                "parameter_unknown",
                format!("There is no parameter `{}` here.", name.chars().take(40).collect::<String>()),
            )),
        }
    }
}

/// A session's name in the path; what is not one does not exist.
///
/// # Errors
/// `session_not_found`.
pub(crate) fn session(text: &str) -> Result<SessionUuid, Problem> {
    text.parse().map_err(|_| Problem::not_found("session"))
}

/// A filter as a part of a key: equal filters, equal texts.
pub(crate) fn canonical(channels: &[ChannelId]) -> String {
    channels.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

/// What a filter says about a channel that the session does not have.
pub(crate) fn channel_not_in_session(channel: ChannelId) -> crate::error::Failure {
    crate::error::Failure::Refused {
        status: StatusCode::NOT_FOUND,
        code: "channel_not_in_session",
        detail: format!("The session has no capture of channel {channel}."),
    }
}
