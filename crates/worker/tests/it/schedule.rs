//! Schedules: aligned slots, shared captures, gaps, and whose token is used.

use crate::support::World;

/// A schedule of `user` on channel 1, due `ago` seconds ago.
async fn schedule(world: &World, user: u64, ago: u32, only_live: bool) {
    sqlx::query(
        "INSERT INTO schedules (channel_id, user_id, interval_minutes, only_live, next_slot, created_at, updated_at)
         VALUES (1, ?, 5, ?, UTC_TIMESTAMP(0) - INTERVAL ? SECOND, FROM_UNIXTIME(?), UTC_TIMESTAMP(6))",
    )
    .bind(user)
    .bind(only_live)
    .bind(ago)
    .bind(user)
    .execute(&world.pool)
    .await
    .unwrap();
}

/// The active session 5 of user 7, which ends in so many seconds.
async fn session(world: &World, ends_in: i32) {
    sqlx::query(
        "INSERT INTO sessions (id, uuid, user_id, created_at, updated_at, expires_at)
         VALUES (5, UUID(), 7, NOW(6), NOW(6), UTC_TIMESTAMP(6) + INTERVAL ? SECOND)",
    )
    .bind(ends_in)
    .execute(&world.pool)
    .await
    .unwrap();
}

async fn stream(world: &World, ended: bool) {
    sqlx::query(
        "INSERT INTO streams (id, channel_id, started_at, ended_at, seen_at)
         VALUES (77, 1, UTC_TIMESTAMP(6) - INTERVAL 1 HOUR, IF(?, UTC_TIMESTAMP(6), NULL), UTC_TIMESTAMP(6))",
    )
    .bind(ended)
    .execute(&world.pool)
    .await
    .unwrap();
}

#[tokio::test]
async fn two_moderators_share_the_capture_of_a_slot_and_both_see_it() {
    let mut world = World::new().await;
    world.twitch.room(1, &[(10, "ana")]);
    stream(&world, false).await;
    schedule(&world, 7, 0, true).await;
    schedule(&world, 8, 0, true).await;
    world.start_worker().await;
    world.start_worker().await;
    world.until("SELECT COUNT(*) FROM captures WHERE status = 'complete' AND stream_id = 77", 1).await;
    world.stop().await;
    assert_eq!(world.count("SELECT COUNT(*) FROM captures").await, 1);
    assert_eq!(
        world
            .count("SELECT COUNT(DISTINCT user_id) FROM sessions JOIN session_captures ON session_id = id")
            .await,
        2
    );
    assert_eq!(world.count("SELECT COUNT(*) FROM schedules WHERE next_slot <= UTC_TIMESTAMP(6)").await, 0);
}

#[tokio::test]
async fn a_slot_that_was_slept_through_is_a_gap_with_its_reason() {
    let mut world = World::new().await;
    world.twitch.room(1, &[(10, "ana")]);
    stream(&world, false).await;
    schedule(&world, 7, 301, true).await;
    world.start_worker().await;
    world.until("SELECT COUNT(*) FROM captures WHERE status = 'complete'", 1).await;
    world
        .until("SELECT COUNT(*) FROM captures WHERE status = 'missed' AND reason = 'scheduler_late'", 1)
        .await;
    world.stop().await;
}

#[tokio::test]
async fn an_offline_channel_is_not_captured_unless_wanted_always() {
    let mut world = World::new().await;
    world.twitch.room(1, &[(10, "ana")]);
    stream(&world, true).await;
    schedule(&world, 7, 0, true).await;
    world.start_worker().await;
    world.until("SELECT COUNT(*) FROM schedules WHERE next_slot > UTC_TIMESTAMP(6)", 1).await;
    assert_eq!(world.count("SELECT COUNT(*) FROM captures").await, 0);
    schedule(&world, 8, 0, false).await;
    world.until("SELECT COUNT(*) FROM captures WHERE status = 'complete'", 1).await;
    world.stop().await;
}

#[tokio::test]
async fn when_one_moderators_grant_is_lost_the_next_ones_token_is_used() {
    let mut world = World::new().await;
    world.twitch.room(1, &[(10, "ana")]);
    world.twitch.script().lost = vec!["7".to_owned()];
    stream(&world, false).await;
    schedule(&world, 7, 0, true).await;
    schedule(&world, 8, 0, true).await;
    world.start_worker().await;
    world.until("SELECT COUNT(*) FROM captures WHERE status = 'complete'", 1).await;
    world.stop().await;
    let paused = "SELECT COUNT(*) FROM schedules WHERE user_id = 7 AND paused_reason = 'token_lost'";
    assert_eq!(world.count(paused).await, 1);
    assert_eq!(world.count("SELECT COUNT(*) FROM schedules WHERE paused_reason IS NULL").await, 1);
}

#[tokio::test]
async fn when_no_token_is_left_the_schedule_pauses_and_nothing_loops() {
    let mut world = World::new().await;
    world.twitch.script().lost = vec!["7".to_owned()];
    stream(&world, false).await;
    schedule(&world, 7, 0, true).await;
    world.start_worker().await;
    world.until("SELECT COUNT(*) FROM captures WHERE status = 'failed' AND reason = 'token_lost'", 1).await;
    world.until("SELECT COUNT(*) FROM schedules WHERE paused_reason = 'token_lost'", 1).await;
    world.stop().await;
    assert_eq!(world.twitch.script().chatters_asked, 1);
}

