//! All routes. Behind the internal bearer token; the gateway has checked who asks.

use axum::{Router, middleware, routing::get};

use crate::{App, deadline, handlers};

pub(crate) fn routes(app: App) -> Router {
    Router::new()
        .route("/internal/v1/sessions/{uuid}/summary", get(handlers::summary::get))
        .layer(middleware::from_fn(deadline::middleware))
        .with_state(app)
}
