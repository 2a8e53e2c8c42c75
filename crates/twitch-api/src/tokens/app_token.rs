//! The application's own token: asked for when needed, kept in memory, never refreshed (Twitch gives it no refresh
//! token), renewed a little before its end or when Twitch refuses it.

use chrono::{DateTime, TimeDelta, Utc};
use common::clock::Clock;
use tokio::sync::Mutex;

use super::{Bearer, OAuth};
use crate::TwitchError;

/// Renewed this long before its end.
const MARGIN: TimeDelta = TimeDelta::minutes(10);

#[derive(Default)]
pub(super) struct AppToken(Mutex<State>);

#[derive(Default)]
struct State {
    current: Option<(Bearer, Option<DateTime<Utc>>)>,
    generation: u64,
}

impl AppToken {
    /// The token; callers that come while it is asked for wait for the same one.
    pub(super) async fn get(&self, oauth: &OAuth, clock: &Clock) -> Result<Bearer, TwitchError> {
        let mut state = self.0.lock().await;
        if let Some((bearer, expires_at)) = &state.current
            && expires_at.is_none_or(|at| clock.now() + MARGIN < at)
        {
            return Ok(bearer.clone());
        }
        let answer = oauth.client_credentials().await?;
        state.generation += 1;
        let seconds =
            answer.expires_in.and_then(|seconds| TimeDelta::try_seconds(i64::try_from(seconds).ok()?));
        let bearer = Bearer::new(answer.access, state.generation)?;
        state.current = Some((bearer.clone(), seconds.map(|seconds| clock.now() + seconds)));
        tracing::info!("token.app_renewed");
        Ok(bearer)
    }

    /// Forgets the token of `generation`, unless it has been replaced meanwhile.
    pub(super) async fn forget(&self, generation: u64) {
        let mut state = self.0.lock().await;
        if state.generation == generation {
            state.current = None;
        }
    }
}
