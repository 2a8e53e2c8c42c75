//! What Twitch's OAuth endpoints answer.

use secrecy::SecretString;
use serde::{Deserialize, Deserializer};

/// The answer of `/token`.
pub(super) struct TokenAnswer {
    pub(super) access: SecretString,
    pub(super) refresh: Option<SecretString>,
    /// Seconds; `None` is a token that does not expire.
    pub(super) expires_in: Option<u64>,
    pub(super) scopes: Vec<String>,
}

/// The answer of `/validate` about a token that is honoured.
#[derive(Debug, Deserialize)]
pub(super) struct Validation {
    pub(super) client_id: String,
    /// Absent or null for the application's own token.
    #[serde(default)]
    pub(super) user_id: Option<String>,
    #[serde(default, deserialize_with = "scopes")]
    pub(super) scopes: Vec<String>,
}

impl<'de> Deserialize<'de> for TokenAnswer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Wire {
            access_token: String,
            #[serde(default)]
            refresh_token: Option<String>,
            #[serde(default)]
            expires_in: Option<u64>,
            #[serde(default, deserialize_with = "scopes")]
            scope: Vec<String>,
        }
        let wire = Wire::deserialize(deserializer)?;
        Ok(Self {
            access: wire.access_token.into(),
            refresh: wire.refresh_token.filter(|token| !token.is_empty()).map(Into::into),
            expires_in: wire.expires_in.filter(|seconds| *seconds > 0),
            scopes: wire.scope,
        })
    }
}

/// Scopes come as a list, as one string, as null, or not at all.
fn scopes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Wire {
        Many(Vec<String>),
        One(String),
        None(()),
    }
    Ok(match Wire::deserialize(deserializer)? {
        Wire::Many(scopes) => scopes,
        Wire::One(text) => text.split_whitespace().map(ToOwned::to_owned).collect(),
        Wire::None(()) => Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_come_in_four_shapes() {
        let read = |scope: &str| {
            let text = format!(r#"{{"access_token":"a","token_type":"bearer","expires_in":14124{scope}}}"#);
            serde_json::from_str::<TokenAnswer>(&text).unwrap().scopes
        };
        assert_eq!(read(r#","scope":["a:b","c:d"]"#), ["a:b", "c:d"]);
        assert_eq!(read(r#","scope":"a:b c:d""#), ["a:b", "c:d"]);
        assert!(read(r#","scope":null"#).is_empty());
        assert!(read("").is_empty());
    }

    #[test]
    fn zero_seconds_is_for_ever_and_an_empty_refresh_token_is_none() {
        let text = r#"{"access_token":"a","refresh_token":"","expires_in":0}"#;
        let answer: TokenAnswer = serde_json::from_str(text).unwrap();
        assert!(answer.expires_in.is_none() && answer.refresh.is_none());
    }
}
