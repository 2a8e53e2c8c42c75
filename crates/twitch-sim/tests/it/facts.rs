//! Answers against `facts.json`: the fields and types that the reference gives per endpoint.

use chrono::DateTime;
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::*;

/// Checks `value` at `path`, where `[]` means every element of a list that is not empty.
fn check(endpoint: &str, value: &Value, path: &str, types: &str) {
    if let Some((list, field)) = path.split_once("[].") {
        let rows = value[list].as_array().unwrap_or_else(|| panic!("{endpoint}: {list} is no list"));
        assert!(!rows.is_empty(), "{endpoint}: nothing to check");
        for row in rows {
            check(endpoint, row, field, types);
        }
        return;
    }
    let found = value.get(path).unwrap_or_else(|| panic!("{endpoint}: no {path} in {value}"));
    let fits = |kind: &str| match kind {
        "string" => found.is_string(),
        "number" => found.is_number(),
        "boolean" => found.is_boolean(),
        "array" => found.is_array(),
        "object" => found.is_object(),
        "null" => found.is_null(),
        "date" => found.as_str().is_some_and(|text| DateTime::parse_from_rfc3339(text).is_ok()),
        other => panic!("unknown type {other}"),
    };
    assert!(types.split('|').any(fits), "{endpoint}: {path} is {found}, not {types}");
}

fn check_all(endpoint: &str, value: &Value) {
    let facts: Value = serde_json::from_str(include_str!("facts.json")).unwrap();
    for (path, types) in facts[endpoint].as_object().unwrap() {
        check(endpoint, value, path, types.as_str().unwrap());
    }
}

#[tokio::test]
async fn answers_have_the_fields_of_the_reference() {
    let sim = Sim::start().await;
    let scopes = "moderator:read:chatters user:read:moderated_channels moderator:read:followers \
        moderator:read:shield_mode moderator:manage:banned_users moderator:manage:suspicious_users";
    let code = sim.code(LEA, scopes).await;
    let fields = [("grant_type", "authorization_code"), ("code", code.as_str()), ("redirect_uri", BACK)];
    let (_, token) = sim.token(&fields).await;
    check_all("POST /token", &token);
    let lea = Login { access: text(&token["access_token"]), refresh: String::new() };
    let validate = sim.request(Method::GET, "/oauth2/validate").bearer_auth(&lea.access);
    check_all("GET /validate", &answer(validate).await.1);

    let acting = format!("broadcaster_id={HARBOR_LIGHT}&moderator_id={LEA}");
    let target = sim.truth(HARBOR_LIGHT).await[0].clone();
    let mark = json!({ "user_id": target, "status": "ACTIVE_MONITORING" });
    let posts = [
        ("/moderation/suspicious_users", mark),
        ("/moderation/bans", json!({ "data": { "user_id": target, "duration": 60 } })),
    ];
    for (path, body) in posts {
        let request = sim.helix(&lea, Method::POST, &format!("{path}?{acting}")).json(&body);
        check_all(&format!("POST {path}"), &answer(request).await.1);
    }
    let gets = [
        ("/users", format!("id={target}&login=harborlight")),
        ("/chat/chatters", acting.clone()),
        ("/moderation/channels", format!("user_id={LEA}")),
        ("/streams", String::new()),
        ("/channels", format!("broadcaster_id={HARBOR_LIGHT}&broadcaster_id={target}")),
        ("/channels/followers", format!("broadcaster_id={HARBOR_LIGHT}")),
        ("/chat/settings", format!("broadcaster_id={HARBOR_LIGHT}")),
        ("/moderation/shield_mode", acting),
    ];
    for (path, query) in gets {
        let (status, body) = sim.get(&lea, &format!("{path}?{query}")).await;
        assert_eq!(status, 200, "{path}: {body}");
        check_all(&format!("GET {path}"), &body);
    }
    let owner = sim.log_in(HARBOR_LIGHT, "moderation:read").await;
    for path in ["/moderation/banned", "/moderation/moderators"] {
        let (_, body) = sim.get(&owner, &format!("{path}?broadcaster_id={HARBOR_LIGHT}")).await;
        check_all(&format!("GET {path}"), &body);
    }
}
