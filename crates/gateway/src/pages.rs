//! The web page: the files of `WEB_DIST_DIR`.
//!
//! Files under `/assets` carry a hash of their content in their names and never change; `index.html` names them and is
//! asked for anew each time. A path that is no file belongs to the page's own router and gets `index.html`, except
//! under `/api` and `/auth`, where an unknown address is a mistake that should be told.

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse as _, Response},
    routing::{any, get},
};
use common::problem::Problem;
use tower::ServiceExt as _;
use tower_http::services::ServeDir;

use crate::{config::WebConfig, gateway::App};

const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const ASK_FIRST: HeaderValue = HeaderValue::from_static("no-cache");
const AN_HOUR: HeaderValue = HeaderValue::from_static("public, max-age=3600");

/// Everything that is not an API or login route.
pub(crate) fn routes(config: &WebConfig) -> Router<App> {
    if !config.dist_dir.join("index.html").is_file() {
        tracing::warn!(dir = %config.dist_dir.display(), "pages.not_built");
    }
    let files = ServeDir::new(&config.dist_dir)
        .append_index_html_on_directories(false)
        .precompressed_br()
        .precompressed_gzip();
    let page = move |State(files): State<ServeDir>, request: Request| serve(files, request);
    let pages: Router<App> =
        Router::new().route("/", get(page)).route("/{*path}", get(page)).with_state(files);
    pages.route("/api/{*rest}", any(no_route)).route("/auth/{*rest}", any(no_route))
}

async fn no_route() -> Problem {
    Problem::not_found("route")
}

async fn serve(files: ServeDir, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let wants_page = is_page(&path);
    let (parts, _) = request.into_parts();
    let mut wanted = Request::from_parts(parts, Body::empty());
    if wants_page {
        *wanted.uri_mut() = Uri::from_static("/index.html");
    }
    let mut response = match files.oneshot(wanted).await {
        Ok(response) => response.map(Body::new),
        Err(never) => match never {},
    };
    if response.status() == StatusCode::NOT_FOUND {
        return Problem::not_found(if wants_page { "page" } else { "file" }).into_response();
    }
    if response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED {
        response.headers_mut().insert(header::CACHE_CONTROL, lifetime(&path, wants_page));
    }
    response
}

/// Whether the page's own router knows what to show; files have a dot in their name.
fn is_page(path: &str) -> bool {
    !path.rsplit('/').next().is_some_and(|name| name.contains('.'))
}

fn lifetime(path: &str, is_page: bool) -> HeaderValue {
    if is_page || path == "/index.html" {
        ASK_FIRST
    } else if path.starts_with("/assets/") {
        FOREVER
    } else {
        AN_HOUR
    }
}
