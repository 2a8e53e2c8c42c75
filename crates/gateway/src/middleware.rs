//! The layers, in order: the first is the outermost. Around these come the ones of every service (request id, metrics,
//! panics) from `common::http`.

use std::time::Duration;

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request},
    http::{HeaderValue, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
};
use common::problem::Problem;
use tower::ServiceBuilder;
use tower_http::compression::CompressionLayer;

use crate::{csrf, gateway::App, rate_limit, security_headers, visitor, web_session};

/// How long an answer may take to begin. Longer than any wait inside has a deadline of its own; this bounds their sum.
const DEADLINE: Duration = Duration::from_secs(45);

/// No body that we take is longer: a hundred channel ids.
const MAX_BODY_BYTES: usize = 64 * 1024;

/// No address is longer that we answer, in bytes: other services get it with half of it escaped, and no server reads more
/// than 64 KB.
const MAX_ADDRESS_BYTES: usize = 16 * 1024;

/// Around pages and routes alike.
pub(crate) fn around_all(routes: Router) -> Router {
    routes.layer(
        ServiceBuilder::new()
            // Live events and what is compressed already are left alone.
            .layer(CompressionLayer::new())
            .layer(middleware::map_response(security_headers::add)),
    )
}

/// Around the API and the login, which know who is asking.
pub(crate) fn around_routes(routes: Router<App>, app: &App) -> Router<App> {
    routes.layer(
        ServiceBuilder::new()
            .layer(middleware::map_response(keep_private))
            .layer(middleware::from_fn(bound))
            .layer(middleware::from_fn(web_session::explain_failed_save))
            .layer(web_session::layer(&app.web_sessions, app.redis.clone()))
            .layer(middleware::from_fn_with_state(app.clone(), visitor::identify))
            .layer(middleware::from_fn_with_state(app.clone(), rate_limit::limit))
            .layer(middleware::from_fn_with_state(app.clone(), csrf::protect))
            .layer(DefaultBodyLimit::max(MAX_BODY_BYTES)),
    )
}

/// Answers about a person are kept by nobody.
async fn keep_private(mut response: Response) -> Response {
    response.headers_mut().entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

async fn bound(request: Request, next: Next) -> Response {
    let address = request.uri().path_and_query().map_or(0, |address| address.as_str().len());
    if address > MAX_ADDRESS_BYTES {
        let detail = format!("The address has {address} bytes; at most {MAX_ADDRESS_BYTES} are read.");
        return Problem::new(StatusCode::URI_TOO_LONG, "address_too_long", detail).into_response();
    }
    tokio::time::timeout(DEADLINE, next.run(request)).await.unwrap_or_else(|_| {
        Problem::new(StatusCode::GATEWAY_TIMEOUT, "timed_out", "This took too long; try again in a moment.")
            .into_response()
    })
}
