//! What a question is about.

use std::fmt;

use axum::{extract::FromRequestParts, http::request::Parts};
use chrono::{DateTime, Utc};
use common::{
    ids::{CaptureId, ChannelId, SessionUuid, StreamId},
    problem::Problem,
};

/// A set of captures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Subject {
    /// Somebody's selection.
    Session(SessionUuid),
    /// A broadcast.
    Stream(StreamId),
    Capture(CaptureId),
    /// All captures of a channel.
    Channel(ChannelId),
}

impl Subject {
    /// The kind, as in problem codes.
    pub(crate) fn kind(self) -> &'static str {
        match self {
            Self::Session(_) => "session",
            Self::Stream(_) => "stream",
            Self::Capture(_) => "capture",
            Self::Channel(_) => "channel",
        }
    }

    /// By kind and id; an id that is malformed belongs to nothing.
    fn parse(kind: &str, id: &str) -> Result<Self, Problem> {
        let (what, parsed) = match kind {
            "session" => ("session", id.parse().ok().map(Self::Session)),
            "stream" => ("stream", id.parse().ok().map(Self::Stream)),
            "capture" => ("capture", id.parse().ok().map(Self::Capture)),
            "channel" => ("channel", id.parse().ok().map(Self::Channel)),
            _ => ("route", None),
        };
        parsed.ok_or_else(|| Problem::not_found(what))
    }

    /// `session:…`, `stream:…`, `capture:…` or `channel:…`, as it stands in a parameter.
    ///
    /// # Errors
    /// `subject_invalid`, or `…_not_found` for a malformed id.
    pub(crate) fn of_parameter(text: &str) -> Result<Self, Problem> {
        let invalid = || {
            Problem::bad_request(
                "subject_invalid",
                "Name what to compare as session:…, stream:…, capture:… or channel:….",
            )
        };
        let (kind, id) = text.split_once(':').ok_or_else(invalid)?;
        match Self::parse(kind, id) {
            Err(problem) if problem.code() == "route_not_found" => Err(invalid()),
            outcome => outcome,
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Session(id) => write!(f, "session:{id}"),
            Self::Stream(id) => write!(f, "stream:{id}"),
            Self::Capture(id) => write!(f, "capture:{id}"),
            Self::Channel(id) => write!(f, "channel:{id}"),
        }
    }
}

/// From `/internal/v1/{kind}s/{id}/…`.
impl<S: Sync> FromRequestParts<S> for Subject {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let mut segments = parts.uri.path().split('/').skip(3);
        let kind = segments.next().and_then(|kinds| kinds.strip_suffix('s')).unwrap_or_default();
        Self::parse(kind, segments.next().unwrap_or_default())
    }
}

/// `from <= captured_at < to`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Period {
    pub(crate) from: Option<DateTime<Utc>>,
    pub(crate) to: Option<DateTime<Utc>>,
}

impl Period {
    pub(crate) fn holds(self, at: DateTime<Utc>) -> bool {
        self.from.is_none_or(|from| from <= at) && self.to.is_none_or(|to| at < to)
    }

    /// Within what MariaDB can tell.
    pub(crate) fn bounds(self) -> (DateTime<Utc>, DateTime<Utc>) {
        let far = DateTime::from_timestamp(253_370_764_800, 0).unwrap_or(DateTime::<Utc>::MAX_UTC);
        (self.from.unwrap_or(DateTime::UNIX_EPOCH), self.to.unwrap_or(far))
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros =
            |at: Option<DateTime<Utc>>| at.map_or_else(String::new, |at| at.timestamp_micros().to_string());
        write!(f, "{}-{}", micros(self.from), micros(self.to))
    }
}
