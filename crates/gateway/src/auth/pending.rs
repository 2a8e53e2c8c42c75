//! Logins that this browser has begun: the random states that Twitch must send back, and where each was going.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Duration, Utc};
use common::{problem::Problem, redis_keys, redis_store::Redis};
use rand::{TryRngCore as _, rngs::OsRng};
use redis::{AsyncTypedCommands as _, ExistenceCheck, SetExpiry, SetOptions};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;
use tower_sessions::{Session, session, session_store};

type Result<T> = std::result::Result<T, session::Error>;

/// The web session's member that keeps them.
const KEY: &str = "pending_logins";

/// How long somebody may think about Twitch's question.
const PATIENCE: Duration = Duration::minutes(15);

/// Tabs that may be logging in at once; the oldest is forgotten.
const MAX: usize = 5;

const STATE_BYTES: usize = 32;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct PendingLogin {
    state: String,
    pub return_to: String,
    begun_at: DateTime<Utc>,
}

/// The session of one who only begins to log in ends this soon.
pub(super) fn patience() -> std::time::Duration {
    PATIENCE.to_std().unwrap_or_default()
}

/// A state that nobody can guess: 256 random bits.
pub(super) fn fresh_state() -> std::result::Result<String, Problem> {
    let mut bytes = [0; STATE_BYTES];
    OsRng.try_fill_bytes(&mut bytes).map_err(Problem::internal)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// Remembers a login that begins.
pub(super) async fn remember(
    session: &Session,
    state: String,
    return_to: String,
    now: DateTime<Utc>,
) -> Result<()> {
    let mut pending = current(session, now).await?;
    pending.push(PendingLogin { state, return_to, begun_at: now });
    let excess = pending.len().saturating_sub(MAX);
    pending.drain(..excess);
    session.insert(KEY, pending).await
}

/// Uses up the login with this state, if this browser began one.
pub(super) async fn take(
    redis: &Redis,
    session: &Session,
    state: &str,
    now: DateTime<Utc>,
) -> Result<Option<PendingLogin>> {
    let mut pending = current(session, now).await?;
    // Every one is compared in full, so that the time taken tells nothing.
    let mut found = None;
    for (index, login) in pending.iter().enumerate() {
        if login.state.as_bytes().ct_eq(state.as_bytes()).into() {
            found = Some(index);
        }
    }
    let Some(index) = found else { return Ok(None) };
    let login = pending.remove(index);
    if !is_first_use(redis, state).await? {
        return Ok(None);
    }
    session.insert(KEY, pending).await?;
    Ok(Some(login))
}

/// Marks the state as used. The session alone cannot tell: of two answers that arrive at once, both find it there.
async fn is_first_use(redis: &Redis, state: &str) -> Result<bool> {
    let once = SetOptions::default()
        .conditional_set(ExistenceCheck::NX)
        .with_expiration(SetExpiry::EX(patience().as_secs()));
    let marked = redis.shared().set_options(redis_keys::used_login_state(state), 1, once).await;
    marked
        .map(|reply| reply.is_some())
        .map_err(|error| session_store::Error::Backend(error.to_string()).into())
}

/// Forgets them all.
pub(super) async fn forget(session: &Session) -> Result<()> {
    session.remove_value(KEY).await.map(drop)
}

async fn current(session: &Session, now: DateTime<Utc>) -> Result<Vec<PendingLogin>> {
    let pending: Vec<PendingLogin> = session.get(KEY).await?.unwrap_or_default();
    Ok(pending.into_iter().filter(|login| now - login.begun_at < PATIENCE).collect())
}
