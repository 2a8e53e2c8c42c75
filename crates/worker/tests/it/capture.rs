//! Captures: what is stored, and what is never stored.

use common::{
    db::{captures::rosters, jobs::JobState},
    ids::CaptureId,
    roster::Roster,
};
use serde_json::json;

use crate::support::{World, outcome};

#[tokio::test]
async fn a_capture_is_stored_whole_and_the_next_one_is_compared_with_it() {
    let mut world = World::started().await;
    world.twitch.room(1, &[(10, "ana"), (11, "bob"), (12, "cid")]);
    let (first, _) = world.ask_for_capture(1, 5).await;
    world.until("SELECT COUNT(*) FROM captures WHERE status = 'complete'", 1).await;
    world.twitch.room(1, &[(11, "bob"), (12, "cid"), (13, "dan"), (14, "eve")]);
    let (second, _) = world.ask_for_capture(1, 5).await;
    world.until("SELECT COUNT(*) FROM captures WHERE status = 'complete'", 2).await;

    let counts: Vec<(u64, u32, u32, u32, u32)> = sqlx::query_as(
        "SELECT id, chatters_count, new_count, arrived_count, left_count FROM captures ORDER BY id",
    )
    .fetch_all(&world.pool)
    .await
    .unwrap();
    assert_eq!(counts, [(first.0, 3, 3, 3, 0), (second.0, 4, 2, 2, 1)]);
    let stored = rosters::load(&world.pool, &[first, second]).await.unwrap();
    for (id, count, ..) in counts {
        let roster = Roster::from_bytes(&stored[&CaptureId(id)]).unwrap();
        assert_eq!(roster.len(), count, "the roster's size is the capture's count");
    }
    let seen: u32 =
        sqlx::query_scalar("SELECT accounts FROM channel_seen").fetch_one(&world.pool).await.unwrap();
    assert_eq!(seen, 5);
    world.stop().await;
    world.until("SELECT COUNT(*) FROM jobs WHERE state = 'running'", 0).await;
}

#[tokio::test]
async fn a_rename_keeps_the_old_name() {
    let mut world = World::started().await;
    world.twitch.room(1, &[(10, "ana"), (11, "bob")]);
    world.ask_for_capture(1, 5).await;
    world.until("SELECT COUNT(*) FROM captures WHERE status = 'complete'", 1).await;
    world.twitch.room(1, &[(10, "anna"), (11, "bob")]);
    world.ask_for_capture(1, 5).await;
    world.until("SELECT COUNT(*) FROM captures WHERE status = 'complete'", 2).await;
    let names: Vec<(String, String)> = sqlx::query_as(
        "SELECT accounts.login, account_names.login FROM account_names JOIN accounts ON accounts.id = account_id",
    )
    .fetch_all(&world.pool)
    .await
    .unwrap();
    assert_eq!(names, [("anna".to_owned(), "ana".to_owned())]);
    world.stop().await;
}

#[tokio::test]
async fn an_empty_room_is_a_capture_of_nobody() {
    let mut world = World::started().await;
    world.twitch.room(1, &[]);
    world.ask_for_capture(1, 5).await;
    world.until("SELECT COUNT(*) FROM captures WHERE status = 'complete' AND chatters_count = 0", 1).await;
    world.stop().await;
}

#[tokio::test]
async fn an_incomplete_list_is_never_called_a_roster() {
    let mut world = World::started().await;
    let stream = "INSERT INTO streams (id, channel_id, started_at, seen_at) VALUES (70, 1, NOW(6) - INTERVAL 1 HOUR, NOW(6))";
    sqlx::query(stream).execute(&world.pool).await.unwrap();
    let page = json!({ "chatters": [["10", "ana", "Ana"]], "page": 1, "total": 2000 });
    for (channel, lines) in [
        (1, vec![page.clone(), outcome(2000, false, Some("cursor_repeated"))]),
        (2, vec![page.clone()]),
        (3, vec![page, json!({ "problem": { "code": "twitch_unavailable", "detail": "503 twice" } })]),
    ] {
        world.twitch.script().chatters.insert(channel, lines);
        world.ask_for_capture(channel, 1).await;
    }
    world.until("SELECT COUNT(*) FROM captures WHERE status = 'failed'", 3).await;
    let reasons: Vec<String> = sqlx::query_scalar("SELECT reason FROM captures ORDER BY channel_id")
        .fetch_all(&world.pool)
        .await
        .unwrap();
    assert_eq!(reasons, ["cursor_repeated", "twitch_api_cut", "twitch_unavailable"]);
    let of_stream = "SELECT COUNT(*) FROM captures WHERE stream_id = 70 AND channel_id = 1";
    assert_eq!(world.count(of_stream).await, 1, "a gap of the broadcast that ran then");
    assert_eq!(world.count("SELECT COUNT(*) FROM rosters").await, 0);
    world.stop().await;
}

#[tokio::test]
async fn when_twitch_stays_down_the_job_is_retried_and_then_dead_with_its_reason() {
    let mut world = World::started().await;
    let (_, job) = world.ask_for_capture(1, 2).await;
    world
        .until(
            "SELECT COUNT(*) FROM jobs WHERE state = 'ready' AND attempt = 1 AND last_error IS NOT NULL",
            1,
        )
        .await;
    world
        .until("SELECT COUNT(*) FROM captures WHERE status = 'failed' AND reason = 'twitch_unavailable'", 1)
        .await;
    let job = common::db::jobs::find(&world.pool, job).await.unwrap().unwrap();
    assert_eq!((job.state, job.attempt), (JobState::Dead, 2));
    assert!(job.last_error.unwrap().starts_with("twitch_unavailable: "));
    world.stop().await;
}
