//! No other site may act in a visitor's name.
//!
//! A browser sends our cookie along with requests that other pages cause. `SameSite=Lax` keeps it off most of those that
//! change something, but not off requests from sibling hosts, and not in every old browser. So a request with a cookie
//! and an unsafe method must come from our own page, which the browser itself states: `Sec-Fetch-Site: same-origin`.
//! Scripts cannot set that header, and every current browser sends it to https and loopback origins. Where it is absent
//! (older browsers, plain http, programs) the `Origin` header must be ours; browsers add it to every unsafe request
//! and pages cannot forge it either. A request with neither is refused. That is enough without tokens in forms: both
//! headers are statements of the browser, not of the page, and GET changes nothing here.
//!
//! Requests without a cookie act in nobody's name, and pass.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use common::problem::Problem;
use url::Url;

use crate::gateway::App;

/// Refuses what another site caused.
pub(crate) async fn protect(State(app): State<App>, request: Request, next: Next) -> Response {
    if is_allowed(request.method(), request.headers(), &app.web.public_url) {
        return next.run(request).await;
    }
    tracing::info!(method = %request.method(), "csrf.refused");
    Problem::new(
        StatusCode::FORBIDDEN,
        "csrf_refused",
        "A request that changes something and carries a cookie must come from this site's own pages: the browser's \
         Sec-Fetch-Site header must be same-origin, or, where there is none, Origin must be this site.",
    )
    .into_response()
}

fn is_allowed(method: &Method, headers: &HeaderMap, public_url: &Url) -> bool {
    if method.is_safe() || !headers.contains_key(header::COOKIE) {
        return true;
    }
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin";
    }
    let origin = headers.get(header::ORIGIN).and_then(|value| value.to_str().ok());
    origin.is_some_and(|origin| origin == public_url.origin().ascii_serialization())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(method: &Method, headers: &[(&'static str, &str)]) -> bool {
        let headers =
            headers.iter().map(|(name, value)| ((*name).parse().unwrap(), value.parse().unwrap())).collect();
        is_allowed(method, &headers, &"https://chatters.example".parse().unwrap())
    }

    #[test]
    fn only_our_own_pages_may_change_something() {
        const COOKIE: (&str, &str) = ("cookie", "session=x");
        assert!(allowed(&Method::POST, &[COOKIE, ("sec-fetch-site", "same-origin")]));
        assert!(allowed(&Method::DELETE, &[COOKIE, ("origin", "https://chatters.example")]));
        assert!(
            allowed(&Method::POST, &[("sec-fetch-site", "cross-site")]),
            "without a cookie there is no name to act in"
        );
        assert!(allowed(&Method::GET, &[COOKIE, ("sec-fetch-site", "cross-site")]));
        for site in ["cross-site", "same-site", "none", ""] {
            assert!(!allowed(&Method::POST, &[COOKIE, ("sec-fetch-site", site)]), "{site}");
        }
        assert!(
            !allowed(
                &Method::POST,
                &[COOKIE, ("sec-fetch-site", "cross-site"), ("origin", "https://chatters.example")]
            ),
            "a browser that states the site is believed"
        );
        for origin in [
            "null",
            "https://chatters.example.evil",
            "http://chatters.example",
            "https://chatters.example:444",
        ] {
            assert!(!allowed(&Method::PUT, &[COOKIE, ("origin", origin)]), "{origin}");
        }
        assert!(!allowed(&Method::POST, &[COOKIE]));
    }
}
