//! What a summary says.

use serde_json::json;

use crate::support::World;

#[tokio::test]
async fn it_counts_complete_captures_by_channel_and_shows_the_fullest_days() {
    let world = World::new().await;
    let session = world.session().await;
    world.channel(7, "zoe").await;
    world.channel(9, "adam").await;
    world.accounts(300).await;
    world.capture(session, 7, "2026-11-01 20:00:00", &[1, 2, 3]).await;
    world.capture(session, 7, "2026-11-01 20:05:00", &[2, 3, 4, 200]).await;
    world.capture(session, 9, "2026-11-02 20:00:00", &[4, 5]).await;
    world.capture_without_roster(session, 9, "2026-11-02 20:05:00", "failed").await;
    world.capture_without_roster(session, 9, "2026-11-02 20:10:00", "pending").await;
    world
        .enrich(&[
            (1, "2020-05-01 10:00:00"),
            (2, "2020-05-01 09:00:00"),
            (3, "2021-01-01 23:59:59"),
            (4, "2021-01-02 00:00:00"),
            (250, "2020-05-01 10:00:00"),
        ])
        .await;

    let all = world.service.summary(session, "").await;
    assert_eq!(all.cache(), "MISS");
    assert_eq!(
        all.body,
        json!({
            "session": session,
            "coverage": {
                "captures": 3, "gaps": 1,
                "first_captured_at": "2026-11-01T20:00:00Z", "last_captured_at": "2026-11-02T20:00:00Z",
            },
            "distinct_accounts": 6,
            "enriched_accounts": 4,
            "channels": [
                { "id": "9", "login": "adam", "display_name": "ADAM", "captures": 1, "distinct_accounts": 2,
                  "last_captured_at": "2026-11-02T20:00:00Z" },
                { "id": "7", "login": "zoe", "display_name": "ZOE", "captures": 2, "distinct_accounts": 5,
                  "last_captured_at": "2026-11-01T20:05:00Z" },
            ],
            "top_creation_days": [
                { "day": "2020-05-01", "accounts": 2, "logins": ["user2", "user1"] },
                { "day": "2021-01-02", "accounts": 1, "logins": ["user4"] },
                { "day": "2021-01-01", "accounts": 1, "logins": ["user3"] },
            ],
        })
    );

    let one = world.service.summary(session, "?channel=9").await;
    assert_eq!((&one.body["distinct_accounts"], &one.body["coverage"]["captures"]), (&json!(2), &json!(1)));
    assert_eq!(one.body["channels"].as_array().unwrap().len(), 1);
    let both = world.service.summary(session, "?channel=9&channel=7&channel=9").await;
    assert_eq!(both.body, all.body);
}

#[tokio::test]
async fn ten_days_with_a_hundred_logins_each_are_enough() {
    let world = World::new().await;
    let session = world.session().await;
    world.channel(7, "zoe").await;
    world.accounts(1_000).await;
    let everybody: Vec<u32> = (1..=1_000).collect();
    world.capture(session, 7, "2026-11-01 20:00:00", &everybody).await;
    let created: Vec<(u32, String)> = everybody
        .iter()
        .map(|id| {
            (*id, if *id <= 300 { "2026-10-31".to_owned() } else { format!("2020-01-{:02}", id % 28 + 1) })
        })
        .collect();
    let created: Vec<(u32, &str)> = created.iter().map(|(id, day)| (*id, day.as_str())).collect();
    world.enrich(&created).await;

    let said = world.service.summary(session, "").await;
    let days = said.body["top_creation_days"].as_array().unwrap();
    assert_eq!(days.len(), 10);
    assert_eq!((days[0]["day"].as_str(), days[0]["accounts"].as_u64()), (Some("2026-10-31"), Some(300)));
    assert_eq!(days[0]["logins"].as_array().unwrap().len(), 100);
    assert_eq!(said.body["enriched_accounts"], 1_000);
}

#[tokio::test]
async fn an_empty_session_and_one_without_enriched_accounts_have_a_summary_too() {
    let world = World::new().await;
    let session = world.session().await;
    let empty = world.service.summary(session, "").await;
    assert_eq!(empty.cache(), "MISS");
    assert_eq!(
        empty.body,
        json!({
            "session": session,
            "coverage": { "captures": 0, "gaps": 0, "first_captured_at": null, "last_captured_at": null },
            "distinct_accounts": 0, "enriched_accounts": 0, "channels": [], "top_creation_days": [],
        })
    );

    world.accounts(3).await;
    world.capture(session, 7, "2026-11-01 20:00:00", &[1, 2]).await;
    let bare = world.service.summary(session, "").await;
    assert_eq!((&bare.body["distinct_accounts"], &bare.body["enriched_accounts"]), (&json!(2), &json!(0)));
    assert_eq!(bare.body["top_creation_days"], json!([]));

    world.capture(session, 7, "2026-11-01 20:05:00", &[]).await;
    let nobody_came = world.service.summary(session, "").await;
    assert_eq!(nobody_came.body["coverage"]["captures"], 2);
    assert_eq!(nobody_came.body["distinct_accounts"], 2);
}
