//! All routes, for the other services only.

use axum::{
    Router,
    routing::{get, post},
};
use common::http::require_internal_token;
use secrecy::SecretString;

use crate::{
    App,
    routes::{accounts, channels, chatters, oauth, streams, users},
};

/// The internal interface, behind the token that the services share.
pub(crate) fn routes(app: App, internal_token: SecretString) -> Router {
    let routes = Router::new()
        .route("/internal/v1/oauth/authorize", post(oauth::authorize))
        .route("/internal/v1/oauth/exchange", post(oauth::exchange))
        .route("/internal/v1/users/{user}/logout", post(users::logout))
        .route("/internal/v1/users/{user}/grant", get(users::grant))
        .route("/internal/v1/users/{user}/channels", get(channels::list))
        .route("/internal/v1/channels/{channel}/chatters", get(chatters::stream))
        .route("/internal/v1/accounts", post(accounts::describe))
        .route("/internal/v1/streams", get(streams::live))
        .with_state(app);
    require_internal_token(routes, internal_token)
}
