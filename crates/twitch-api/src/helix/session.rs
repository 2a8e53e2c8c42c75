//! Who calls, until when, and what becomes of a call that fails.
//!
//! | failure | what is done |
//! |---|---|
//! | 401 `Missing scope` | told: the user did not allow it |
//! | 401 | the token is refreshed and the call made again; refused again, once more if Twitch does not know the new token either, else the caller may come back: only a refused refresh loses the grant |
//! | 429 with points left, to something that creates | told: there is too much of it |
//! | 429 with points left | a limit of the endpoint: a short wait, doubled each time |
//! | 429 | the bucket: a wait for a share of the time it takes to fill, doubled each time |
//! | 5xx, a cursor refused | made again once |
//! | no answer, a cut or garbled body | made again once |
//! | the circuit breaker is open | told |
//! | anything else | told |
//!
//! Every call, also one made again, spends a point first ([`crate::budget`]).
//!
//! No wait goes beyond the caller's deadline, nor makes one call last longer than [`PATIENCE`] and its answers: the caller
//! is told at once, and how long to stay away. Nor does a wait for a token, which ends when the deadline has come.

use std::time::Duration;

use common::{clients::twitch_api::PATIENCE, ids::UserId};
use reqwest::Method;
use tokio::time::Instant;

use super::{
    Endpoint, Helix, Question,
    wire::{Failure, RateHeaders},
};
use crate::{
    TwitchError,
    budget::{Bucket, Urgency},
    tokens::Bearer,
};

/// Before a call is made again that Twitch could not answer.
const REPEAT_PAUSE: Duration = Duration::from_millis(200);

/// The first wait for a limit that names no end; doubled each time.
const LIMIT_PAUSE: Duration = Duration::from_secs(1);

/// The longest wait that `Ratelimit-Reset` is believed to ask for: a bucket fills in a minute.
const LONGEST_WAIT: Duration = Duration::from_secs(61);

/// How long a caller stays away whose deadline came before the token.
const TOKEN_PAUSE: Duration = Duration::from_secs(5);

/// How often one call waits for a limit.
const LIMIT_WAITS: u32 = 5;

/// New tokens that one call tries.
const RENEWALS: u32 = 2;

/// Points that are asked for at once at most.
const POINTS_AT_ONCE: u32 = 20;

/// Somebody's calls to Helix.
#[derive(Debug)]
pub struct Session {
    helix: Helix,
    caller: Caller,
    urgency: Urgency,
    deadline: Instant,
    /// Points that have been spent but not used.
    prepaid: u32,
    /// Calls that are known to follow.
    ahead: u32,
}

#[derive(Debug)]
enum Caller {
    User(UserId, Bearer),
    App,
}

/// What one call has been through.
struct Trouble {
    /// No wait goes beyond it.
    until: Instant,
    renewals: u32,
    /// Made again because Twitch said that it cannot.
    refused: bool,
    /// Made again because the answer was lost or spoilt.
    spoilt: bool,
    waits: u32,
}

impl Session {
    pub(super) async fn of_user(helix: Helix, user: UserId, deadline: Instant) -> Result<Self, TwitchError> {
        let bearer = helix.0.tokens.user(user).await?;
        Ok(Self::new(helix, Caller::User(user, bearer), Urgency::Now, deadline))
    }

    pub(super) fn of_app(helix: Helix, urgency: Urgency, deadline: Instant) -> Self {
        Self::new(helix, Caller::App, urgency, deadline)
    }

    fn new(helix: Helix, caller: Caller, urgency: Urgency, deadline: Instant) -> Self {
        Self { helix, caller, urgency, deadline, prepaid: 0, ahead: 0 }
    }

    /// Tells that so many calls will follow, so that their points are fetched together.
    pub(crate) fn expect_calls(&mut self, calls: u32) {
        self.ahead = calls;
    }

    /// Asks for a list or an object and reads the answer by `read`.
    pub(crate) async fn get<T>(
        &mut self,
        endpoint: Endpoint,
        query: &[(&str, &str)],
        read: impl FnMut(&[u8]) -> serde_json::Result<T>,
    ) -> Result<T, TwitchError> {
        self.ask(&Question { endpoint, method: Method::GET, query, body: None }, read).await
    }

    /// Asks, and reads the answer by `read`, which may be called more than once but succeeds at most once.
    pub(crate) async fn ask<T>(
        &mut self,
        question: &Question<'_>,
        mut read: impl FnMut(&[u8]) -> serde_json::Result<T>,
    ) -> Result<T, TwitchError> {
        let until = self.deadline.min(Instant::now() + PATIENCE);
        let mut trouble = Trouble { until, renewals: 0, refused: false, spoilt: false, waits: 0 };
        loop {
            let bearer = in_time(until, self.bearer()).await?;
            self.pay(until).await?;
            let failure = match self.helix.0.wire.ask(question, &bearer).await {
                Ok(answer) => {
                    self.helix.0.budgets.observe(self.bucket(), answer.rate);
                    match read(&answer.body) {
                        Ok(value) => return Ok(value),
                        Err(error) => Failure::Garbage(error),
                    }
                }
                Err(failure) => failure,
            };
            self.recover(question, failure, &bearer, &mut trouble).await?;
        }
    }