#[tokio::test]
async fn a_capture_asked_for_by_hand_belongs_to_the_broadcast_that_runs() {
    let mut world = World::new().await;
    world.twitch.room(1, &[(10, "ana")]);
    sqlx::query(
        "INSERT INTO streams (id, channel_id, started_at, ended_at, seen_at, viewer_count)
         VALUES (76, 1, UTC_TIMESTAMP(6) - INTERVAL 2 HOUR, UTC_TIMESTAMP(6) - INTERVAL 1 HOUR, UTC_TIMESTAMP(6), 900),
                (77, 1, UTC_TIMESTAMP(6) - INTERVAL 1 MINUTE, NULL, UTC_TIMESTAMP(6), 41)",
    )
    .execute(&world.pool)
    .await
    .unwrap();
    world.start_worker().await;
    world.ask_for_capture(1, 5).await;
    let held =
        "SELECT COUNT(*) FROM captures WHERE status = 'complete' AND stream_id = 77 AND viewer_count = 41";
    world.until(held, 1).await;
    world.stop().await;
}

#[tokio::test]
async fn a_capture_that_comes_too_late_for_its_slot_is_a_gap_and_not_made_up_for() {
    let mut world = World::new().await;
    world.twitch.room(1, &[(10, "ana")]);
    let (_, late) = world.ask_for_capture(1, 5).await;
    let until = "DATE_FORMAT(UTC_TIMESTAMP(6) - INTERVAL 1 HOUR, '%Y-%m-%dT%H:%i:%s.%fZ')";
    sqlx::query(sqlx::AssertSqlSafe(format!(
        "UPDATE jobs SET payload = JSON_SET(payload, '$.until', {until}) WHERE id = {late}"
    )))
    .execute(&world.pool)
    .await
    .unwrap();
    world.start_worker().await;
    let missed = "SELECT COUNT(*) FROM captures WHERE status = 'missed' AND reason = 'capture_late'";
    world.until(missed, 1).await;
    world.stop().await;
    assert_eq!(world.twitch.script().chatters_asked, 0);
}

#[tokio::test]
async fn a_planned_capture_knows_until_when_it_tells_of_its_slot() {
    let mut world = World::new().await;
    world.twitch.room(1, &[(10, "ana")]);
    stream(&world, false).await;
    schedule(&world, 7, 10, true).await;
    world.start_worker().await;
    world.until("SELECT COUNT(*) FROM captures WHERE status = 'complete'", 1).await;
    world.stop().await;
    let half = "SELECT TIMESTAMPDIFF(SECOND, captures.slot,
                                     REPLACE(TRIM('Z' FROM JSON_VALUE(payload, '$.until')), 'T', ' '))
                FROM jobs JOIN captures ON captures.id = jobs.dedup WHERE kind = 'capture_chatters'";
    assert_eq!(world.count(half).await, 150);
}

#[tokio::test]
async fn a_session_whose_time_is_over_is_not_filled_again() {
    let mut world = World::new().await;
    world.twitch.room(1, &[(10, "ana")]);
    stream(&world, false).await;
    schedule(&world, 7, 0, true).await;
    session(&world, -60).await;
    world.start_worker().await;
    world.until("SELECT COUNT(*) FROM captures WHERE status = 'complete'", 1).await;
    world.stop().await;
    assert_eq!(world.count("SELECT COUNT(*) FROM session_captures WHERE session_id = 5").await, 0);
    assert_eq!(world.count("SELECT COUNT(*) FROM session_captures").await, 1);
    assert_eq!(world.count("SELECT COUNT(*) FROM sessions WHERE id = 5 AND status = 'expired'").await, 1);
}

#[tokio::test]
async fn who_wants_only_what_is_live_gets_no_other_captures_of_a_colleague() {
    let mut world = World::new().await;
    world.twitch.room(1, &[(10, "ana")]);
    stream(&world, true).await;
    schedule(&world, 7, 0, true).await;
    schedule(&world, 8, 0, false).await;
    session(&world, 86_400).await;
    world.start_worker().await;
    world.until("SELECT COUNT(*) FROM captures WHERE status = 'complete'", 1).await;
    world.stop().await;
    assert_eq!(world.count("SELECT COUNT(*) FROM session_captures WHERE session_id = 5").await, 0);
    assert_eq!(world.count("SELECT COUNT(*) FROM session_captures").await, 1);
}

#[tokio::test]
async fn who_moderates_the_channel_is_told_of_a_colleagues_capture() {
    let mut world = World::new().await;
    world.twitch.room(1, &[(10, "ana")]);
    for (user, hours) in [(8, 1), (9, 3)] {
        sqlx::query(
            "INSERT INTO channel_roles VALUES (?, 1, 'moderator', UTC_TIMESTAMP(6) - INTERVAL ? HOUR)",
        )
        .bind(user)
        .bind(hours)
        .execute(&world.pool)
        .await
        .unwrap();
    }
    world.ask_for_capture(1, 5).await;
    world.start_worker().await;
    world.until("SELECT COUNT(*) FROM captures WHERE status = 'complete'", 1).await;
    world.stop().await;
    for (user, hears) in [(7, true), (8, true), (9, false)] {
        let told = common::events::since(&world.redis, common::ids::UserId(user), "0-0").await.unwrap();
        let captured =
            |one: &common::events::Published| matches!(one.event, common::events::Event::Capture(_));
        assert_eq!(told.iter().any(captured), hears, "user {user}");
    }
}
