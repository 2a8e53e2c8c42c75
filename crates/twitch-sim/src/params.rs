//! Parameters of a request, as Twitch reads them: repeated keys are lists, and OAuth accepts
//! them in the query as well as in the body.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use url::form_urlencoded;

use crate::helix::error::ApiError;
use crate::world::accounts::TwitchId;

#[derive(Debug, Clone, Default)]
pub(crate) struct Params(Vec<(String, String)>);

impl Params {
    pub(crate) fn parse(query: &str) -> Self {
        Self(form_urlencoded::parse(query.as_bytes()).into_owned().collect())
    }

    /// Query and form body together; the body comes first.
    pub(crate) fn merged(query: &str, body: &[u8]) -> Self {
        let mut all: Vec<_> = form_urlencoded::parse(body).into_owned().collect();
        all.extend(form_urlencoded::parse(query.as_bytes()).into_owned());
        Self(all)
    }

    /// The first value of a key; an empty one counts as absent.
    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(name, value)| name == key && !value.is_empty()).map(|(_, value)| value.as_str())
    }

    /// Every value of a key, empty ones too.
    pub(crate) fn all<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    pub(crate) fn required(&self, key: &str) -> Result<&str, ApiError> {
        self.get(key).ok_or_else(|| ApiError::bad_request(format!("Missing required parameter \"{key}\"")))
    }

    /// A required id.
    pub(crate) fn id(&self, key: &str) -> Result<TwitchId, ApiError> {
        parse_id(key, self.required(key)?)
    }

    /// Ids of a repeated parameter, at most 100.
    pub(crate) fn ids(&self, key: &str) -> Result<Vec<TwitchId>, ApiError> {
        let ids = self.all(key).map(|text| parse_id(key, text)).collect::<Result<Vec<_>, _>>()?;
        if ids.len() > 100 {
            return Err(too_large(key, 100));
        }
        Ok(ids)
    }

    /// Page size: `default` unless given, from 1 to `max`.
    pub(crate) fn page_size(&self, default: usize, max: usize) -> Result<usize, ApiError> {
        let Some(text) = self.get("first") else { return Ok(default) };
        let malformed =
            |why: &str| ApiError::bad_request(format!("The parameter \"first\" was malformed: {why}"));
        match text.parse::<usize>() {
            Err(_) => Err(malformed("value must be a numeric")),
            Ok(0) => Err(malformed("the value must be greater than or equal to 1")),
            Ok(size) if size > max => Err(too_large("first", max)),
            Ok(size) => Ok(size),
        }
    }
}

fn parse_id(key: &str, text: &str) -> Result<TwitchId, ApiError> {
    TwitchId::parse(text).ok_or_else(|| {
        ApiError::bad_request(format!("The parameter \"{key}\" was malformed: value must be a numeric"))
    })
}

fn too_large(key: &str, max: usize) -> ApiError {
    ApiError::bad_request(format!(
        "The parameter \"{key}\" was malformed: the value must be less than or equal to {max}"
    ))
}

impl<S: Sync> FromRequestParts<S> for Params {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self::parse(parts.uri.query().unwrap_or_default()))
    }
}
