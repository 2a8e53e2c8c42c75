//! The services that the gateway talks to, as far as it can see them.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
};

use axum::{
    Json, Router,
    extract::{Path, RawQuery, State},
    http::{HeaderName, StatusCode, Uri},
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use common::problem::Problem;
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::Semaphore};

/// What the scripted services know, and what they were asked.
#[derive(Default)]
pub struct Script {
    /// Every call answers 503 `twitch_unavailable`.
    pub twitch_is_down: bool,
    /// Logging out answers 503 `twitch_unavailable`.
    pub logout_fails: bool,
    /// Every call of a user answers 401 `token_lost`.
    pub token_is_lost: bool,
    /// Exchanges answer with this problem code.
    pub exchange_fails: Option<&'static str>,
    /// Exchanges wait while this is closed.
    pub exchange_gate: Option<Arc<Semaphore>>,
    /// Channels that a user may look into, as (id, role).
    pub channels: HashMap<u64, Vec<(u64, &'static str)>>,
    /// Channels that are live, with their viewers.
    pub live: HashMap<u64, u32>,
    /// States handed to Twitch.
    pub states: Vec<String>,
    pub exchanged: Vec<String>,
    pub channels_asked: u32,
    pub logged_out: Vec<u64>,
    /// What was asked of analysis: paths below `/internal/v1/` with their queries.
    pub asked: Vec<String>,
    /// Analysis answers with this problem.
    pub analysis_refuses: Option<(u16, &'static str)>,
}

#[derive(Clone, Default)]
pub struct Upstreams(Arc<Mutex<Script>>);

impl Upstreams {
    pub fn script(&self) -> MutexGuard<'_, Script> {
        self.0.lock().unwrap()
    }

    /// Serves both services on one port.
    pub async fn serve(&self) -> String {
        let app = Router::new()
            .route("/healthz", get(|| async { "ok" }))
            .route("/internal/v1/oauth/authorize", post(authorize))
            .route("/internal/v1/oauth/exchange", post(exchange))
            .route("/internal/v1/users/{user}/logout", post(logout))
            .route("/internal/v1/users/{user}/grant", get(grant))
            .route("/internal/v1/users/{user}/channels", get(channels))
            .route("/internal/v1/streams", get(streams))
            .route("/internal/v1/{subjects}/{id}/{question}", get(answer))
            .route("/internal/v1/compare", get(answer))
            .route("/internal/v1/overlap", get(answer))
            .route("/internal/v1/accounts/{id}", get(account))
            .with_state(self.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await });
        url
    }

    fn refusal(&self) -> Option<Response> {
        let script = self.script();
        if script.twitch_is_down {
            return Some(
                Problem::unavailable("twitch_unavailable", "Twitch does not answer.").into_response(),
            );
        }
        let lost = || Problem::new(StatusCode::UNAUTHORIZED, "token_lost", "Log in again.").into_response();
        script.token_is_lost.then(lost)
    }
}

async fn authorize(State(services): State<Upstreams>, Json(body): Json<Value>) -> Response {
    let state = body["state"].as_str().unwrap().to_owned();
    let url = format!("https://id.twitch.example/oauth2/authorize?state={state}");
    services.script().states.push(state);
    Json(json!({ "url": url })).into_response()
}

/// The code `code-42` is user 42's.
async fn exchange(State(services): State<Upstreams>, Json(body): Json<Value>) -> Response {
    if let Some(refusal) = services.refusal() {
        return refusal;
    }
    let gate = services.script().exchange_gate.clone();
    if let Some(gate) = gate {
        gate.acquire().await.unwrap().forget();
    }
    let code = body["code"].as_str().unwrap().to_owned();
    let mut script = services.script();
    script.exchanged.push(code.clone());
    if let Some(problem) = script.exchange_fails {
        return Problem::new(StatusCode::CONFLICT, problem, "Refused.").into_response();
    }
    let id = code.strip_prefix("code-").unwrap();
    let user = json!({ "twitch_id": id, "login": format!("user{id}"), "display_name": format!("User{id}"),
                       "profile_image_url": "https://static-cdn.jtvnw.net/u.png" });
    Json(json!({ "user": user, "scopes": ["moderator:read:chatters"] })).into_response()
}

async fn logout(State(services): State<Upstreams>, Path(user): Path<u64>) -> Response {
    let mut script = services.script();
    if script.logout_fails {
        return Problem::unavailable("twitch_unavailable", "Twitch does not answer.").into_response();
    }
    script.logged_out.push(user);
    StatusCode::NO_CONTENT.into_response()
}

async fn grant(State(services): State<Upstreams>) -> Response {
    let script = services.script();
    if script.twitch_is_down {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    let valid = !script.token_is_lost;
    Json(json!({ "valid": valid, "scopes": ["moderator:read:chatters"], "reason": null })).into_response()
}

async fn channels(State(services): State<Upstreams>, Path(user): Path<u64>) -> Response {
    services.script().channels_asked += 1;
    if let Some(refusal) = services.refusal() {
        return refusal;
    }
    let listed = services.script().channels.get(&user).cloned().unwrap_or_default();
    let channels: Vec<_> = listed
        .into_iter()
        .map(|(id, role)| {
            let (login, name) = (format!("channel{id}"), format!("Channel{id}"));
            json!({ "twitch_id": id.to_string(), "login": login, "display_name": name, "role": role })
        })
        .collect();
    Json(json!({ "channels": channels })).into_response()
}

async fn streams(State(services): State<Upstreams>, RawQuery(query): RawQuery) -> Response {
    if let Some(refusal) = services.refusal() {
        return refusal;
    }
    let query = query.unwrap_or_default();
    let script = services.script();
    let asked = query.split('&').filter_map(|pair| pair.strip_prefix("id=")?.parse().ok());
    let streams: Vec<_> = asked
        .filter_map(|id: u64| Some((id, script.live.get(&id)?)))
        .map(|(id, viewers)| {
            json!({ "twitch_id": "9", "broadcaster_id": id.to_string(), "viewer_count": viewers,
                    "started_at": "2026-11-23T20:00:00Z", "title": "Live" })
        })
        .collect();
    Json(json!({ "streams": streams })).into_response()
}

/// The second time, a question is answered from the cache. Exports are files.
async fn answer(State(services): State<Upstreams>, address: Uri) -> Response {
    let mut script = services.script();
    let asked = address.to_string().replace("/internal/v1/", "");
    let known = script.asked.contains(&asked);
    script.asked.push(asked.clone());
    if let Some((status, code)) = script.analysis_refuses {
        let status = StatusCode::from_u16(status).unwrap();
        return Problem::new(status, code, "Refused.").into_response();
    }
    if asked.contains("/export") {
        let disposition = "attachment; filename=\"session_1.csv\"";
        return ([("content-type", "text/csv"), ("content-disposition", disposition)], "login\r\nzoe\r\n")
            .into_response();
    }
    let cache = (HeaderName::from_static("x-cache"), if known { "HIT" } else { "MISS" });
    ([cache], Json(json!({ "asked": asked }))).into_response()
}

async fn account(State(services): State<Upstreams>, Path(id): Path<String>, address: Uri) -> Response {
    services.script().asked.push(address.to_string().replace("/internal/v1/", ""));
    Json(json!({ "twitch_id": id, "login": "zoe", "display_name": "Zoé", "created_at": null, "gone": false,
                 "default_picture": null, "has_description": null, "broadcaster_type": "", "names": [],
                 "coverage": { "captures": 0 }, "channels": [] }))
    .into_response()
}
