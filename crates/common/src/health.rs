//! `/healthz`: the process answers. `/readyz`: it can do its work, that is, what it needs answers and it is not
//! draining.

use std::{collections::BTreeMap, future::Future, pin::Pin, sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};

use crate::lifecycle::Shutdown;

/// How long a check may take.
const DEADLINE: Duration = Duration::from_secs(2);

type Check = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = Result<(), String>> + Send>> + Send + Sync>;

/// What must answer for the service to be ready.
#[derive(Clone, Default)]
pub struct Readiness {
    checks: Vec<(&'static str, Check)>,
}

impl std::fmt::Debug for Readiness {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.checks.iter().map(|(name, _)| name)).finish()
    }
}

impl Readiness {
    /// Adds a check; its error is shown in the answer and must carry no secret.
    #[must_use]
    pub fn check<F, Fut>(mut self, name: &'static str, check: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), String>> + Send + 'static,
    {
        self.checks.push((name, Arc::new(move || Box::pin(check()))));
        self
    }

    /// Runs all checks at once; what is wrong, by name.
    async fn failures(&self) -> BTreeMap<&'static str, String> {
        let running = self.checks.iter().map(|(name, check)| async move {
            let outcome = tokio::time::timeout(DEADLINE, check()).await;
            let error = outcome.unwrap_or_else(|_| Err(format!("no answer within {} s", DEADLINE.as_secs())));
            error.err().map(|error| (*name, error))
        });
        futures_util::future::join_all(running).await.into_iter().flatten().collect()
    }
}

/// The two probes.
pub fn routes(readiness: Readiness, shutdown: Shutdown) -> Router {
    Router::new()
        .route("/healthz", get(|| async { "ok" }))
        .route("/readyz", get(ready))
        .with_state((readiness, shutdown))
}

async fn ready(State((readiness, shutdown)): State<(Readiness, Shutdown)>) -> Response {
    // At once, whatever the checks would take: whoever balances has to notice before the listener closes.
    let failures = if shutdown.is_draining() {
        BTreeMap::from([("shutdown", "draining".to_owned())])
    } else {
        readiness.failures().await
    };
    let status = if failures.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(serde_json::json!({ "ready": failures.is_empty(), "failures": failures }))).into_response()
}
