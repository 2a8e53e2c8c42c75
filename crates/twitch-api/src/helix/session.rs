//! Who calls, until when, and what becomes of a call that fails.
//!
//! | failure | what is done |
//! |---|---|
//! | 401 `Missing scope` | told: the user did not allow it |
//! | 401 | the token is refreshed once and the call made again; refused again, Twitch is asked whether it knows the token: if not, the grant is lost, if so, Twitch is confused and the caller may come back |
//! | 429 with points left | a limit of the endpoint: a short wait, doubled each time |
//! | 429 | the bucket: a wait for a share of the time it takes to fill, doubled each time |
//! | 5xx, no answer, a cut or garbled body | made again once |
//! | anything else | told |
//!
//! No wait goes beyond the caller's deadline: it is told at once, and how long to stay away.

use std::time::Duration;

use common::ids::UserId;
use tokio::time::Instant;

use super::{
    Endpoint, Helix,
    wire::{Failure, RateHeaders},
};
use crate::{TwitchError, tokens::Bearer};

/// Before a call is made again that Twitch could not answer.
const REPEAT_PAUSE: Duration = Duration::from_millis(200);

/// The first wait for a limit that names no end; doubled each time.
const LIMIT_PAUSE: Duration = Duration::from_secs(1);

/// The longest wait that `Ratelimit-Reset` is believed to ask for: a bucket fills in a minute.
const LONGEST_WAIT: Duration = Duration::from_secs(61);

/// How often one call waits for a limit.
const LIMIT_WAITS: u32 = 5;

/// Somebody's calls to Helix.
#[derive(Debug)]
pub struct Session {
    helix: Helix,
    caller: Caller,
    deadline: Instant,
}

#[derive(Debug)]
enum Caller {
    User(UserId, Bearer),
    App,
}

/// What one call has been through.
#[derive(Default)]
struct Trouble {
    renewed: bool,
    repeated: bool,
    waits: u32,
}

impl Session {
    pub(super) async fn of_user(helix: Helix, user: UserId, deadline: Instant) -> Result<Self, TwitchError> {
        let bearer = helix.0.tokens.user(user).await?;
        Ok(Self { helix, caller: Caller::User(user, bearer), deadline })
    }

    pub(super) fn of_app(helix: Helix, deadline: Instant) -> Self {
        Self { helix, caller: Caller::App, deadline }
    }

    /// Makes a call and reads its answer by `read`, which may be called more than once but succeeds at most once.
    pub(crate) async fn get<T>(
        &mut self,
        endpoint: Endpoint,
        query: &[(&str, &str)],
        mut read: impl FnMut(&[u8]) -> serde_json::Result<T>,
    ) -> Result<T, TwitchError> {
        let url = self.helix.0.wire.url(endpoint, query)?;
        let mut trouble = Trouble::default();
        loop {
            let bearer = self.bearer().await?;
            let failure = match self.helix.0.wire.get(endpoint, url.clone(), &bearer).await {
                Ok(answer) => match read(&answer.body) {
                    Ok(value) => return Ok(value),
                    Err(error) => Failure::Garbage(error),
                },
                Err(failure) => failure,
            };
            self.recover(endpoint, failure, &bearer, &mut trouble).await?;
        }
    }

    async fn bearer(&self) -> Result<Bearer, TwitchError> {
        match &self.caller {
            Caller::User(_, bearer) => Ok(bearer.clone()),
            Caller::App => self.helix.0.tokens.app().await,
        }
    }

    /// Does what makes another attempt worth it, or says why there is none.
    async fn recover(
        &mut self,
        endpoint: Endpoint,
        failure: Failure,
        bearer: &Bearer,
        trouble: &mut Trouble,
    ) -> Result<(), TwitchError> {
        let error = match failure {
            Failure::Refused { status: 401, message, .. } => {
                return self.renew(&message, bearer, trouble).await;
            }
            Failure::Refused { status: 429, rate, .. } => return self.wait(rate, trouble).await,
            Failure::Refused { status, .. } if status >= 500 => {
                TwitchError::down(format!("{} answered {status}", endpoint.name))
            }
            Failure::Refused { status, message, .. } => return Err(TwitchError::Refused { status, message }),
            Failure::NoAnswer { what, source } => TwitchError::Unavailable {
                what: format!("{}: {what}", endpoint.name),
                retry_after: Duration::from_secs(5),
                source,
            },
            Failure::Garbage(error) => TwitchError::Protocol(format!("{}: {error}", endpoint.name)),
        };
        if trouble.repeated || Instant::now() + REPEAT_PAUSE >= self.deadline {
            return Err(error);
        }
        trouble.repeated = true;
        tracing::debug!(endpoint = endpoint.name, %error, "helix.again");
        tokio::time::sleep(REPEAT_PAUSE).await;
        Ok(())
    }

    async fn renew(
        &mut self,
        message: &str,
        bearer: &Bearer,
        trouble: &mut Trouble,
    ) -> Result<(), TwitchError> {
        if let Some(scope) = missing_scope(message) {
            return Err(TwitchError::MissingScope(vec![scope]));
        }
        let tokens = &self.helix.0.tokens;
        match &mut self.caller {
            Caller::User(user, held) if !trouble.renewed => {
                *held = tokens.refresh(*user, bearer.generation).await?;
            }
            Caller::User(user, _) => {
                return Err(if tokens.is_honoured(*user, bearer).await? {
                    TwitchError::down("a token that Twitch knows is refused")
                } else {
                    TwitchError::TokenLost { reason: "token_refused".to_owned() }
                });
            }
            Caller::App if !trouble.renewed => tokens.app_refused(bearer.generation).await,
            Caller::App => return Err(TwitchError::down("the application's new token is refused")),
        }
        trouble.renewed = true;
        Ok(())
    }

    async fn wait(&self, rate: RateHeaders, trouble: &mut Trouble) -> Result<(), TwitchError> {
        let bucket = rate.remaining.is_none_or(|points| points == 0);
        let until_full = rate.reset.map_or(0, |reset| reset - self.helix.0.clock.now().timestamp());
        let until_full = Duration::from_secs(until_full.try_into().unwrap_or(0)).min(LONGEST_WAIT);
        // The bucket fills evenly: it has points again long before it is full.
        let first = if bucket { until_full / 32 } else { Duration::ZERO };
        let wait = first.max(LIMIT_PAUSE) * (1 << trouble.waits.min(LIMIT_WAITS));
        trouble.waits += 1;
        if trouble.waits > LIMIT_WAITS || Instant::now() + wait >= self.deadline {
            return Err(TwitchError::BudgetExhausted { retry_after: wait });
        }
        tracing::info!(wait_ms = wait.as_millis(), bucket, "helix.limited");
        tokio::time::sleep(wait).await;
        Ok(())
    }
}

/// The scope that a 401 names. Twitch says it in words only: `Missing scope: a:b`, or `Missing a:b scope`.
fn missing_scope(message: &str) -> Option<String> {
    let rest = message.strip_prefix("Missing ")?;
    let scope = rest.strip_prefix("scope: ").or_else(|| rest.strip_suffix(" scope"))?;
    Some(scope.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_scope_is_told_from_a_dead_token() {
        assert_eq!(
            missing_scope("Missing scope: user:read:moderated_channels").unwrap(),
            "user:read:moderated_channels"
        );
        assert_eq!(missing_scope("Missing clips:edit scope").unwrap(), "clips:edit");
        assert_eq!(missing_scope("Invalid OAuth token"), None);
        assert_eq!(missing_scope("Missing required parameter \"broadcaster_id\""), None);
    }
}