    async fn bearer(&self) -> Result<Bearer, TwitchError> {
        match &self.caller {
            Caller::User(_, bearer) => Ok(bearer.clone()),
            Caller::App => self.helix.0.tokens.app().await,
        }
    }

    fn bucket(&self) -> Bucket {
        match &self.caller {
            Caller::User(user, _) => Bucket::User(*user),
            Caller::App => Bucket::App,
        }
    }

    /// Spends the point of one call.
    async fn pay(&mut self, until: Instant) -> Result<(), TwitchError> {
        if self.prepaid == 0 {
            let wanted = self.ahead.clamp(1, POINTS_AT_ONCE);
            let budgets = &self.helix.0.budgets;
            self.prepaid = budgets.spend(self.bucket(), self.urgency, wanted, until).await?;
        }
        self.prepaid -= 1;
        self.ahead = self.ahead.saturating_sub(1);
        Ok(())
    }

    /// Does what makes another attempt worth it, or says why there is none.
    async fn recover(
        &mut self,
        question: &Question<'_>,
        failure: Failure,
        bearer: &Bearer,
        trouble: &mut Trouble,
    ) -> Result<(), TwitchError> {
        let name = question.endpoint.name;
        let (again, error) = match failure {
            Failure::Refused { status: 401, message, .. } => {
                return self.renew(&message, bearer, trouble).await;
            }
            // Not a rate: there is too much of something, and waiting does not help.
            Failure::Refused { status: 429, message, rate }
                if question.body.is_some() && rate.remaining > Some(0) =>
            {
                return Err(TwitchError::Refused { status: 429, message });
            }
            Failure::Refused { status: 429, rate, .. } => return self.wait(rate, trouble).await,
            Failure::Refused { status, .. } if status >= 500 => {
                (&mut trouble.refused, TwitchError::down(format!("{name} answered {status}")))
            }
            // Twitch has refused cursors of its own for a moment.
            Failure::Refused { status: 400, message, .. }
                if message.to_ascii_lowercase().contains("cursor") =>
            {
                (&mut trouble.refused, TwitchError::Refused { status: 400, message })
            }
            Failure::Refused { status, message, .. } => return Err(TwitchError::Refused { status, message }),
            Failure::Open { wait } => {
                return Err(TwitchError::Unavailable {
                    what: "it has been down".to_owned(),
                    retry_after: wait,
                    source: None,
                });
            }
            Failure::NoAnswer { what, source } => {
                let what = format!("{name}: {what}");
                let error = TwitchError::Unavailable { what, retry_after: Duration::from_secs(5), source };
                (&mut trouble.spoilt, error)
            }
            Failure::Garbage(error) => {
                (&mut trouble.spoilt, TwitchError::Protocol(format!("{name}: {error}")))
            }
        };
        if *again || Instant::now() + REPEAT_PAUSE >= trouble.until {
            return Err(error);
        }
        *again = true;
        tracing::debug!(endpoint = name, %error, "helix.again");
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
        if trouble.renewals == RENEWALS {
            return Err(TwitchError::down("one new token after the other is refused"));
        }
        let tokens = &self.helix.0.tokens;
        match &mut self.caller {
            Caller::User(user, held) => {
                if trouble.renewals > 0 && in_time(trouble.until, tokens.is_honoured(bearer)).await? {
                    return Err(TwitchError::down("a token that Twitch knows is refused"));
                }
                // Whoever does not wait for it leaves it running.
                *held = in_time(trouble.until, tokens.refresh(*user, bearer.generation)).await?;
            }
            Caller::App => {
                let forgetting = async {
                    tokens.app_refused(bearer.generation).await;
                    Ok(())
                };
                in_time(trouble.until, forgetting).await?;
            }
        }
        trouble.renewals += 1;
        Ok(())
    }

    async fn wait(&mut self, rate: RateHeaders, trouble: &mut Trouble) -> Result<(), TwitchError> {
        let bucket = rate.remaining.is_none_or(|points| points == 0);
        self.helix.0.budgets.observe(self.bucket(), rate);
        self.prepaid = 0;
        let until_full = rate.reset.map_or(0, |reset| reset - self.helix.0.clock.now().timestamp());
        let until_full = Duration::from_secs(until_full.try_into().unwrap_or(0)).min(LONGEST_WAIT);
        // The bucket fills evenly: it has points again long before it is full.
        let first = if bucket { until_full / 32 } else { Duration::ZERO };
        let wait = first.max(LIMIT_PAUSE) * (1 << trouble.waits.min(LIMIT_WAITS));
        trouble.waits += 1;
        if trouble.waits > LIMIT_WAITS || Instant::now() + wait >= trouble.until {
            return Err(TwitchError::BudgetExhausted { retry_after: wait });
        }
        tracing::info!(wait_ms = wait.as_millis(), bucket, "helix.limited");
        tokio::time::sleep(wait).await;
        Ok(())
    }
}

/// Waits for what Twitch's OAuth endpoints are asked, until the caller's deadline.
async fn in_time<T>(
    until: Instant,
    asking: impl Future<Output = Result<T, TwitchError>>,
) -> Result<T, TwitchError> {
    let late = TwitchError::BudgetExhausted { retry_after: TOKEN_PAUSE };
    tokio::time::timeout_at(until, asking).await.unwrap_or(Err(late))
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
