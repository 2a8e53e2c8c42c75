//! Asking for captures, and seeing what became of them.

use std::time::Duration;

use common::{ids::JobId, redis_keys};
use redis::AsyncTypedCommands as _;
use serde_json::{Value, json};

use crate::{browser::Browser, site::Site};

async fn ask(browser: &mut Browser, channels: &[u64]) -> Value {
    let ids: Vec<_> = channels.iter().map(ToString::to_string).collect();
    let answer = browser.post("/api/v1/captures", &json!({ "channel_ids": ids })).await;
    assert_eq!(answer.status, 202, "{answer:?}");
    answer.json()
}

#[tokio::test]
async fn a_capture_is_asked_for_and_can_be_followed() {
    let site = Site::start().await;
    let mut browser = site.logged_in(42, &[7, 5]).await;
    let accepted = ask(&mut browser, &[7, 5]).await;
    let jobs = accepted["jobs"].as_array().unwrap();
    assert_eq!(jobs.len(), 2);
    assert_eq!((&jobs[0]["channel_id"], &jobs[0]["state"]), (&json!("5"), &json!("ready")));
    assert_eq!(
        site.redis.shared().zcard(redis_keys::announced_jobs("capture_chatters")).await.unwrap(),
        2,
        "the workers were told"
    );

    let id: u64 = jobs[0]["id"].as_str().unwrap().parse().unwrap();
    let path = format!("/api/v1/jobs/{id}");
    let job = browser.get(&path).await.ok();
    assert_eq!((&job["kind"], &job["state"]), (&json!("capture_chatters"), &json!("ready")));
    assert_eq!((&job["capture_id"], &job["progress"]), (&jobs[0]["capture_id"], &Value::Null));

    let progress = [("pages", 2), ("pages_total", 3), ("chatters", 2000), ("total", 2412)];
    site.redis.shared().hset_multiple(redis_keys::job_progress(JobId(id)), &progress).await.unwrap();
    let job = browser.get(&path).await.ok();
    assert_eq!(job["progress"], json!({ "pages": 2, "pages_total": 3, "chatters": 2000, "total": 2412 }));

    let session = browser.get("/api/v1/sessions").await.ok()["sessions"][0].clone();
    assert_eq!((&session["uuid"], &session["status"]), (&accepted["session"], &json!("active")));
    assert_eq!(session["expires_at"], "2026-11-30T21:35:12Z");
    assert_eq!(session["channels"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_channel_that_is_not_moderated_is_forbidden_and_nothing_is_enqueued() {
    let site = Site::start().await;
    let mut browser = site.logged_in(42, &[7]).await;
    for ids in [json!(["666"]), json!(["7", "666"])] {
        let answer = browser.post("/api/v1/captures", &json!({ "channel_ids": ids })).await;
        answer.is_problem(403, "channel_forbidden");
        assert_eq!(answer.json()["channel_ids"], json!(["666"]));
    }
    for table in
        ["SELECT COUNT(*) FROM jobs", "SELECT COUNT(*) FROM captures", "SELECT COUNT(*) FROM sessions"]
    {
        assert_eq!(site.count(table).await, 0, "{table}");
    }
    assert_eq!(site.redis.shared().zcard(redis_keys::announced_jobs("capture_chatters")).await.unwrap(), 0);
}

#[tokio::test]
async fn a_role_is_believed_for_an_hour() {
    let site = Site::start().await;
    let mut browser = site.logged_in(42, &[7]).await;
    ask(&mut browser, &[7]).await;
    ask(&mut browser, &[7]).await;
    assert_eq!(site.services.script().channels_asked, 1);
    // The broadcaster has taken the sword back.
    site.services.script().channels.insert(42, vec![(42, "broadcaster")]);
    site.pass(Duration::from_mins(61));
    let answer = browser.post("/api/v1/captures", &json!({ "channel_ids": ["7"] })).await;
    answer.is_problem(403, "channel_forbidden");
    // When it cannot be asked, it is not assumed.
    site.services.script().twitch_is_down = true;
    let answer = browser.post("/api/v1/captures", &json!({ "channel_ids": ["42"] })).await;
    assert_eq!(answer.status, 202, "asked a moment ago");
    site.pass(Duration::from_mins(61));
    let answer = browser.post("/api/v1/captures", &json!({ "channel_ids": ["42"] })).await;
    answer.is_problem(503, "twitch_unavailable");
}

#[tokio::test]
async fn a_double_click_is_one_capture() {
    let site = Site::start().await;
    let mut browser = site.logged_in(42, &[7]).await;
    let first = ask(&mut browser, &[7]).await;
    let second = ask(&mut browser, &[7, 7]).await;
    assert_eq!(first, second);
    site.pass(Duration::from_secs(10));
    let third = ask(&mut browser, &[7]).await;
    assert_ne!(first["jobs"], third["jobs"]);
    assert_eq!(first["session"], third["session"]);
    assert_eq!(site.count("SELECT COUNT(*) FROM captures").await, 2);
}

#[tokio::test]
async fn two_moderators_share_a_capture_and_both_may_follow_it() {
    let site = Site::start().await;
    let (mut ann, mut bob) = (site.logged_in(42, &[7]).await, site.logged_in(43, &[7]).await);
    let mut eve = site.logged_in(44, &[]).await;
    let (of_ann, of_bob) = (ask(&mut ann, &[7]).await, ask(&mut bob, &[7]).await);
    assert_eq!(of_ann["jobs"], of_bob["jobs"]);
    assert_ne!(of_ann["session"], of_bob["session"]);
    let job = format!("/api/v1/jobs/{}", of_ann["jobs"][0]["id"].as_str().unwrap());
    let capture = format!("/api/v1/captures/{}", of_ann["jobs"][0]["capture_id"].as_str().unwrap());
    for browser in [&mut ann, &mut bob] {
        browser.get(&job).await.ok();
        assert_eq!(browser.get(&capture).await.ok()["status"], "pending");
    }
    eve.get(&job).await.is_problem(404, "job_not_found");
    eve.get(&capture).await.is_problem(404, "capture_not_found");
    eve.get("/api/v1/jobs/999999").await.is_problem(404, "job_not_found");
}

#[tokio::test]
async fn many_first_captures_at_once_open_one_session() {
    let site = Site::start().await;
    let channels: Vec<u64> = (101..=112).collect();
    let browser = site.logged_in(42, &channels).await;
    let asking = channels.iter().map(|channel| {
        let mut browser = browser.at(&site.url);
        async move { ask(&mut browser, &[*channel, 42]).await }
    });
    let accepted = futures_util::future::join_all(asking).await;
    assert!(accepted.iter().all(|answer| answer["session"] == accepted[0]["session"]));
    assert_eq!(site.count("SELECT COUNT(*) FROM sessions").await, 1);
    assert_eq!(site.count("SELECT COUNT(*) FROM captures").await, 13);
    assert_eq!(site.count("SELECT COUNT(*) FROM jobs").await, 13);
    assert_eq!(site.count("SELECT COUNT(*) FROM session_captures").await, 13);
}

#[tokio::test]
async fn a_failed_capture_is_shown_with_its_reason_and_its_job_too() {
    let site = Site::start().await;
    let mut browser = site.logged_in(42, &[7]).await;
    let accepted = ask(&mut browser, &[7]).await;
    site.run("UPDATE captures SET status = 'failed', reason = 'twitch_unavailable'").await;
    site.run("UPDATE jobs SET state = 'dead', last_error = 'twitch_unavailable: Twitch does not answer.'")
        .await;
    let path = format!("/api/v1/captures?session={}", accepted["session"].as_str().unwrap());
    let capture = browser.get(&path).await.ok()["captures"][0].clone();
    assert_eq!((&capture["status"], &capture["reason"]), (&json!("failed"), &json!("twitch_unavailable")));
    assert_eq!((&capture["captured_at"], &capture["slot"]), (&Value::Null, &json!("2026-11-23T21:35:10Z")));
    let job =
        browser.get(&format!("/api/v1/jobs/{}", accepted["jobs"][0]["id"].as_str().unwrap())).await.ok();
    assert_eq!(
        (&job["state"], &job["last_error"]),
        (&json!("dead"), &json!("twitch_unavailable: Twitch does not answer."))
    );
}

#[tokio::test]
async fn long_lists_come_in_pages() {
    let site = Site::start().await;
    let mut browser = site.logged_in(42, &[7, 8]).await;
    for _ in 0..3 {
        ask(&mut browser, &[7, 8]).await;
        site.pass(Duration::from_secs(10));
    }
    let (mut seen, mut path) = (Vec::new(), "/api/v1/captures?limit=4".to_owned());
    loop {
        let page = browser.get(&path).await.ok();
        let slots = page["captures"].as_array().unwrap().iter().map(|c| (c["slot"].clone(), c["id"].clone()));
        seen.extend(slots.map(|(slot, id)| (slot.to_string(), id.to_string())));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/api/v1/captures?limit=4&cursor={cursor}");
    }
    assert_eq!(seen.len(), 6);
    let mut sorted = seen.clone();
    sorted.sort_by(|a, b| b.cmp(a));
    sorted.dedup();
    assert_eq!(seen, sorted, "the latest first, none twice");
    let of_one = browser.get("/api/v1/captures?channel=8").await.ok();
    assert_eq!(of_one["captures"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn bad_input_is_told_apart() {
    let site = Site::start().await;
    let mut browser = site.logged_in(42, &[7]).await;
    let many: Vec<_> = (1..=101).map(|id| id.to_string()).collect();
    for (body, code) in [
        (json!({ "channel_ids": [] }), "channel_ids_invalid"),
        (json!({ "channel_ids": many }), "channel_ids_invalid"),
        (json!({ "channel_ids": ["x"] }), "id_invalid"),
        (json!({ "channel_ids": [7] }), "body_invalid"),
        (json!({}), "body_invalid"),
    ] {
        browser.post("/api/v1/captures", &body).await.is_problem(400, code);
    }
    let post =
        || browser.request(reqwest::Method::POST, "/api/v1/captures").header("sec-fetch-site", "same-origin");
    let (plain, long) =
        (post().body("{}"), post().header("content-type", "application/json").body("x".repeat(70_000)));
    browser.send(plain).await.is_problem(415, "content_type_invalid");
    browser.send(long).await.is_problem(413, "body_too_large");
    for (path, code) in [
        ("/api/v1/captures?session=1", "id_invalid"),
        ("/api/v1/captures?channel=x", "id_invalid"),
        ("/api/v1/captures?cursor=x", "cursor_invalid"),
        // Times that chrono knows and MariaDB does not: 8000000000000000000.1 and -100000000000000000.1.
        ("/api/v1/captures?cursor=ODAwMDAwMDAwMDAwMDAwMDAwMC4x", "cursor_invalid"),
        ("/api/v1/captures?cursor=LTEwMDAwMDAwMDAwMDAwMDAwMC4x", "cursor_invalid"),
        ("/api/v1/captures?limit=0", "parameter_invalid"),
        ("/api/v1/captures/x", "id_invalid"),
        ("/api/v1/jobs/-1", "id_invalid"),
        ("/api/v1/sessions/x", "id_invalid"),
        ("/api/v1/sessions/x/summary", "id_invalid"),
    ] {
        browser.get(path).await.is_problem(400, code);
    }
    // 253370764799000000.1: the last second that is taken.
    browser.get("/api/v1/captures?cursor=MjUzMzcwNzY0Nzk5MDAwMDAwLjE").await.ok();
}
