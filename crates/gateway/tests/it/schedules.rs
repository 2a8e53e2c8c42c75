//! Periodic captures, as their owners set them.

use common::{
    events::{self, Event},
    ids::{ChannelId, UserId},
};
use serde_json::json;

use crate::site::Site;

#[tokio::test]
async fn a_schedule_is_set_shown_changed_and_removed() {
    let site = Site::start().await;
    let mut browser = site.logged_in(42, &[7]).await;
    let path = "/api/v1/channels/7/schedule";
    let set = browser.put(path, &json!({ "interval_minutes": 5 })).await.ok();
    assert_eq!(
        set,
        json!({ "interval_minutes": 5, "only_live": true, "next_slot": "2026-11-23T21:40:00Z",
                "paused_reason": null })
    );
    browser.put(path, &json!({ "interval_minutes": 60, "only_live": false })).await.ok();
    let channels = browser.get("/api/v1/channels").await.ok();
    let channel =
        channels["channels"].as_array().unwrap().iter().find(|channel| channel["id"] == "7").unwrap();
    assert_eq!(
        (&channel["schedule"]["interval_minutes"], &channel["schedule"]["next_slot"], &channel["recent"]),
        (&json!(60), &json!("2026-11-23T22:00:00Z"), &json!([]))
    );
    assert_eq!(browser.delete(path).await.status, 204);
    browser.delete(path).await.is_problem(404, "schedule_not_found");
    let told = events::since(&site.redis, UserId(42), "0").await.unwrap();
    let changed = Event::ScheduleChanged { channel_id: ChannelId(7) };
    assert_eq!(told.iter().filter(|told| told.event == changed).count(), 3, "one's other pages hear of it");
}

#[tokio::test]
async fn a_paused_schedule_says_why_and_runs_again_when_it_is_set() {
    let site = Site::start().await;
    let mut browser = site.logged_in(42, &[7]).await;
    let path = "/api/v1/channels/7/schedule";
    browser.put(path, &json!({ "interval_minutes": 1 })).await.ok();
    site.run("UPDATE schedules SET paused_reason = 'not_moderator'").await;
    let channels = browser.get("/api/v1/channels").await.ok();
    assert_eq!(channels["channels"][1]["schedule"]["paused_reason"], "not_moderator");
    assert_eq!(browser.put(path, &json!({ "interval_minutes": 1 })).await.ok()["paused_reason"], json!(null));
}

#[tokio::test]
async fn what_cannot_be_scheduled_is_refused() {
    let site = Site::start().await;
    let mut browser = site.logged_in(42, &[7]).await;
    for (body, code) in [
        (json!({ "interval_minutes": 0 }), "interval_invalid"),
        (json!({ "interval_minutes": 61 }), "interval_invalid"),
        (json!({ "interval_minutes": -1 }), "body_invalid"),
        (json!({ "interval_minutes": "5" }), "body_invalid"),
        (json!({}), "body_invalid"),
    ] {
        browser.put("/api/v1/channels/7/schedule", &body).await.is_problem(400, code);
    }
    let other = browser.put("/api/v1/channels/8/schedule", &json!({ "interval_minutes": 5 })).await;
    other.is_problem(403, "channel_forbidden");
    assert_eq!(site.count("SELECT COUNT(*) FROM schedules").await, 0);
}

#[tokio::test]
async fn the_line_of_recent_captures_is_that_of_the_latest_broadcast() {
    let site = Site::start().await;
    let mut browser = site.logged_in(42, &[7]).await;
    browser.get("/api/v1/channels").await.ok();
    site.run(
        "INSERT INTO captures (channel_id, slot, stream_id, status, captured_at, chatters_count) VALUES
         (7, '2026-11-22 20:00:00', 1, 'complete', '2026-11-22 20:00:01', 1),
         (7, '2026-11-23 20:00:00', 2, 'complete', '2026-11-23 20:00:01', 20),
         (7, '2026-11-23 20:05:00', 2, 'failed', NULL, 0),
         (7, '2026-11-23 20:10:00', 2, 'complete', '2026-11-23 20:10:01', 30),
         (7, '2026-11-23 21:00:00', NULL, 'complete', '2026-11-23 21:00:01', 4)",
    )
    .await;
    let channels = browser.get("/api/v1/channels").await.ok();
    assert_eq!(
        channels["channels"][1]["recent"],
        json!([
            { "at": "2026-11-23T20:00:01Z", "chatters": 20 },
            { "at": "2026-11-23T20:05:00Z", "chatters": null },
            { "at": "2026-11-23T20:10:01Z", "chatters": 30 },
        ])
    );
    assert_eq!(channels["channels"][0]["recent"], json!([]));
}

#[tokio::test]
async fn how_the_site_is_set_up_needs_no_login() {
    let site = Site::with(&[("SESSION_TTL_DAYS", "9")]).await;
    let about = site.browser().get("/api/v1/about").await.ok();
    assert_eq!(about, json!({ "session_ttl_days": 9, "max_saved_sessions": 10 }));
}
