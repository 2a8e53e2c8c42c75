//! All routes. Real addresses and those of the official mock lead to the same handlers.

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};

use crate::control::world as control;
use crate::helix::{channels, chatters, guard, streams, users};
use crate::oauth::{authorize, token};
use crate::sim::Sim;

pub(crate) fn router(sim: Arc<Sim>) -> Router {
    Router::new()
        .nest("/oauth2", oauth(&sim))
        .nest("/auth", oauth(&sim))
        .nest("/helix", helix(&sim))
        .nest("/mock", helix(&sim))
        .nest("/sim", sim_routes())
        .route("/healthz", get(|| async { StatusCode::NO_CONTENT }))
        .with_state(sim)
}

fn oauth(_sim: &Arc<Sim>) -> Router<Arc<Sim>> {
    Router::new()
        .route("/authorize", get(authorize::show).post(authorize::answer))
        .route("/token", post(token::issue))
        .route("/validate", get(token::validate))
        .route("/revoke", post(token::revoke))
}

fn helix(sim: &Arc<Sim>) -> Router<Arc<Sim>> {
    Router::new()
        .route("/users", get(users::list))
        .route("/chat/chatters", get(chatters::list))
        .route("/moderation/channels", get(channels::moderated))
        .route("/streams", get(streams::list))
        .route("/channels", get(channels::list))
        .route_layer(from_fn_with_state(Arc::clone(sim), guard::guard))
}

fn sim_routes() -> Router<Arc<Sim>> {
    Router::new()
        .route("/clock", get(control::clock).put(control::set_clock))
        .route("/settings", get(control::settings).put(control::set_settings))
        .route("/people", get(control::people))
        .route("/channels", get(control::channels).post(control::add_channels))
        .route("/channels/{id}/truth", get(control::truth))
        .route("/requests", get(control::requests).delete(control::clear_requests))
        .route("/clients", post(control::add_client))
}
