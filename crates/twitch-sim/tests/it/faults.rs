//! Every kind of fault, one at a time.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::*;

const CHATTERS: &str = "GET /chat/chatters";

async fn page(sim: &Sim, lea: &Login, after: Option<&Value>) -> Value {
    let after = after.and_then(cursor).map(|next| format!("&after={next}")).unwrap_or_default();
    let (status, page) = sim.chatters(lea, HARBOR_LIGHT, &format!("&first=1000{after}")).await;
    assert_eq!(status, 200, "{page}");
    page
}

#[tokio::test]
async fn faults_that_are_a_status() {
    let sim = Sim::start().await;
    let lea = sim.log_in(LEA, READ_CHATTERS).await;
    let kinds = [
        ("rate_limited_bucket", 429),
        ("rate_limited_endpoint", 429),
        ("unauthorized", 401),
        ("forbidden", 403),
        ("conflict", 409),
        ("server_error", 500),
        ("unavailable", 503),
        ("bad_identifiers", 400),
        ("invalid_cursor", 400),
    ];
    for (kind, expected) in kinds {
        sim.fault(CHATTERS, kind, json!({})).await;
        let response = sim
            .helix(
                &lea,
                Method::GET,
                &format!("/chat/chatters?broadcaster_id={HARBOR_LIGHT}&moderator_id={LEA}"),
            )
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), expected, "{kind}");
        let left: i64 = response.headers()["ratelimit-remaining"].to_str().unwrap().parse().unwrap();
        assert_eq!(left == 0, kind == "rate_limited_bucket", "{kind}");
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["status"], expected);
        page(&sim, &lea, None).await;
    }
}

#[tokio::test]
async fn a_token_can_die_in_the_middle_of_paging() {
    let sim = Sim::start().await;
    let lea = sim.log_in(LEA, READ_CHATTERS).await;
    sim.fault(CHATTERS, "token_expired", json!({ "paging": true })).await;
    let first = page(&sim, &lea, None).await;
    let after = format!("&first=1000&after={}", cursor(&first).unwrap());
    assert_eq!(sim.chatters(&lea, HARBOR_LIGHT, &after).await.0, 401);
    assert_eq!(sim.chatters(&lea, HARBOR_LIGHT, &after).await.0, 401, "dead for good");
    let (_, token) = sim.token(&[("grant_type", "refresh_token"), ("refresh_token", &lea.refresh)]).await;
    let fresh = Login { access: text(&token["access_token"]), ..lea };
    assert_eq!(sim.chatters(&fresh, HARBOR_LIGHT, &after).await.0, 200);
}

#[tokio::test]
async fn bodies_can_be_cut_garbage_or_empty_and_answers_slow() {
    let sim = Sim::start().await;
    let lea = sim.log_in(LEA, READ_CHATTERS).await;
    let path = format!("/chat/chatters?broadcaster_id={HARBOR_LIGHT}&moderator_id={LEA}&first=1000");
    for kind in ["garbage_body", "empty_body"] {
        sim.fault(CHATTERS, kind, json!({})).await;
        let (status, body) = spoilt(sim.helix(&lea, Method::GET, &path)).await;
        let is_json = serde_json::from_str::<Value>(&body).is_ok();
        assert_eq!((status, is_json, body.is_empty()), (200, false, kind == "empty_body"), "{kind}");
    }
    sim.fault(CHATTERS, "cut_body", json!({})).await;
    let response = sim.helix(&lea, Method::GET, &path).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert!(response.bytes().await.is_err());
    sim.fault(CHATTERS, "slow", json!({ "seconds": 0.3 })).await;
    let start = Instant::now();
    page(&sim, &lea, None).await;
    assert!(start.elapsed() >= Duration::from_millis(300));
    sim.fault(CHATTERS, "hang", json!({})).await;
    let hanging = sim.helix(&lea, Method::GET, &path).timeout(Duration::from_millis(200)).send().await;
    assert!(hanging.unwrap_err().is_timeout());
}

