//! What requests carry, parsed; what cannot be parsed is a problem document that says what is wrong.

use std::str::FromStr;

use axum::{
    Json,
    extract::{FromRequest, FromRequestParts, Path, RawQuery, Request, rejection::JsonRejection},
    http::{StatusCode, request::Parts},
};
use common::{
    clients::analysis::{MAX_FILTER_CHANNELS, too_many_channels},
    ids::ChannelId,
    problem::Problem,
};
use serde::de::DeserializeOwned;

/// The id in the path.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PathId<T>(pub T);

impl<S: Send + Sync, T: FromStr> FromRequestParts<S> for PathId<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path(text) = Path::<String>::from_request_parts(parts, state)
            .await
            .map_err(|_| Problem::bad_request("id_invalid", "The id in the address cannot be read."))?;
        id(&text).map(Self)
    }
}

/// Reads an id that came from outside.
pub(crate) fn id<T: FromStr>(text: &str) -> Result<T, Problem> {
    text.parse().map_err(|_| Problem::bad_request("id_invalid", format!("`{}` is not an id.", excerpt(text))))
}

/// Enough of what was sent to recognise it.
pub(crate) fn excerpt(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(64).collect()
}

/// The parameters of the query, in order; one name may stand several times.
#[derive(Clone, Debug)]
pub(crate) struct Parameters(Vec<(String, String)>);

impl<S: Send + Sync> FromRequestParts<S> for Parameters {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Ok(RawQuery(query)) = RawQuery::from_request_parts(parts, state).await;
        Ok(Self::parse(query.as_deref().unwrap_or_default()))
    }
}

impl Parameters {
    fn parse(query: &str) -> Self {
        Self(url::form_urlencoded::parse(query.as_bytes()).into_owned().collect())
    }

    /// Every value of `name`.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    /// The channels that are named, each once: `channel` may stand several times, or be a list with commas.
    ///
    /// # Errors
    /// `id_invalid`, `too_many_channels`.
    pub(crate) fn channels(&self) -> Result<Vec<ChannelId>, Problem> {
        let named = self.all("channel").flat_map(|given| given.split(','));
        let mut channels = named.map(|name| id(name.trim())).collect::<Result<Vec<_>, _>>()?;
        channels.sort_unstable();
        channels.dedup();
        if channels.len() > MAX_FILTER_CHANNELS { Err(too_many_channels()) } else { Ok(channels) }
    }

    /// The value of `name`, if it is given and not empty.
    pub(crate) fn one(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(given, value)| given == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    /// All of them, as they are passed on.
    pub(crate) fn pairs(&self) -> Vec<(&str, String)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.clone())).collect()
    }

    /// The value of `name` as an id.
    pub(crate) fn id<T: FromStr>(&self, name: &str) -> Result<Option<T>, Problem> {
        self.one(name).map(id).transpose()
    }

    /// The value of `name` as a number in `range`.
    pub(crate) fn number_in(
        &self,
        name: &str,
        default: u32,
        range: std::ops::RangeInclusive<u32>,
    ) -> Result<u32, Problem> {
        let Some(text) = self.one(name) else { return Ok(default) };
        text.parse().ok().filter(|number| range.contains(number)).ok_or_else(|| {
            let detail = format!("`{name}` is a number between {} and {}.", range.start(), range.end());
            Problem::bad_request("parameter_invalid", detail)
        })
    }
}

/// A body of JSON.
#[derive(Clone, Debug)]
pub(crate) struct JsonBody<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        Json::from_request(request, state).await.map(|Json(body)| Self(body)).map_err(refuse)
    }
}

#[expect(clippy::needless_pass_by_value, reason = "shaped for map_err")]
fn refuse(rejection: JsonRejection) -> Problem {
    let status = rejection.status();
    match status {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::new(status, "body_too_large", "The body is too long."),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Problem::new(
            status,
            "content_type_invalid",
            "The body must be JSON, and its Content-Type must say so.",
        ),
        _ => Problem::bad_request("body_invalid", rejection.body_text()),
    }
}

#[cfg(test)]
mod tests {
    use common::ids::{ChannelId, SessionUuid};

    use super::*;

    #[test]
    fn one_name_may_stand_several_times() {
        let parameters = Parameters::parse("channel=1&cursor=&channel=2&name=a%20b");
        assert_eq!(parameters.all("channel").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(parameters.one("name"), Some("a b"));
        assert_eq!(parameters.one("cursor"), None);
    }

    #[test]
    fn what_is_no_id_is_refused_with_its_code() {
        for text in ["", "x", "-1", "1.5", "99999999999999999999"] {
            assert_eq!(id::<ChannelId>(text).unwrap_err().code(), "id_invalid", "{text}");
        }
        assert_eq!(id::<SessionUuid>("123").unwrap_err().code(), "id_invalid");
        assert_eq!(id::<ChannelId>("42").unwrap(), ChannelId(42));
    }
}
