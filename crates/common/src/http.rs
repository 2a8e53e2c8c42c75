//! The HTTP that all services share: the layers of a service's router, the bearer check between services, and the
//! client by which they call.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
};
use secrecy::{ExposeSecret as _, SecretString};
use subtle::ConstantTimeEq as _;
use tower_http::catch_panic::CatchPanicLayer;

use crate::{lifecycle::Shutdown, metrics, problem::Problem, request_id};

/// Lets only callers with the internal bearer token through.
pub fn require_internal_token(routes: Router, token: SecretString) -> Router {
    routes.layer(middleware::from_fn_with_state(Arc::new(token), check_internal_token))
}

async fn check_internal_token(
    State(token): State<Arc<SecretString>>,
    request: Request,
    next: Next,
) -> Response {
    let given = request
        .headers()
        .get(header::AUTHORIZATION)
        .and_then(|value| value.as_bytes().strip_prefix(b"Bearer "));
    if given.is_some_and(|given| given.ct_eq(token.expose_secret().as_bytes()).into()) {
        next.run(request).await
    } else {
        Problem::new(
            StatusCode::UNAUTHORIZED,
            "internal_token_invalid",
            "The internal bearer token is missing or wrong.",
        )
        .into_response()
    }
}

/// The layers around every route of every service, from the outside in: request id, metrics, panics.
pub fn common_layers(routes: Router, service: &'static str) -> Router {
    routes
        .fallback(|| async { Problem::not_found("route") })
        .method_not_allowed_fallback(|| async {
            Problem::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "method_not_allowed",
                "This address does not take this method.",
            )
        })
        .layer(CatchPanicLayer::custom(answer_panic))
        .layer(middleware::from_fn_with_state(service, metrics::http::measure))
        .layer(middleware::from_fn(request_id::middleware))
}

/// Ends the connection with the answer while the service drains.
pub(crate) async fn close_when_draining(
    State(shutdown): State<Shutdown>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = next.run(request).await;
    if shutdown.is_draining() {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

#[expect(clippy::needless_pass_by_value, reason = "the layer hands the panic over")]
fn answer_panic(panic: Box<dyn std::any::Any + Send>) -> Response {
    let message = panic
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
        .unwrap_or_else(|| "a panic without a message".to_owned());
    Problem::internal(format!("panic: {message}")).into_response()
}

/// A client for calls to other services and to Twitch. `timeout` bounds the wait for the head of the answer and each
/// wait for more of its body, not the whole of a long stream.
///
/// # Errors
/// When the client cannot be built, for instance without root certificates.
pub fn client(timeout: Duration) -> reqwest::Result<reqwest::Client> {
    // Installing twice is refused, and means that it is installed.
    let _already_installed = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .connect_timeout(Duration::from_secs(3))
        .read_timeout(timeout)
        .pool_idle_timeout(Duration::from_mins(1))
        .redirect(reqwest::redirect::Policy::none())
        .tcp_nodelay(true)
        .user_agent(concat!("twitch-chatters-analyser/", env!("CARGO_PKG_VERSION")))
        .build()
}
