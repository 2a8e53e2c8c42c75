//! What can go wrong between us and Twitch, and the one mapping of it to problem documents.

use std::time::Duration;

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use common::{
    crypto::CryptoError,
    db::DbError,
    ids::UserId,
    problem::{Problem, ProblemLine},
};

/// Why a call did not give what was asked for.
#[derive(Debug, thiserror::Error)]
pub enum TwitchError {
    /// The user has to log in again.
    #[error("the grant is not honoured: {reason}")]
    TokenLost { reason: String },
    /// Twitch does not let this user look into this channel.
    #[error("Twitch says that the user does not moderate the channel")]
    NotModerator,
    /// The user did not allow all that is needed.
    #[error("not allowed by the user: {}", .0.join(" "))]
    MissingScope(Vec<String>),
    /// The code of a login is wrong, used or too old.
    #[error("the authorization code is not valid")]
    InvalidCode,
    /// The budget is spent, and the caller cannot wait that long.
    #[error("the budget is spent for {} s", retry_after.as_secs())]
    BudgetExhausted { retry_after: Duration },
    /// Twitch does not answer, or says that it cannot.
    #[error("Twitch is not available: {what}")]
    Unavailable {
        what: String,
        retry_after: Duration,
        #[source]
        source: Option<reqwest::Error>,
    },
    /// Twitch refused a call that should have been right.
    #[error("Twitch refused with {status}: {message}")]
    Refused { status: u16, message: String },
    /// Twitch's answer cannot be understood.
    #[error("Twitch's answer makes no sense: {0}")]
    Protocol(String),
    /// Twitch does not accept this application's id or secret.
    #[error("Twitch does not accept this application: {0}")]
    Misconfigured(String),
    #[error("the token store failed")]
    Store(#[from] DbError),
    /// What is stored of a user's token cannot be decrypted: its key is not among ours, or the row was changed. A repeat
    /// does not help; the key, or a login, does.
    #[error("the token of user {user} cannot be read with the key `{key_id}`")]
    Unreadable {
        user: UserId,
        key_id: String,
        #[source]
        source: CryptoError,
    },
    #[error("a token cannot be encrypted")]
    Crypto(#[from] CryptoError),
    /// A task of ours ended before its time.
    #[error("an inner task failed")]
    Task(#[from] tokio::task::JoinError),
}

impl TwitchError {
    /// Twitch answered `status`, which says that it cannot.
    pub(crate) fn down(what: impl Into<String>) -> Self {
        Self::Unavailable { what: what.into(), retry_after: Duration::from_secs(5), source: None }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::TokenLost { .. } => "token_lost",
            Self::NotModerator => "not_moderator",
            Self::MissingScope(_) => "missing_scope",
            Self::InvalidCode => "invalid_code",
            Self::BudgetExhausted { .. } => "budget_exhausted",
            Self::Unavailable { .. } => "twitch_unavailable",
            Self::Refused { .. } | Self::Protocol(_) => "twitch_protocol",
            Self::Misconfigured(_) => "twitch_misconfigured",
            Self::Unreadable { .. } => "token_unreadable",
            Self::Store(error) if error.is_transient() => "database_unavailable",
            Self::Store(_) | Self::Crypto(_) | Self::Task(_) => "internal",
        }
    }

    fn detail(&self) -> &'static str {
        match self {
            Self::TokenLost { .. } => "Twitch no longer honours the permission; log in again.",
            Self::NotModerator => "Twitch says that this user does not moderate this channel.",
            Self::MissingScope(_) => "The user did not allow everything that is needed.",
            Self::InvalidCode => "The authorization code is wrong, used or too old; log in again.",
            Self::BudgetExhausted { .. } => "Twitch's rate limit leaves no room for this now.",
            Self::Unavailable { .. } => "Twitch does not answer; try again in a moment.",
            Self::Refused { .. } | Self::Protocol(_) => "Twitch's answer could not be understood.",
            Self::Misconfigured(_) => "Twitch does not accept this application's credentials.",
            Self::Unreadable { .. } => "The stored permission cannot be read; log in again to replace it.",
            Self::Store(_) | Self::Crypto(_) | Self::Task(_) => "Something went wrong on our side.",
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::TokenLost { .. } => StatusCode::UNAUTHORIZED,
            Self::NotModerator => StatusCode::FORBIDDEN,
            // Not a 5xx, which says that a repeat may help.
            Self::MissingScope(_) | Self::Unreadable { .. } => StatusCode::CONFLICT,
            Self::InvalidCode => StatusCode::BAD_REQUEST,
            Self::BudgetExhausted { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
            Self::Refused { .. } | Self::Protocol(_) | Self::Misconfigured(_) => StatusCode::BAD_GATEWAY,
            Self::Store(_) | Self::Crypto(_) | Self::Task(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::BudgetExhausted { retry_after } | Self::Unavailable { retry_after, .. } => {
                Some(*retry_after)
            }
            Self::Store(error) if error.is_transient() => Some(Duration::from_secs(5)),
            _ => None,
        }
    }

    /// The error as the last line of an answer that has begun.
    pub(crate) fn line(&self) -> ProblemLine {
        ProblemLine {
            code: self.code().to_owned(),
            detail: self.detail().to_owned(),
            retry_after: self.retry_after().map(whole_seconds),
        }
    }
}

/// Rounded up: a repeat one second early would fail again.
fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

impl From<TwitchError> for Problem {
    fn from(error: TwitchError) -> Self {
        let mut problem = match error {
            TwitchError::Store(error) => return error.into(),
            _ => Self::new(error.status(), error.code(), error.detail()),
        };
        match &error {
            TwitchError::TokenLost { reason } => problem = problem.with("reason", reason.as_str()),
            TwitchError::MissingScope(missing) => problem = problem.with("missing", missing.as_slice()),
            _ => {}
        }
        if let Some(wait) = error.retry_after() {
            problem = problem.retry_after(wait);
        }
        problem.caused_by(error)
    }
}

impl IntoResponse for TwitchError {
    fn into_response(self) -> Response {
        Problem::from(self).into_response()
    }
}
