//! Identifiers, one type each, so that none is taken for another.
//!
//! On the wire every id is a string: JavaScript has no 64-bit integers.

use std::{fmt, num::ParseIntError, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

macro_rules! numeric_id {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = ParseIntError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }

        impl From<$inner> for $name {
            fn from(value: $inner) -> Self {
                Self(value)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(D::Error::custom)
            }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                String::schema()
            }
        }

        impl utoipa::ToSchema for $name {}
    };
}

numeric_id! {
    /// A Twitch user id. Twitch calls ids opaque strings; in practice they are decimal numbers, and what is not is
    /// kept out where it enters.
    TwitchUserId(u64)
}
numeric_id! {
    /// A person who logs in here; the value is the Twitch user id.
    UserId(u64)
}
numeric_id! {
    /// A channel; the value is its broadcaster's Twitch user id.
    ChannelId(u64)
}
numeric_id! {
    /// Our own dense number of an account: the element of rosters.
    AccountId(u32)
}
numeric_id! {
    /// A capture of a channel's chatters.
    CaptureId(u64)
}
numeric_id! {
    /// A row of the job queue.
    JobId(u64)
}
numeric_id! {
    /// An analysis session's primary key; people see its [`SessionUuid`].
    SessionId(u64)
}
numeric_id! {
    /// A broadcast on Twitch.
    StreamId(u64)
}

impl From<UserId> for TwitchUserId {
    fn from(id: UserId) -> Self {
        Self(id.0)
    }
}

impl From<ChannelId> for TwitchUserId {
    fn from(id: ChannelId) -> Self {
        Self(id.0)
    }
}

impl From<UserId> for ChannelId {
    /// Everybody has a channel of their own.
    fn from(id: UserId) -> Self {
        Self(id.0)
    }
}

impl From<TwitchUserId> for UserId {
    fn from(id: TwitchUserId) -> Self {
        Self(id.0)
    }
}

/// The public name of an analysis session: not to be guessed, so it may stand in a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(transparent)]
#[schema(value_type = String)]
pub struct SessionUuid(pub uuid::Uuid);

impl fmt::Display for SessionUuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

impl FromStr for SessionUuid {
    type Err = uuid::Error;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_strings_on_the_wire() {
        let id = TwitchUserId(18_446_744_073_709_551_615);
        let wire = serde_json::to_string(&id).unwrap();
        assert_eq!(wire, "\"18446744073709551615\"");
        assert_eq!(serde_json::from_str::<TwitchUserId>(&wire).unwrap(), id);
    }

    #[test]
    fn what_is_not_a_number_is_refused() {
        for wire in ["\"\"", "\"12a\"", "\"-1\"", "12"] {
            assert!(serde_json::from_str::<TwitchUserId>(wire).is_err(), "{wire}");
        }
    }
}
