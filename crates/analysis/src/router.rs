//! All routes. Behind the internal bearer token; the gateway has checked who asks.

use axum::{Router, middleware, routing::get};

use crate::{App, deadline, export, handlers};

/// What the questions may be about: a session, a broadcast, one capture, or all captures of a channel.
const SUBJECTS: [&str; 4] = ["sessions", "streams", "captures", "channels"];

pub(crate) fn routes(app: App) -> Router {
    let mut routes = Router::new()
        .route("/internal/v1/sessions/{id}/summary", get(handlers::summary))
        .route("/internal/v1/sessions/{id}/overlap", get(handlers::overlap))
        .route("/internal/v1/overlap", get(handlers::overlap_of_channels))
        .route("/internal/v1/compare", get(handlers::compare))
        .route("/internal/v1/accounts/{id}", get(handlers::account));
    for subject in SUBJECTS {
        let path = |question: &str| format!("/internal/v1/{subject}/{{id}}/{question}");
        routes = routes
            .route(&path("evolution"), get(handlers::evolution))
            .route(&path("newcomers"), get(handlers::newcomers))
            .route(&path("retention"), get(handlers::retention))
            .route(&path("participation"), get(handlers::participation))
            .route(&path("raids"), get(handlers::raids))
            .route(&path("renames"), get(handlers::renames))
            .route(&path("export"), get(export::get))
            .route(&path("creations"), get(handlers::creations))
            .route(&path("accounts"), get(handlers::accounts));
    }
    routes.layer(middleware::from_fn(deadline::middleware)).with_state(app)
}
