//! One viewer: what is looked at, and what the answer rests on.

use serde_json::{Value, json};

use crate::support::World;

#[tokio::test]
async fn channels_with_many_captures_share_the_room_for_their_latest() {
    let world = World::new().await;
    let session = world.session().await;
    world.accounts(3).await;
    // Somebody else was there first, in the first capture of each channel.
    for channel in 1..=6 {
        world.capture(session, channel, "2026-11-01 19:00:00", &[2]).await;
    }
    sqlx::query("UPDATE captures SET new_count = chatters_count").execute(&world.pool).await.unwrap();
    let like = world.capture(session, 6, "2026-11-01 20:00:00", &[1, 2]).await;
    for (channel, count) in [(1, 4_100), (2, 4_100), (3, 4_100), (4, 4_100), (5, 5_001)] {
        world.many_like(like, channel, None, count).await;
    }
    for at in ["2026-11-01 20:30:30", "2026-11-01 23:00:30"] {
        world.capture_without_roster(session, 1, at, "failed").await;
    }
    let ask = async |channels: &str| {
        let said = world.service.get(&format!("/internal/v1/accounts/1001?channel={channels}")).await;
        assert_eq!(said.status, 200, "{}", said.body);
        said.body
    };
    let seen = |body: &Value| -> Vec<Value> {
        let channels = body["channels"].as_array().unwrap().iter();
        channels
            .map(|channel| json!([channel["captures"], channel["attended"], channel["arrival"].is_null()]))
            .collect()
    };

    // The sixth leaves most of its share, 3,333, to the others.
    let all = ask("1,2,3,4,5,6").await;
    let cut = json!([3_999, 3_999, true]);
    let (first, last) = (cut.clone(), json!([2, 1, false]));
    assert_eq!(seen(&all), [first, cut.clone(), cut.clone(), cut.clone(), cut, last]);
    assert_eq!(all["channels"][0]["first_seen_at"], "2026-11-01T21:42:00Z", "those are the latest");
    // The gap before them is no longer one.
    assert_eq!((&all["coverage"]["captures"], &all["coverage"]["gaps"]), (&json!(5 * 3_999 + 2), &json!(1)));

    let alone = ask("1").await;
    assert_eq!(seen(&alone), [json!([4_101, 4_100, false])]);
    assert_eq!(alone["coverage"]["gaps"], 2);
    assert_eq!(seen(&ask("5").await), [json!([5_000, 5_000, true])]);

    // As after retention took the captures before the one that is now the first.
    sqlx::query("UPDATE captures SET new_count = 0").execute(&world.pool).await.unwrap();
    assert_eq!(seen(&ask("1").await), [json!([4_101, 4_100, true])], "they may have been seen before");
}

#[tokio::test]
async fn coverage_tells_what_failed_and_what_was_missed() {
    let world = World::new().await;
    let session = world.session().await;
    world.accounts(3).await;
    world.capture(session, 7, "2026-11-01 20:00:00", &[1]).await;
    world.capture(session, 7, "2026-11-03 20:00:00", &[1, 2]).await;
    for (channel, at, status) in [
        (7, "2026-11-01 21:00:00", "failed"),
        (7, "2026-11-02 20:00:00", "missed"),
        (7, "2026-11-02 21:00:00", "pending"),
        (7, "2026-11-04 20:00:00", "failed"),
        (9, "2026-11-02 20:00:00", "missed"),
    ] {
        world.capture_without_roster(session, channel, at, status).await;
    }
    for (query, captures, gaps) in [
        ("?channel=7", 2, 3),
        ("?channel=7,9", 2, 4),
        ("?channel=9", 0, 1),
        ("?channel=7&from=2026-11-02T00:00:00Z&to=2026-11-04T00:00:00Z", 1, 1),
        ("", 0, 0),
    ] {
        let said = world.service.get(&format!("/internal/v1/accounts/1001{query}")).await;
        let coverage = &said.body["coverage"];
        assert_eq!((&coverage["captures"], &coverage["gaps"]), (&json!(captures), &json!(gaps)), "{query}");
    }
}

#[tokio::test]
async fn captures_that_keep_changing_are_to_be_asked_about_again() {
    let world = World::new().await;
    let session = world.session().await;
    world.accounts(3).await;
    let capture = world.capture(session, 7, "2026-11-01 20:00:00", &[1, 2]).await;
    let path = "/internal/v1/accounts/1001?channel=7";
    for (chatters, problem) in [(3, (503, "captures_unsettled")), (2, (200, ""))] {
        sqlx::query("UPDATE captures SET chatters_count = ? WHERE id = ?")
            .bind(chatters)
            .bind(capture)
            .execute(&world.pool)
            .await
            .unwrap();
        assert_eq!(world.service.get(path).await.problem(), problem);
    }
}