#[tokio::test]
async fn faults_of_rows_and_cursors() {
    let sim = Sim::start().await;
    let lea = sim.log_in(LEA, READ_CHATTERS).await;
    let first = page(&sim, &lea, None).await;
    let second = page(&sim, &lea, Some(&first)).await;
    let (ids1, ids2) = (ids(&first), ids(&second));
    let paging = || json!({ "paging": true });
    let with = async |kind: &str| {
        sim.fault(CHATTERS, kind, paging()).await;
        page(&sim, &lea, Some(&first)).await
    };

    let blank = with("blank_chatter").await;
    let found = ids(&blank);
    assert_eq!(found.len(), 1_001);
    assert_eq!(found.iter().filter(|id| id.is_empty()).count(), 1);

    let duplicate = with("duplicate_row").await;
    assert_eq!(ids(&duplicate)[0], ids1[999]);
    assert_eq!(ids(&duplicate)[1..], ids2[..999]);
    assert_eq!(ids(&page(&sim, &lea, Some(&duplicate)).await)[0], ids2[999]);

    assert_eq!(ids(&with("lost_row").await)[0], ids2[1]);
    let repeated = with("repeated_page").await;
    assert_eq!(ids(&repeated), ids1);
    assert_eq!(cursor(&repeated), cursor(&second));
    assert_eq!(ids(&with("lost_page").await)[0], ids(&page(&sim, &lea, Some(&second)).await)[0]);

    assert_eq!(cursor(&with("lost_cursor").await), None);
    assert_eq!(cursor(&with("looping_cursor").await), cursor(&first));
    assert_ne!(with("total_drift").await["total"], first["total"]);
    let short = with("short_page").await;
    assert_eq!(ids(&short), ids2[..500]);
    assert_eq!(ids(&page(&sim, &lea, Some(&short)).await)[0], ids2[500]);
    let empty = with("empty_page").await;
    assert!(ids(&empty).is_empty() && cursor(&empty) != cursor(&first));
    assert_eq!(ids(&page(&sim, &lea, Some(&empty)).await), ids2);
}

#[tokio::test]
async fn faults_of_other_endpoints() {
    let sim = Sim::start().await;
    let app = sim.app().await;
    let query = "/users?id=10000001&id=10000002&id=10000003";
    sim.fault("GET /users", "absent_users", json!({ "amount": 50 })).await;
    assert_eq!(sim.get(&app, query).await.1["data"].as_array().unwrap().len(), 2);
    sim.fault("GET /users", "bad_identifiers", json!({ "next": 2 })).await;
    assert_eq!(sim.get(&app, query).await.0, 400);
    let lea = sim.log_in(LEA, "user:read:moderated_channels").await;
    sim.fault("GET /moderation/channels", "lost_cursor", json!({})).await;
    let (_, list) = sim.get(&lea, &format!("/moderation/channels?user_id={LEA}&first=2")).await;
    assert_eq!(list["pagination"], json!({}));
    sim.fault("POST /token", "server_error", json!({})).await;
    assert_eq!(sim.token(&[("grant_type", "client_credentials")]).await.0, 500);
    sim.fault("GET /validate", "unavailable", json!({})).await;
    assert_eq!(answer(sim.request(Method::GET, "/oauth2/validate")).await.0, 503);
}

#[tokio::test]
async fn rules_can_be_seen_narrowed_and_removed() {
    let sim = Sim::start().await;
    let lea = sim.log_in(LEA, READ_CHATTERS).await;
    let rule = json!({ "endpoint": "*", "kind": "server_error", "probability": 1, "channel_id": 10_000_002 });
    let added = sim.control(Method::POST, "/faults", json!([rule])).await;
    page(&sim, &lea, None).await;
    assert_eq!(sim.chatters(&lea, PETIT_PIXEL, "").await.0, 500);
    let rules = sim.control(Method::GET, "/faults", json!({})).await;
    assert_eq!(rules["faults"][0]["hits"], 1);
    sim.control(Method::DELETE, &format!("/faults/{}", added["ids"][0]), json!({})).await;
    assert_eq!(sim.chatters(&lea, PETIT_PIXEL, "").await.0, 200);
    let bad = sim.request(Method::POST, "/sim/faults").json(&json!({ "endpoint": "*", "kind": "nonsense" }));
    assert_eq!(answer(bad).await.0, 422);
}
