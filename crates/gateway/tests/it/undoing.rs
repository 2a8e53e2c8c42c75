//! A session's name, emptying it for good, and undoing its deletion.

use std::time::Duration;

use serde_json::json;

use crate::{browser::Browser, site::Site};

/// Opens an active session; its uuid.
async fn open(site: &Site, browser: &mut Browser) -> String {
    site.pass(Duration::from_secs(10));
    let answer = browser.post("/api/v1/captures", &json!({ "channel_ids": ["7"] })).await.ok();
    answer["session"].as_str().unwrap().to_owned()
}

async fn status(browser: &mut Browser, uuid: &str) -> String {
    let session = browser.get(&format!("/api/v1/sessions/{uuid}")).await.ok();
    session["status"].as_str().unwrap().to_owned()
}

async fn save(browser: &mut Browser, uuid: &str) {
    browser.post(&format!("/api/v1/sessions/{uuid}/save"), &json!({ "name": uuid })).await.ok();
}

async fn delete(browser: &mut Browser, uuid: &str) {
    assert_eq!(browser.delete(&format!("/api/v1/sessions/{uuid}")).await.status, 204);
}

async fn restore(browser: &mut Browser, uuid: &str) -> crate::browser::Answer {
    browser.post(&format!("/api/v1/sessions/{uuid}/restore"), &json!({})).await
}

#[tokio::test]
async fn a_name_is_changed_by_its_owner_only() {
    let site = Site::start().await;
    let (mut ann, mut eve) = (site.logged_in(42, &[7]).await, site.logged_in(43, &[7]).await);
    let path = format!("/api/v1/sessions/{}", open(&site, &mut ann).await);
    let renamed = ann.patch(&path, &json!({ "name": " Raid du soir " })).await.ok();
    assert_eq!((&renamed["name"], &renamed["status"]), (&json!("Raid du soir"), &json!("active")));
    eve.patch(&path, &json!({ "name": "mine" })).await.is_problem(404, "session_not_found");
    for name in ["x".repeat(121), "a\u{7}".to_owned()] {
        ann.patch(&path, &json!({ "name": name })).await.is_problem(400, "name_invalid");
    }
    assert_eq!(ann.get(&path).await.ok()["name"], "Raid du soir");
    ann.delete(&path).await;
    ann.patch(&path, &json!({ "name": "gone" })).await.is_problem(404, "session_not_found");
}

#[tokio::test]
async fn purging_removes_what_nobody_else_holds_and_keeps_the_session() {
    let site = Site::start().await;
    let (mut ann, mut bob) = (site.logged_in(42, &[7]).await, site.logged_in(43, &[7]).await);
    let of_ann = open(&site, &mut ann).await;
    // In the same slot: the capture is shared.
    bob.post("/api/v1/captures", &json!({ "channel_ids": ["7"] })).await.ok();
    open(&site, &mut ann).await;
    site.run("UPDATE captures SET status = 'complete', roster_id = id, roster_parts = 1 ORDER BY id LIMIT 2")
        .await;
    site.run("INSERT INTO rosters SELECT roster_id, 'x' FROM captures WHERE status = 'complete'").await;
    open(&site, &mut ann).await;
    assert_eq!(site.count("SELECT COUNT(*) FROM captures").await, 3);

    let path = format!("/api/v1/sessions/{of_ann}/purge");
    bob.post(&path, &json!({})).await.is_problem(404, "session_not_found");
    assert_eq!(ann.post(&path, &json!({})).await.ok()["captures"], 1);
    assert_eq!(status(&mut ann, &of_ann).await, "active", "the record stays");
    assert_eq!(ann.get("/api/v1/captures").await.ok()["captures"], json!([]));
    assert_eq!(bob.get("/api/v1/captures").await.ok()["captures"].as_array().unwrap().len(), 1);
    let left =
        "SELECT COUNT(*) FROM captures WHERE status = 'pending' OR id = (SELECT MIN(id) FROM captures)";
    assert_eq!(site.count(left).await, 2, "the shared one, and the one that a job is still to fill");
    assert_eq!(site.count("SELECT COUNT(*) FROM rosters").await, 1, "rosters go with their captures");
    let noted = "SELECT COUNT(*) FROM audit_logs WHERE user_id = 42 AND action = 'session.purged'
                 AND JSON_VALUE(detail, '$.captures') = 1";
    assert_eq!(site.count(noted).await, 1);
    assert_eq!(ann.post(&path, &json!({})).await.ok()["captures"], 0, "twice is no mistake");
}

#[tokio::test]
async fn what_was_deleted_comes_back_as_it_was_for_a_day() {
    let site = Site::start().await;
    let (mut ann, mut eve) = (site.logged_in(42, &[7]).await, site.logged_in(43, &[7]).await);
    let saved = open(&site, &mut ann).await;
    save(&mut ann, &saved).await;
    let active = open(&site, &mut ann).await;
    for uuid in [&saved, &active] {
        delete(&mut ann, uuid).await;
        restore(&mut eve, uuid).await.is_problem(404, "session_not_found");
    }
    assert_eq!(restore(&mut ann, &saved).await.ok()["name"], json!(saved), "with its name");
    assert_eq!(status(&mut ann, &saved).await, "saved");
    let back = restore(&mut ann, &active).await.ok();
    assert_eq!((&back["status"], back["channels"].as_array().unwrap().len()), (&json!("active"), 1));
    restore(&mut ann, &active).await.is_problem(404, "session_not_found");

    delete(&mut ann, &saved).await;
    site.pass(Duration::from_hours(24));
    restore(&mut ann, &saved).await.is_problem(404, "session_not_found");
    let noted = "SELECT COUNT(*) FROM audit_logs WHERE action IN ('session.deleted', 'session.restored')";
    assert_eq!(site.count(noted).await, 5);
}

#[tokio::test]
async fn an_active_session_comes_back_saved_when_another_is_active_and_there_is_room() {
    let site = Site::with(&[("MAX_SAVED_SESSIONS", "1")]).await;
    let mut ann = site.logged_in(42, &[7]).await;
    let first = open(&site, &mut ann).await;
    delete(&mut ann, &first).await;
    let second = open(&site, &mut ann).await;
    assert_eq!(restore(&mut ann, &first).await.ok()["status"], "saved");
    assert_eq!(status(&mut ann, &second).await, "active");
    delete(&mut ann, &second).await;
    open(&site, &mut ann).await;
    let refused = restore(&mut ann, &second).await;
    refused.is_problem(409, "too_many_saved_sessions");
    assert_eq!(refused.json()["oldest"]["uuid"], json!(first));
    delete(&mut ann, &first).await;
    assert_eq!(restore(&mut ann, &second).await.ok()["status"], "saved");
}
