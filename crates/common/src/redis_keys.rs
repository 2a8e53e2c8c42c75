//! Every key in Redis, one function each. All of them carry a lifetime or a bound; what may not be lost is in MariaDB.

use crate::ids::{ChannelId, JobId, UserId};

/// Sorted set of the announced jobs of a kind: ids by when they were announced (microseconds since 1970). Bounded; an id
/// is removed when a worker reads it.
#[must_use]
pub fn announced_jobs(kind: &str) -> String {
    format!("jobs:announced:{kind}")
}

/// Pub/sub: every live event as `<user id> <stream id> <json>`.
pub const EVENTS: &str = "events";

/// Stream of a user's recent live events, for pages that reconnect: bounded length, one hour.
#[must_use]
pub fn recent_events(user: UserId) -> String {
    format!("events:{user}")
}

/// Hash of a running job's progress; ten minutes.
#[must_use]
pub fn job_progress(job: JobId) -> String {
    format!("job:{job}:progress")
}

/// A web session, as tower-sessions keeps it; the session's lifetime.
#[must_use]
pub fn web_session(id: &str) -> String {
    format!("web:{id}")
}

/// Sorted set of a user's web sessions, by when they began; twice a session's lifetime, at most a hundred.
#[must_use]
pub fn web_sessions_of(user: UserId) -> String {
    format!("logins:{user}")
}

/// Marks that a user's data were exported; a minute.
#[must_use]
pub fn export_made(user: UserId) -> String {
    format!("export:{user}")
}

/// Marks an OAuth state as used up; as long as a login may take.
#[must_use]
pub fn used_login_state(state: &str) -> String {
    format!("login:used:{state}")
}

/// A client's request budget at the gateway; a minute.
#[must_use]
pub fn client_budget(client: &str) -> String {
    format!("budget:client:{client}")
}

/// A Helix bucket: a user's, or the application's (user 0); two minutes.
#[must_use]
pub fn helix_budget(user: UserId) -> String {
    format!("budget:helix:{user}")
}

/// An answer about `subject` (a session, a channel): which question, in which state of what it rests on, with which
/// parameters. A state that is over is never asked for again; `CACHE_TTL_SECONDS`.
#[must_use]
pub fn answer(subject: &str, question: &str, state: &str, parameters: &str) -> String {
    format!("answer:{subject}:{question}:{state}:{parameters}")
}

/// A channel's broadcast as Twitch last listed it, `null` for none; two polls.
#[must_use]
pub fn live_stream(channel: ChannelId) -> String {
    format!("live:{channel}")
}

/// The channels that Twitch lists for a user; `CACHE_TTL_SECONDS`.
#[must_use]
pub fn moderated_channels(user: UserId) -> String {
    format!("channels:{user}")
}
