//! `/authorize`: the consent page, and what happens when it is answered.
//!
//! `GET` shows the page. `POST` (a plain form, so that a script can send it) redirects to the
//! application with a code or with `access_denied`. Who asked to be remembered is sent back
//! without a page the next time, unless new scopes or `force_verify` are asked for.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use url::Url;

use super::error::OauthError;
use super::page::{Consent, French};
use super::token::{scopes, user_token};
use crate::config::Client;
use crate::params::Params;
use crate::sim::Sim;
use crate::world::accounts::TwitchId;

const COOKIE: &str = "sim_login";

/// A well-formed request for consent.
struct Asked {
    client: Client,
    redirect_uri: Url,
    /// The same as it was given; the exchange must repeat it to the letter.
    redirect_given: String,
    scopes: Vec<String>,
    state: Option<String>,
}

/// `GET /authorize`.
pub(crate) async fn show(
    State(sim): State<Arc<Sim>>,
    headers: HeaderMap,
    params: Params,
) -> Result<Response, OauthError> {
    let asked = check(&sim, &params)?;
    let remembered = cookie(&headers).and_then(TwitchId::parse);
    if let Some(user) = remembered
        && params.get("force_verify") != Some("true")
        && sim.vault.has_consented(&asked.client.id, user, &asked.scopes)
    {
        return Ok(allow(&sim, &asked, user, asked.scopes.clone()));
    }
    let french = match params.get("lang") {
        Some(lang) => lang == "fr",
        None => prefers_french(&headers),
    };
    let page = Consent {
        client: &asked.client,
        redirect_uri: &asked.redirect_given,
        scopes: &asked.scopes,
        state: asked.state.as_deref(),
        chosen: remembered,
        language: French(french),
    };
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'"),
    ];
    Ok((headers, page.render()).into_response())
}

/// `POST /authorize`: `decision=allow|deny&user_id=…` with the parameters of the request;
/// `deny_scope=…` (repeatable) leaves a scope out, `remember=on` sets a cookie. With
/// `grant_type=user_token` it is the official mock's token endpoint.
pub(crate) async fn answer(
    State(sim): State<Arc<Sim>>,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Result<Response, OauthError> {
    let params = Params::merged(query.as_deref().unwrap_or_default(), &body);
    if params.get("grant_type") == Some("user_token") {
        return user_token(&sim, &params);
    }
    let asked = check(&sim, &params)?;
    if params.get("decision") != Some("allow") {
        let mut pairs = vec![
            ("error", "access_denied".to_owned()),
            ("error_description", "The user denied you access".to_owned()),
        ];
        pairs.extend(asked.state.clone().map(|state| ("state", state)));
        return Ok(redirect(&asked.redirect_uri, &pairs));
    }
    let user = params.get("user_id").and_then(TwitchId::parse).ok_or(OauthError::UNKNOWN_USER)?;
    sim.world.accounts.find(user, sim.clock.now_ms()).ok_or(OauthError::UNKNOWN_USER)?;
    let mut granted = asked.scopes.clone();
    granted.retain(|scope| !params.all("deny_scope").any(|denied| denied == scope));
    let mut response = allow(&sim, &asked, user, granted);
    if params.get("remember").is_some() {
        let cookie = format!("{COOKIE}={user}; Path=/; HttpOnly; SameSite=Lax; Max-Age=2592000");
        if let Ok(value) = HeaderValue::from_str(&cookie) {
            response.headers_mut().insert(header::SET_COOKIE, value);
        }
    }
    Ok(response)
}

fn check(sim: &Sim, params: &Params) -> Result<Asked, OauthError> {
    let id = params.get("client_id").ok_or(OauthError::MISSING_CLIENT)?;
    let client = sim.client(id).ok_or(OauthError::INVALID_CLIENT)?;
    let given = params.get("redirect_uri").unwrap_or_default();
    if !client.redirect_urls.iter().any(|url| url == given) {
        return Err(OauthError::REDIRECT_MISMATCH);
    }
    let redirect_uri = Url::parse(given).map_err(|_| OauthError::REDIRECT_MISMATCH)?;
    // The page's own form does not repeat it.
    if params.get("response_type").is_some_and(|kind| kind != "code") {
        return Err(OauthError::RESPONSE_TYPE);
    }
    let state = params.get("state").map(str::to_owned);
    let redirect_given = given.to_owned();
    Ok(Asked { client, redirect_uri, redirect_given, scopes: scopes(params), state })
}

fn allow(sim: &Sim, asked: &Asked, user: TwitchId, granted: Vec<String>) -> Response {
    let scope = granted.join(" ");
    let code = sim.vault.consent(&asked.client.id, user, granted, &asked.redirect_given, sim.clock.now_ms());
    let mut pairs = vec![("code", code), ("scope", scope)];
    pairs.extend(asked.state.clone().map(|state| ("state", state)));
    redirect(&asked.redirect_uri, &pairs)
}

fn redirect(to: &Url, pairs: &[(&str, String)]) -> Response {
    let mut to = to.clone();
    to.query_pairs_mut().extend_pairs(pairs);
    (StatusCode::FOUND, [(header::LOCATION, to.to_string())]).into_response()
}

fn cookie(headers: &HeaderMap) -> Option<&str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='))
}

fn prefers_french(headers: &HeaderMap) -> bool {
    headers
        .get(header::ACCEPT_LANGUAGE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.trim_start().to_ascii_lowercase().starts_with("fr"))
}
