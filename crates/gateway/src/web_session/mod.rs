//! Web sessions: what the gateway remembers about a browser, in Redis, under the id in its cookie.
//!
//! The cookie is signed with `SESSION_SECRET`: an id that we did not hand out never reaches Redis, and knowing what is
//! in Redis is not enough to make a cookie. It is `HttpOnly`, `SameSite=Lax` (the browser comes back from Twitch by a
//! top-level GET and must still have it), and outside development `Secure` with the `__Host-` prefix, so that no
//! sibling host can set it.
//!
//! A session lives until [`WebSessionConfig::ttl`] has passed without a visit. When Redis does not answer, what needs a
//! session is answered 503 `sessions_unavailable`: the browser keeps its cookie and is logged in again afterwards.

pub(crate) mod of_user;
mod store;

use axum::{
    extract::Request,
    http::{Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use common::{problem::Problem, redis_store::Redis};
use cookie::{Key, SameSite};
use secrecy::ExposeSecret as _;
use tower_sessions::{Expiry, SessionManagerLayer, service::SignedCookie};

use self::store::RedisStore;
use crate::{auth, config::WebSessionConfig};

/// The layer that gives each request its session.
pub(crate) fn layer(
    config: &WebSessionConfig,
    redis: Redis,
) -> SessionManagerLayer<RedisStore, SignedCookie> {
    SessionManagerLayer::new(RedisStore::new(redis))
        .with_name(if config.secure { "__Host-session" } else { "session" })
        .with_secure(config.secure)
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_path("/")
        .with_expiry(inactivity(config.ttl))
        .with_signed(Key::derive_from(config.secret.expose_secret().as_bytes()))
}

/// An end that moves with each save.
pub(crate) fn inactivity(ttl: std::time::Duration) -> Expiry {
    let seconds = i64::try_from(ttl.as_secs()).unwrap_or(i64::MAX);
    Expiry::OnInactivity(cookie::time::Duration::seconds(seconds))
}

/// The answer while Redis is away.
pub(crate) fn unavailable(cause: tower_sessions::session::Error) -> Problem {
    unavailable_because("The session store does not answer; try again in a moment.").caused_by(cause)
}

pub(crate) fn unavailable_because(detail: &str) -> Problem {
    Problem::unavailable("sessions_unavailable", detail).retry_after(std::time::Duration::from_secs(5))
}

/// Puts an explanation in place of the bare 500 by which the session layer says that it could not save.
pub(crate) async fn explain_failed_save(request: Request, next: Next) -> Response {
    let is_login = request.method() == Method::GET && request.uri().path().starts_with("/auth/");
    let response = next.run(request).await;
    let is_bare = response.status() == StatusCode::INTERNAL_SERVER_ERROR
        && !response.headers().contains_key(header::CONTENT_TYPE);
    match (is_bare, is_login) {
        (false, _) => response,
        (true, true) => auth::failed("sessions_unavailable", None),
        (true, false) => {
            unavailable_because("The session store did not take what was to be stored.").into_response()
        }
    }
}
