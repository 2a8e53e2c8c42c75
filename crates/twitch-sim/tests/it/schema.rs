//! Every answer that a test here receives, held against what the reference says of its endpoint.
//!
//! `schema.json` is our own short form of it: per endpoint the body of a success and the statuses of its refusals. An
//! object has these fields and no others (`?`: it may be absent); a list has only such elements; a text names what a
//! value may be. 401, 429, 500 and 503 can come from everywhere.

use std::collections::BTreeSet;
use std::sync::{LazyLock, Mutex, PoisonError};

use chrono::DateTime;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::*;

static SCHEMA: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("schema.json")).expect("JSON"));
/// Successes that were checked in this process.
static CHECKED: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

const EVERYWHERE: [u64; 4] = [401, 429, 500, 503];

/// Panics when the answer is not one that Twitch gives.
pub fn check(method: &Method, path: &str, status: StatusCode, text: &str) {
    let (api, path) = match path.split_at_checked(path[1..].find('/').map_or(0, |at| at + 1)) {
        Some(("/helix" | "/mock", path)) => ("helix", path),
        Some(("/oauth2" | "/auth", path)) => ("oauth", path),
        _ if path == "/eventsub/subscriptions" => ("helix", path),
        _ => return,
    };
    let endpoint = format!("{method} {path}");
    if let Err(what) = fits(api, &endpoint, status, text) {
        panic!("{endpoint} answered {status}: {what}\n{text}");
    }
    if status.is_success() {
        CHECKED.lock().unwrap_or_else(PoisonError::into_inner).insert(endpoint);
    }
}

fn fits(api: &str, endpoint: &str, status: StatusCode, text: &str) -> Result<(), String> {
    let code = u64::from(status.as_u16());
    let Some(known) = SCHEMA[api].get(endpoint) else {
        let unknown = status == StatusCode::NOT_FOUND || status == StatusCode::METHOD_NOT_ALLOWED;
        return if unknown { Ok(()) } else { Err("the reference has no such endpoint".to_owned()) };
    };
    if let Some(body) = known.get(code.to_string()) {
        return if body.is_null() { empty(text) } else { read(text).and_then(|value| fit(&value, body, "")) };
    }
    let listed = known["refusals"].as_array().is_some_and(|codes| codes.contains(&json!(code)));
    if !listed && !EVERYWHERE.contains(&code) {
        return Err("the reference has no such status".to_owned());
    }
    // OAuth leaves the name of the error out.
    let refusal = match api {
        "helix" => json!({ "error": "string", "status": "integer", "message": "string" }),
        _ => json!({ "error?": "string", "status": "integer", "message": "string" }),
    };
    let value = read(text)?;
    fit(&value, &refusal, "")?;
    if value["status"] == code { Ok(()) } else { Err("the body names another status".to_owned()) }
}

fn empty(text: &str) -> Result<(), String> {
    if text.is_empty() { Ok(()) } else { Err("a body where none belongs".to_owned()) }
}

fn read(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

fn fit(value: &Value, schema: &Value, path: &str) -> Result<(), String> {
    match (schema, value) {
        (Value::String(kinds), _) if kinds.split('|').any(|kind| is(value, kind)) => Ok(()),
        (Value::Array(element), Value::Array(values)) => {
            values.iter().try_for_each(|value| fit(value, &element[0], &format!("{path}[]")))
        }
        (Value::Object(fields), Value::Object(found)) => {
            for (field, schema) in fields {
                let (name, optional) =
                    field.strip_suffix('?').map_or((field.as_str(), false), |name| (name, true));
                match found.get(name) {
                    Some(value) => fit(value, schema, &format!("{path}.{name}"))?,
                    None if optional => {}
                    None => return Err(format!("{path}.{name} is missing")),
                }
            }
            let known = |name: &str| fields.contains_key(name) || fields.contains_key(&format!("{name}?"));
            found
                .keys()
                .find(|name| !known(name))
                .map_or(Ok(()), |name| Err(format!("{path}.{name} is unknown")))
        }
        _ => Err(format!("{path} is {value}, not {schema}")),
    }
}

fn is(value: &Value, kind: &str) -> bool {
    let text = value.as_str();
    match kind {
        "string" => text.is_some(),
        "id" => text.is_some_and(|id| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit())),
        "date" => text.is_some_and(|text| DateTime::parse_from_rfc3339(text).is_ok()),
        "integer" => value.is_u64(),
        "boolean" => value.is_boolean(),
        "strings" => value.as_array().is_some_and(|values| values.iter().all(Value::is_string)),
        "object" => value.is_object(),
        "null" => value.is_null(),
        literal => text.is_some_and(|text| literal == format!("'{text}'")),
    }
}

