//! Questions: who may ask what, and that they are handed on as they came.

use serde_json::json;
use uuid::Uuid;

use crate::{browser::Browser, site::Site};

/// Channel 7 with one broadcast, 70, and one capture, 700, which is in no session.
async fn story(site: &Site) {
    site.run("INSERT INTO channels VALUES (7, 'zoe', 'Zoé', NULL, NOW(6), NOW(6))").await;
    site.run("INSERT INTO streams VALUES (70, 7, 'Live', NOW(6), NULL, NOW(6), 90)").await;
    site.run(
        "INSERT INTO captures (id, channel_id, slot, stream_id, status, captured_at, chatters_count)
         VALUES (700, 7, NOW(6), 70, 'complete', NOW(6), 60)",
    )
    .await;
}

async fn session(browser: &mut Browser) -> String {
    let asked = browser.post("/api/v1/captures", &json!({ "channel_ids": ["7"] })).await.ok();
    asked["session"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn every_question_is_handed_on_with_its_parameters_and_its_cache_header() {
    let site = Site::start().await;
    story(&site).await;
    let mut browser = site.logged_in(42, &[7]).await;
    let uuid = session(&mut browser).await;
    let subjects =
        [format!("sessions/{uuid}"), "streams/70".into(), "captures/700".into(), "channels/7".into()];
    let questions =
        ["evolution", "newcomers", "retention", "participation", "raids", "renames", "creations", "accounts"];
    for subject in &subjects {
        for question in questions {
            let asked = format!("{subject}/{question}?channel=7&limit=5&x=a%26b");
            let answer = browser.get(&format!("/api/v1/{asked}")).await;
            assert_eq!((answer.header("x-cache"), answer.header("cache-control")), ("MISS", "no-store"));
            assert_eq!(answer.ok()["asked"], asked);
        }
    }
    for question in ["summary", "overlap"] {
        let path = format!("/api/v1/sessions/{uuid}/{question}");
        assert_eq!(browser.get(&path).await.header("x-cache"), "MISS");
        assert_eq!(browser.get(&path).await.header("x-cache"), "HIT");
    }
    for filter in ["list=left", "channel=7%2C9&channel=8&from=2026-11-01T00%3A00%3A00Z"] {
        let compared = format!("compare?a=session%3A{uuid}&b=stream%3A70&{filter}");
        let answer = browser.get(&format!("/api/v1/captures/{compared}")).await.ok();
        assert_eq!(answer["asked"], compared);
    }
    site.services.script().analysis_refuses = Some((400, "limit_invalid"));
    browser.get("/api/v1/streams/70/newcomers?limit=x").await.is_problem(400, "limit_invalid");
}

#[tokio::test]
async fn an_export_is_passed_through_as_a_file() {
    let site = Site::start().await;
    let mut browser = site.logged_in(42, &[7]).await;
    let uuid = session(&mut browser).await;
    let answer = browser.get(&format!("/api/v1/sessions/{uuid}/export?format=csv&what=accounts")).await;
    assert_eq!((answer.status.as_u16(), answer.text.as_str()), (200, "login\r\nzoe\r\n"));
    assert_eq!(answer.header("content-type"), "text/csv");
    assert_eq!(answer.header("content-disposition"), "attachment; filename=\"session_1.csv\"");
    site.services.script().analysis_refuses = Some((503, "exports_busy"));
    browser.get(&format!("/api/v1/sessions/{uuid}/export")).await.is_problem(503, "exports_busy");
}

#[tokio::test]
async fn nobody_asks_about_what_is_not_theirs() {
    let site = Site::start().await;
    story(&site).await;
    let mut ann = site.logged_in(42, &[7]).await;
    let mut eve = site.logged_in(66, &[]).await;
    let of_ann = session(&mut ann).await;
    // The gateway remembers whose it is.
    ann.get(&format!("/api/v1/sessions/{of_ann}/summary")).await.ok();
    site.services.script().asked.clear();
    for uuid in [of_ann.clone(), Uuid::new_v4().to_string()] {
        for question in ["summary", "overlap", "evolution", "accounts", "export"] {
            let path = format!("/api/v1/sessions/{uuid}/{question}");
            eve.get(&path).await.is_problem(404, "session_not_found");
        }
    }
    for (path, status, code) in [
        ("streams/70/evolution", 404, "stream_not_found"),
        ("streams/71/evolution", 404, "stream_not_found"),
        ("captures/700/accounts", 404, "capture_not_found"),
        ("captures/701/export", 404, "capture_not_found"),
        ("channels/7/creations", 403, "channel_forbidden"),
        ("channels/8/creations", 403, "channel_forbidden"),
        ("channels/7/streams", 403, "channel_forbidden"),
        ("streams/x/evolution", 400, "id_invalid"),
        ("sessions/1/evolution", 400, "id_invalid"),
        ("streams/70/x", 404, "route_not_found"),
        ("captures/compare?a=capture:700&b=stream:70", 404, "capture_not_found"),
        ("captures/compare?a=room:7", 400, "subject_invalid"),
        ("captures/compare?a=7", 400, "subject_invalid"),
        // Before anything is looked up.
        ("captures/compare?a=capture:700&a=capture:700&b=stream:70", 400, "parameter_repeated"),
        ("captures/compare?a=capture:700&b=stream:70&b=stream:70", 400, "parameter_repeated"),
    ] {
        eve.get(&format!("/api/v1/{path}")).await.is_problem(status, code);
    }
    let compared = format!("/api/v1/captures/compare?a=session:{of_ann}&b=channel:66");
    eve.get(&compared).await.is_problem(404, "session_not_found");
    assert!(site.services.script().asked.is_empty(), "analysis is not asked before it is known who may");
    site.browser().get("/api/v1/streams/70/evolution").await.is_problem(401, "not_authenticated");
}

#[tokio::test]
async fn what_is_stored_can_be_read_while_twitch_is_down_but_not_for_ever() {
    let site = Site::start().await;
    story(&site).await;
    let mut browser = site.logged_in(42, &[7]).await;
    browser.get("/api/v1/channels/7/evolution").await.ok();
    site.services.script().twitch_is_down = true;
    site.pass(std::time::Duration::from_hours(2));
    browser.get("/api/v1/channels/7/evolution").await.ok();
    let answer = browser.post("/api/v1/captures", &json!({ "channel_ids": ["7"] })).await;
    answer.is_problem(503, "twitch_unavailable");
    site.pass(std::time::Duration::from_hours(23));
    browser.get("/api/v1/channels/7/evolution").await.is_problem(503, "twitch_unavailable");
}

#[tokio::test]
async fn a_channels_broadcasts_come_in_pages() {
    let site = Site::start().await;
    story(&site).await;
    site.run("INSERT INTO streams VALUES (69, 7, 'Before', NOW(6), NOW(6), NOW(6), 9)").await;
    let mut browser = site.logged_in(42, &[7]).await;
    let page = browser.get("/api/v1/channels/7/streams?limit=1").await.ok();
    let stream = &page["streams"][0];
    assert_eq!(
        (&stream["id"], &stream["captures"], &stream["chatters_peak"], &stream["ended_at"]),
        (&json!("70"), &json!(1), &json!(60), &json!(null))
    );
    let next = format!("/api/v1/channels/7/streams?cursor={}", page["next_cursor"].as_str().unwrap());
    let page = browser.get(&next).await.ok();
    assert_eq!((&page["streams"][0]["id"], &page["next_cursor"]), (&json!("69"), &json!(null)));
    assert_eq!(page["streams"][0]["chatters_peak"], json!(null));
    browser.get("/api/v1/channels/7/streams?cursor=x").await.is_problem(400, "cursor_invalid");
    browser.get("/api/v1/channels/7/streams?limit=0").await.is_problem(400, "parameter_invalid");
    let only = browser.get("/api/v1/captures?stream=70").await.ok();
    assert_eq!(only["captures"], json!([]), "it is in none of the user's sessions");
}

#[tokio::test]
async fn a_viewer_is_shown_in_the_users_own_channels_only() {
    let site = Site::start().await;
    let mut browser = site.logged_in(42, &[7, 8]).await;
    let viewer = browser.get("/api/v1/accounts/500?channel=7&from=2026-11-01T00:00:00Z").await.ok();
    assert_eq!((&viewer["login"], &viewer["verdicts"]), (&json!("zoe"), &json!([])));
    browser.get("/api/v1/accounts/500").await.ok();
    assert_eq!(
        site.services.script().asked,
        [
            "accounts/500?channel=7&from=2026-11-01T00%3A00%3A00Z",
            "accounts/500?channel=42&channel=7&channel=8"
        ]
    );
    site.services.script().asked.clear();
    for channels in ["channel=7,7", "channel=8&channel=8,%207", "channel=42%2C8"] {
        browser.get(&format!("/api/v1/accounts/500?{channels}")).await.ok();
    }
    assert_eq!(
        site.services.script().asked,
        ["accounts/500?channel=7", "accounts/500?channel=7&channel=8", "accounts/500?channel=8&channel=42"]
    );
    for (path, problem) in [
        ("500?channel=7,9", (403, "channel_forbidden")),
        ("500?channel=7,x", (400, "id_invalid")),
        ("zoe", (400, "id_invalid")),
    ] {
        browser.get(&format!("/api/v1/accounts/{path}")).await.is_problem(problem.0, problem.1);
    }
}

#[tokio::test]
async fn what_is_asked_about_all_channels_leaves_out_those_that_are_no_longer_the_users() {
    let site = Site::start().await;
    let mut browser = site.logged_in(42, &[7, 8]).await;
    browser.get("/api/v1/channels/overlap").await.ok();
    site.pass(std::time::Duration::from_mins(61));
    site.services.script().channels.insert(42, vec![(42, "broadcaster"), (8, "moderator")]);
    browser.get("/api/v1/channels/overlap?from=2026-11-01T00:00:00Z").await.ok();
    browser.get("/api/v1/accounts/500").await.ok();
    // What Twitch said last is believed for a day.
    site.pass(std::time::Duration::from_mins(61));
    site.services.script().twitch_is_down = true;
    browser.get("/api/v1/channels/overlap").await.ok();
    site.pass(std::time::Duration::from_hours(24));
    browser.get("/api/v1/channels/overlap").await.is_problem(503, "twitch_unavailable");
    browser.get("/api/v1/channels/overlap?channel=8").await.is_problem(503, "twitch_unavailable");
    assert_eq!(
        site.services.script().asked,
        [
            "overlap?channel=42&channel=7&channel=8",
            "overlap?channel=42&channel=8&from=2026-11-01T00%3A00%3A00Z",
            "accounts/500?channel=42&channel=8",
            "overlap?channel=42&channel=8",
        ]
    );
}

#[tokio::test]
async fn addresses_that_are_too_long_are_refused_in_words() {
    let site = Site::start().await;
    let mut browser = site.logged_in(42, &[7]).await;
    let filter = |channels: u32| (0..channels).map(|id| id.to_string()).collect::<Vec<_>>().join(",");
    let path = |channels| format!("/api/v1/channels/7/evolution?channel={}", filter(channels));
    browser.get(&path(3_000)).await.ok();
    browser.get(&path(10_000)).await.is_problem(414, "address_too_long");
    browser
        .get(&format!("/api/v1/accounts/500?channel={}", filter(101)))
        .await
        .is_problem(400, "too_many_channels");
}
