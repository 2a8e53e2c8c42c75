//! My channels.

use crate::site::Site;

#[tokio::test]
async fn own_and_moderated_channels_with_what_is_live() {
    let site = Site::start().await;
    let mut browser = site.logged_in(42, &[7, 5]).await;
    site.services.script().live.insert(7, 1234);
    let answer = browser.get("/api/v1/channels").await.ok();
    assert_eq!(answer["stale"], false);
    let channels = answer["channels"].as_array().unwrap();
    let ids: Vec<_> = channels.iter().map(|channel| channel["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["42", "5", "7"], "the own one first");
    assert_eq!(channels[0]["role"], "broadcaster");
    assert_eq!(channels[0]["profile_image_url"], "https://static-cdn.jtvnw.net/u.png");
    assert_eq!(channels[1]["live"], serde_json::Value::Null);
    assert_eq!(channels[2]["live"]["viewer_count"], 1234);
    assert_eq!(channels[2]["last_capture"], serde_json::Value::Null);

    site.run(
        "INSERT INTO captures (channel_id, slot, status, captured_at, chatters_count)
         VALUES (7, NOW(6), 'complete', '2026-11-23 21:00:00', 321), (7, '2026-01-01', 'failed', NULL, 0)",
    )
    .await;
    let answer = browser.get("/api/v1/channels").await.ok();
    let last = &answer["channels"][2]["last_capture"];
    assert_eq!(last["chatters_count"], 321);
    assert_eq!(last["captured_at"], "2026-11-23T21:00:00Z");
}

#[tokio::test]
async fn without_twitch_the_channels_are_those_of_before() {
    let site = Site::start().await;
    let mut browser = site.logged_in(42, &[7]).await;
    site.services.script().live.insert(7, 1234);
    browser.get("/api/v1/channels").await.ok();
    site.services.script().twitch_is_down = true;
    let answer = browser.get("/api/v1/channels").await.ok();
    assert_eq!(answer["stale"], true);
    assert_eq!(answer["channels"].as_array().unwrap().len(), 2);
    assert_eq!(answer["channels"][1]["live"], serde_json::Value::Null);
}

#[tokio::test]
async fn a_channel_that_twitch_no_longer_lists_is_gone() {
    let site = Site::start().await;
    let mut browser = site.logged_in(42, &[7, 8]).await;
    browser.get("/api/v1/channels").await.ok();
    site.services.script().channels.get_mut(&42).unwrap().retain(|(id, _)| *id != 7);
    let answer = browser.get("/api/v1/channels").await.ok();
    assert_eq!(answer["channels"].as_array().unwrap().len(), 2);
    assert_eq!(site.count("SELECT COUNT(*) FROM channel_roles WHERE channel_id = 7").await, 0);
    assert_eq!(site.count("SELECT COUNT(*) FROM channels").await, 3, "the channel itself is still known");
}

#[tokio::test]
async fn a_lost_grant_is_told_as_such() {
    let site = Site::start().await;
    let mut browser = site.logged_in(42, &[7]).await;
    browser.get("/api/v1/channels").await.ok();
    site.services.script().token_is_lost = true;
    browser.get("/api/v1/channels").await.is_problem(409, "token_lost");
}
