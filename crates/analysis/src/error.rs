//! Why there is no answer.

use std::sync::Arc;

use axum::http::StatusCode;
use common::{db::DbError, problem::Problem};

/// What went wrong while an answer was computed. Shared: many may have waited for it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error(transparent)]
    Db(#[from] DbError),
    #[error("there is no such {0}")]
    NotFound(&'static str),
    #[error("the captures changed while they were read")]
    Changed,
    #[error("the captures keep changing, or a roster does not match its capture's count")]
    Unsettled,
    #[error("the computation was cut off: {0}")]
    Cut(String),
    #[error("the answer cannot be written: {0}")]
    Json(#[from] serde_json::Error),
    #[error("the Parquet file cannot be written: {0}")]
    Parquet(#[from] parquet::errors::ParquetError),
    /// The question cannot be answered as it is asked.
    #[error("{code}: {detail}")]
    Refused { status: StatusCode, code: &'static str, detail: String },
}

impl Failure {
    /// 422: the question is well-formed and asks for too much, or for what makes no sense.
    pub(crate) fn refused(code: &'static str, detail: impl Into<String>) -> Self {
        Self::Refused { status: StatusCode::UNPROCESSABLE_ENTITY, code, detail: detail.into() }
    }

    /// 404 with a code of its own.
    pub(crate) fn refused_not_found(code: &'static str, detail: impl Into<String>) -> Self {
        Self::Refused { status: StatusCode::NOT_FOUND, code, detail: detail.into() }
    }
}

/// A failure that several requests share.
pub(crate) type Shared = Arc<Failure>;

pub(crate) fn problem(failure: &Shared) -> Problem {
    match &**failure {
        Failure::NotFound(what) => Problem::not_found(what),
        Failure::Refused { status, code, detail } => Problem::new(*status, *code, detail.clone()),
        Failure::Db(error) if error.is_transient() => Problem::unavailable(
            "database_unavailable",
            "The database does not answer; try again in a moment.",
        )
        .retry_after(std::time::Duration::from_secs(5))
        .caused_by(SharedCause(Arc::clone(failure))),
        Failure::Unsettled => {
            Problem::unavailable("captures_unsettled", "The captures are changing; try again in a moment.")
                .retry_after(std::time::Duration::from_secs(2))
                .caused_by(SharedCause(Arc::clone(failure)))
        }
        _ => Problem::internal(SharedCause(Arc::clone(failure))),
    }
}

/// Gives a shared failure to one of the requests that waited for it.
#[derive(Debug)]
struct SharedCause(Shared);

impl std::fmt::Display for SharedCause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for SharedCause {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source()
    }
}