#[test]
fn what_differs_from_the_reference_is_found() {
    let users = |body: Value| fits("helix", "GET /streams", StatusCode::OK, &body.to_string());
    let cases = [
        (json!({ "data": [], "pagination": {} }), None),
        (json!({ "data": [] }), Some(".pagination is missing")),
        (json!({ "data": [], "pagination": { "cursor": 7 } }), Some(".pagination.cursor is 7")),
        (json!({ "data": [], "pagination": {}, "total": 0 }), Some(".total is unknown")),
        (json!({ "data": {}, "pagination": {} }), Some(".data is {}")),
    ];
    for (body, expected) in cases {
        let found = users(body.clone()).err();
        assert_eq!(found.is_some(), expected.is_some(), "{body}: {found:?}");
        assert!(found.unwrap_or_default().contains(expected.unwrap_or_default()), "{body}");
    }
    let moved = fits("helix", "GET /users", StatusCode::IM_A_TEAPOT, "{}").unwrap_err();
    assert!(moved.contains("no such status"));
    let lied = r#"{"error":"Bad Request","status":401,"message":""}"#;
    assert!(
        fits("helix", "GET /users", StatusCode::BAD_REQUEST, lied).unwrap_err().contains("another status")
    );
}

/// Each endpoint of the simulator once, with somebody in every list; the other tests' answers are checked as they come.
#[tokio::test]
async fn every_endpoint_answers_as_the_reference_says() {
    let sim = Sim::start().await;
    let scopes = "moderator:read:chatters user:read:moderated_channels moderator:read:followers \
        moderator:manage:shield_mode moderator:manage:banned_users moderator:manage:suspicious_users \
        moderator:manage:chat_settings moderator:manage:announcements moderator:manage:warnings user:read:email";
    let lea = sim.log_in(LEA, scopes).await;
    answer(sim.request(Method::GET, "/oauth2/validate").bearer_auth(&lea.access)).await;
    let acting = format!("broadcaster_id={HARBOR_LIGHT}&moderator_id={LEA}");
    let truth = sim.truth(HARBOR_LIGHT).await;
    let (target, other) = (&truth[0], &truth[1]);
    let at_target = format!("{acting}&user_id={target}");

    let asked: [(Method, String, Value); 22] = [
        (Method::GET, format!("/users?id={target}&login=harborlight"), Value::Null),
        (Method::GET, "/users".to_owned(), Value::Null),
        (Method::GET, format!("/chat/chatters?{acting}"), Value::Null),
        (Method::GET, format!("/moderation/channels?user_id={LEA}"), Value::Null),
        (Method::GET, "/streams".to_owned(), Value::Null),
        (
            Method::GET,
            format!("/channels?broadcaster_id={HARBOR_LIGHT}&broadcaster_id={target}"),
            Value::Null,
        ),
        (Method::GET, format!("/channels/followers?broadcaster_id={HARBOR_LIGHT}"), Value::Null),
        (Method::GET, format!("/chat/settings?broadcaster_id={HARBOR_LIGHT}"), Value::Null),
        (Method::GET, format!("/chat/settings?{acting}"), Value::Null),
        (
            Method::PATCH,
            format!("/chat/settings?{acting}"),
            json!({ "slow_mode": true, "slow_mode_wait_time": 10 }),
        ),
        (Method::POST, format!("/chat/announcements?{acting}"), json!({ "message": "hello" })),
        (Method::GET, format!("/moderation/shield_mode?{acting}"), Value::Null),
        (Method::PUT, format!("/moderation/shield_mode?{acting}"), json!({ "is_active": true })),
        (Method::GET, format!("/moderation/shield_mode?{acting}"), Value::Null),
        (
            Method::POST,
            format!("/moderation/suspicious_users?{acting}"),
            json!({ "user_id": target, "status": "RESTRICTED" }),
        ),
        (Method::DELETE, format!("/moderation/suspicious_users?{at_target}"), Value::Null),
        (
            Method::POST,
            format!("/moderation/warnings?{acting}"),
            json!({ "data": { "user_id": target, "reason": "a warning" } }),
        ),
        (
            Method::POST,
            format!("/moderation/bans?{acting}"),
            json!({ "data": { "user_id": target, "duration": 60 } }),
        ),
        (Method::DELETE, format!("/moderation/bans?{at_target}"), Value::Null),
        (Method::POST, format!("/moderation/bans?{acting}"), json!({ "data": { "user_id": other } })),
        (
            Method::POST,
            format!("/moderation/bans?{acting}"),
            json!({ "data": { "user_id": target, "duration": 60, "reason": "why" } }),
        ),
        (Method::GET, "/eventsub/subscriptions".to_owned(), Value::Null),
    ];
    for (method, path, body) in asked {
        let request = sim.helix(&lea, method.clone(), &path);
        let request = if body.is_null() { request } else { request.json(&body) };
        let (status, body) = answer(request).await;
        assert!((200..300).contains(&status), "{method} {path}: {status} {body}");
        let rows = body["data"].as_array().map_or(1, Vec::len);
        assert!(rows > 0 || path.starts_with("/eventsub"), "{method} {path}: nothing to check");
    }
    let owner = sim.log_in(HARBOR_LIGHT, "moderation:read").await;
    for path in ["/moderation/banned", "/moderation/moderators"] {
        let (_, body) = sim.get(&owner, &format!("{path}?broadcaster_id={HARBOR_LIGHT}")).await;
        assert!(body["data"].as_array().is_some_and(|rows| rows.len() > 1), "{path}: {body}");
    }
    let app = sim.app().await;
    let (_, body) = sim.get(&app, &format!("/authorization/users?user_id={LEA}")).await;
    assert!(body["data"].as_array().is_some_and(|rows| rows.len() == 1), "{body}");
    let mock = format!(
        "/auth/authorize?client_id={CLIENT}&client_secret={SECRET}&grant_type=user_token&user_id={LEA}"
    );
    answer(sim.request(Method::POST, &mock)).await;
    let revoke = [("client_id", CLIENT), ("token", &lea.access)];
    answer(sim.request(Method::POST, "/oauth2/revoke").form(&revoke)).await;

    // Creating and deleting subscriptions needs a socket: `eventsub` does that, through the same check. The consent page,
    // which is no JSON, has refusals only.
    let checked = CHECKED.lock().unwrap_or_else(PoisonError::into_inner);
    let all =
        ["helix", "oauth"].into_iter().flat_map(|api| SCHEMA[api].as_object().expect("endpoints").iter());
    let succeeds = |known: &Value| known.as_object().is_some_and(|known| known.len() > 1);
    let known = all.filter(|(_, known)| succeeds(known)).map(|(endpoint, _)| endpoint);
    let missed: Vec<_> = known.filter(|endpoint| !checked.contains(*endpoint)).collect();
    let elsewhere =
        |endpoint: &str| endpoint.ends_with(" /eventsub/subscriptions") && !endpoint.starts_with("GET");
    assert!(missed.iter().all(|endpoint| elsewhere(endpoint)), "never checked: {missed:?}");
}
