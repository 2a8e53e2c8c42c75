//! Logging in with Twitch, and out.
//!
//! ```text
//! GET  /auth/login      a random state goes into the web session; 302 to Twitch's consent page
//! GET  /auth/callback   Twitch sends the browser back; the state must be one of this browser's, and is used up,
//!                       whatever the answer was; the code goes to twitch-api; the session gets a new id; 302
//! POST /auth/logout     the session is gone
//! ```
//! The state binds the answer to the browser that asked: without it, anybody could make a visitor log in as somebody
//! else. A failure ends at `/?error=<code>`, where the page says in words what happened.

mod callback;
mod login;
mod logout;
mod pending;
mod return_to;

use axum::{
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};

pub(crate) use self::{
    callback::{__path_callback, callback},
    login::{__path_login, login},
    logout::{__path_logout, logout},
};

/// Sends the browser on.
fn found(location: &str) -> Response {
    (StatusCode::FOUND, [(header::LOCATION, location)]).into_response()
}

/// Ends a login that failed; the next one leads to `return_to`. `code` is of letters and underscores.
pub(crate) fn failed(code: &str, return_to: Option<&str>) -> Response {
    tracing::info!(code, "auth.login_failed");
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    let return_to = return_to.filter(|path| *path != return_to::DEFAULT);
    query.append_pair("error", code).extend_pairs(return_to.map(|path| ("return_to", path)));
    found(&format!("/?{}", query.finish()))
}
