//! Analysis sessions: whose they are, saving, deleting, and their summary.

use std::time::Duration;

use common::{
    events::{self, Event},
    ids::UserId,
};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    browser::Browser,
    site::{Site, nobody},
};

/// Opens an active session; its uuid.
async fn open(site: &Site, browser: &mut Browser) -> String {
    site.pass(Duration::from_secs(10));
    let answer = browser.post("/api/v1/captures", &json!({ "channel_ids": ["7"] })).await.ok();
    answer["session"].as_str().unwrap().to_owned()
}

async fn save(browser: &mut Browser, uuid: &str, body: Value) -> crate::browser::Answer {
    browser.post(&format!("/api/v1/sessions/{uuid}/save"), &body).await
}

#[tokio::test]
async fn an_unknown_session_and_somebody_elses_are_the_same() {
    let site = Site::start().await;
    let (mut ann, mut eve) = (site.logged_in(42, &[7]).await, site.logged_in(43, &[7]).await);
    let of_ann = open(&site, &mut ann).await;
    for uuid in [of_ann.clone(), Uuid::new_v4().to_string()] {
        let path = format!("/api/v1/sessions/{uuid}");
        eve.get(&path).await.is_problem(404, "session_not_found");
        eve.get(&format!("{path}/summary")).await.is_problem(404, "session_not_found");
        eve.get(&format!("/api/v1/captures?session={uuid}")).await.is_problem(404, "session_not_found");
        eve.delete(&path).await.is_problem(404, "session_not_found");
        save(&mut eve, &uuid, json!({})).await.is_problem(404, "session_not_found");
    }
    assert!(site.services.script().asked.is_empty(), "analysis is not asked before it is known whose it is");
    assert_eq!(ann.get(&format!("/api/v1/sessions/{of_ann}")).await.ok()["status"], "active");
}

#[tokio::test]
async fn without_analysis_the_summary_is_unavailable() {
    let mut site = Site::start().await;
    let mut browser = site.logged_in(42, &[7]).await;
    let uuid = open(&site, &mut browser).await;
    let gone = format!("http://{}/", nobody().await);
    let url = site.replica(&[("ANALYSIS_URL", &gone)]).await;
    let answer = browser.at(&url).get(&format!("/api/v1/sessions/{uuid}/summary")).await;
    answer.is_problem(503, "upstream_unavailable");
    assert_ne!(answer.json()["request_id"], "");
}

#[tokio::test]
async fn saving_keeps_a_session_and_the_next_capture_opens_another() {
    let site = Site::start().await;
    let mut browser = site.logged_in(42, &[7]).await;
    let first = open(&site, &mut browser).await;
    let saved = save(&mut browser, &first, json!({ "name": "  La soirée du 23 " })).await.ok();
    assert_eq!((&saved["status"], &saved["name"]), (&json!("saved"), &json!("La soirée du 23")));
    assert_eq!(saved["expires_at"], Value::Null);
    let second = open(&site, &mut browser).await;
    assert_ne!(first, second);
    // Saving again renames.
    assert_eq!(save(&mut browser, &first, json!({ "name": "Raid" })).await.ok()["name"], "Raid");
    assert_eq!(save(&mut browser, &first, json!({})).await.ok()["name"], "Raid");
    for name in ["x".repeat(121), "a\u{7}".to_owned()] {
        save(&mut browser, &first, json!({ "name": name })).await.is_problem(400, "name_invalid");
    }
}

#[tokio::test]
async fn only_so_many_are_saved_and_one_can_replace_another() {
    let site = Site::with(&[("MAX_SAVED_SESSIONS", "2")]).await;
    let mut browser = site.logged_in(42, &[7]).await;
    let mut saved = Vec::new();
    for name in ["one", "two"] {
        let uuid = open(&site, &mut browser).await;
        save(&mut browser, &uuid, json!({ "name": name })).await.ok();
        saved.push(uuid);
    }
    let third = open(&site, &mut browser).await;
    let refused = save(&mut browser, &third, json!({})).await;
    refused.is_problem(409, "too_many_saved_sessions");
    assert_eq!(refused.json()["oldest"], json!({ "uuid": saved[0], "name": "one" }));
    let unknown = json!({ "replace": Uuid::new_v4() });
    save(&mut browser, &third, unknown).await.is_problem(404, "session_not_found");
    save(&mut browser, &third, json!({ "replace": "x" })).await.is_problem(400, "id_invalid");
    save(&mut browser, &third, json!({ "replace": saved[0] })).await.ok();
    browser.get(&format!("/api/v1/sessions/{}", saved[0])).await.is_problem(404, "session_not_found");
    assert_eq!(site.count("SELECT COUNT(*) FROM sessions WHERE status = 'saved'").await, 2);
}

#[tokio::test]
async fn a_deleted_session_is_gone_and_the_capture_is_not() {
    let site = Site::start().await;
    let mut browser = site.logged_in(42, &[7]).await;
    let uuid = open(&site, &mut browser).await;
    let path = format!("/api/v1/sessions/{uuid}");
    assert_eq!(browser.delete(&path).await.status, 204);
    browser.get(&path).await.is_problem(404, "session_not_found");
    browser.delete(&path).await.is_problem(404, "session_not_found");
    assert_eq!(browser.get("/api/v1/sessions").await.ok()["sessions"], json!([]));
    assert_eq!(browser.get("/api/v1/captures").await.ok()["captures"], json!([]));
    assert_eq!(site.count("SELECT COUNT(*) FROM captures").await, 1);
    assert_ne!(open(&site, &mut browser).await, uuid);
}

#[tokio::test]
async fn ones_other_pages_are_told_of_what_is_done_to_a_session() {
    let site = Site::start().await;
    let mut browser = site.logged_in(42, &[7]).await;
    let path = format!("/api/v1/sessions/{}", open(&site, &mut browser).await);
    let mut told = 0;
    for (method, what, status) in [
        (Method::PATCH, "", 200),
        (Method::POST, "/save", 200),
        (Method::POST, "/purge", 200),
        (Method::DELETE, "", 204),
        (Method::DELETE, "", 404),
        (Method::POST, "/restore", 200),
    ] {
        let request = browser.request(method.clone(), &format!("{path}{what}"));
        let request = request.header("sec-fetch-site", "same-origin").json(&json!({ "name": "Raid" }));
        assert_eq!(browser.send(request).await.status, status, "{method} {what}");
        told += usize::from(status < 300);
        let events = events::since(&site.redis, UserId(42), "0").await.unwrap();
        let heard = events.iter().filter(|told| told.event == Event::SessionsChanged).count();
        assert_eq!(heard, told, "{method} {what}");
    }
}

#[tokio::test]
async fn a_session_whose_time_is_over_is_expired_and_is_not_filled_any_more() {
    let site = Site::with(&[("SESSION_TTL_DAYS", "1")]).await;
    let mut browser = site.logged_in(42, &[7]).await;
    let first = open(&site, &mut browser).await;
    site.pass(Duration::from_hours(25));
    assert_eq!(browser.get(&format!("/api/v1/sessions/{first}")).await.ok()["status"], "expired");
    save(&mut browser, &first, json!({})).await.is_problem(409, "session_expired");
    assert_ne!(open(&site, &mut browser).await, first);
    assert_eq!(site.count("SELECT COUNT(*) FROM sessions WHERE status = 'active'").await, 1);
}
