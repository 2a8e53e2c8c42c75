//! Broadcasts, and what was seen after they were over.

use common::{
    db::{self, captures::rosters},
    ids::{AccountId, CaptureId},
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{World, time};

/// Two people come in stream 70 with a raid and two without; one of each is there in stream 71.
async fn evenings() -> (World, Uuid) {
    let world = World::new().await;
    let session = world.session().await;
    world.channel(7, "zoe").await;
    world.accounts(50).await;
    world.stream(70, 7, "2026-11-01 20:00:00", "2026-11-01 22:00:00").await;
    world.stream(71, 7, "2026-11-02 20:00:00", "2026-11-02 22:00:00").await;
    world.capture_of(session, 7, 70, "2026-11-01 20:05:00", &[1, 2]).await;
    world.capture_of(session, 7, 70, "2026-11-01 20:10:00", &[1, 2, 10, 11]).await;
    world.capture_of(session, 7, 71, "2026-11-02 20:05:00", &[1, 10]).await;
    raid(&world, 9, "2026-11-01 20:07:00").await;
    (world, session)
}

/// A raid on channel 7.
async fn raid(world: &World, from: u64, at: &str) {
    sqlx::query(
        "INSERT INTO raids (message_id, from_channel_id, to_channel_id, from_login, viewers, raided_at)
         VALUES (UUID(), ?, 7, 'adam', 2, ?)",
    )
    .bind(from)
    .bind(time(at))
    .execute(&world.pool)
    .await
    .unwrap();
}

async fn ask(world: &World, path: &str) -> Value {
    let said = world.service.get(&format!("/internal/v1/{path}")).await;
    assert_eq!(said.status, 200, "{}", said.body);
    said.body
}

#[tokio::test]
async fn a_stream_that_is_over_tells_who_came_back() {
    let (world, session) = evenings().await;
    let newcomers = ask(&world, "streams/70/newcomers").await;
    assert_eq!((&newcomers["newcomers"], &newcomers["came_back"]), (&json!(4), &json!(2)));
    assert_eq!(newcomers["coverage"]["captures"], 2, "what came later is not counted among them");
    let retention = ask(&world, "streams/70/retention").await;
    assert_eq!(retention["cohorts"].as_array().unwrap().len(), 1);
    assert_eq!(retention["cohorts"][0]["back"], json!([2]));
    let raids = ask(&world, "streams/70/raids").await;
    assert_eq!((&raids["raids"][0]["arrived"], &raids["raids"][0]["came_back"]), (&json!(2), &json!(1)));

    // The next evening, captured by somebody else, makes another answer of each.
    let others = world.session().await;
    world.stream(72, 7, "2026-11-03 20:00:00", "2026-11-03 22:00:00").await;
    world.capture_of(others, 7, 72, "2026-11-03 20:05:00", &[2, 11]).await;
    assert_eq!(ask(&world, "streams/70/newcomers").await["came_back"], 4);
    assert_eq!(ask(&world, "streams/70/retention").await["cohorts"][0]["back"], json!([2, 2]));
    assert_eq!(ask(&world, "streams/70/raids").await["raids"][0]["came_back"], 2);
    let own = ask(&world, &format!("sessions/{session}/newcomers")).await;
    assert_eq!(own["came_back"], 2, "a session may be a former moderator's: it tells until its last capture");
}

#[tokio::test]
async fn a_period_that_ends_before_they_came_back_tells_of_it() {
    let (world, session) = evenings().await;
    let until = "to=2026-11-02T00:00:00Z";
    let newcomers = ask(&world, &format!("sessions/{session}/newcomers?{until}")).await;
    assert_eq!((&newcomers["newcomers"], &newcomers["came_back"]), (&json!(4), &json!(2)));
}

#[tokio::test]
async fn a_stream_is_drawn_with_its_beginning_and_its_end() {
    let (world, _) = evenings().await;
    let evolution = ask(&world, "streams/70/evolution").await;
    let kinds: Vec<&Value> =
        evolution["markers"].as_array().unwrap().iter().map(|marker| &marker["kind"]).collect();
    assert_eq!(kinds, ["stream_start", "raid", "stream_end"]);
    assert_eq!(evolution["points"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_raid_is_told_anew_when_a_capture_of_its_source_is_stored_late() {
    let (world, _) = evenings().await;
    assert_eq!(ask(&world, "streams/70/raids").await["raids"][0]["seen_at_source"], json!(null));
    let other = world.session().await;
    world.channel(9, "adam").await;
    world.capture(other, 9, "2026-11-01 20:06:00", &[10, 11, 12]).await;
    assert_eq!(ask(&world, "streams/70/raids").await["raids"][0]["seen_at_source"], 2);
}

#[tokio::test]
async fn a_raid_soon_after_the_period_is_not_told_of_but_ends_the_one_before() {
    let (world, session) = evenings().await;
    let arrived = async |query: &str| -> Vec<Value> {
        let body = ask(&world, &format!("sessions/{session}/raids{query}")).await;
        body["raids"].as_array().unwrap().iter().map(|raid| raid["arrived"].clone()).collect()
    };
    let period = "?to=2026-11-01T20:08:00Z";
    assert_eq!(arrived(period).await, [json!(2)]);
    raid(&world, 8, "2026-11-01 20:09:00").await;
    assert_eq!(arrived(period).await, [json!(null)]);
    // Both came between the same two captures.
    assert_eq!(arrived("").await, [json!(null), json!(null)]);
}

/// Two thousand captures tell who came again. What comes after those makes no other answer.
#[tokio::test]
async fn of_what_follows_the_next_captures_count_and_those_after_them_do_not() {
    let (world, _) = evenings().await;
    let others = world.session().await;
    // The broadcast goes on for longer than that, captured by somebody else, with 10 who came with the raid.
    let like = world.capture_of(others, 7, 70, "2026-11-01 20:11:00", &[1, 10]).await;
    sqlx::query("DELETE FROM captures WHERE stream_id = 71").execute(&world.pool).await.unwrap();
    world.many_like(like, 7, Some(70), 2_500).await;
    let path = "/internal/v1/channels/7/raids?to=2026-11-01T20:10:30Z";
    let raid = |body: &Value| json!([body["raids"][0]["arrived"], body["raids"][0]["stayed"]]);
    let said = world.service.get(path).await;
    assert_eq!((said.cache(), raid(&said.body)), ("MISS", json!([2, 1])), "{}", said.body);
    assert_eq!(world.service.get(path).await.cache(), "HIT");
    world.capture_of(others, 7, 72, "2026-12-01 20:00:00", &[1]).await;
    assert_eq!(world.service.get(path).await.cache(), "HIT", "nobody looks so far");
    world.capture_of(others, 7, 70, "2026-11-01 20:11:30", &[1]).await;
    assert_eq!(world.service.get(path).await.cache(), "MISS");
}

/// More captures before the ones asked about than are looked through at once.
#[tokio::test]
async fn everybody_seen_before_is_known_however_long_ago() {
    let world = World::new().await;
    let (session, others) = (world.session().await, world.session().await);
    world.accounts(5).await;
    world.capture(others, 7, "2026-09-01 20:00:00", &[1, 2]).await;
    let like = world.capture(others, 7, "2026-09-01 20:00:30", &[2]).await;
    world.many_like(like, 7, None, 10_000).await;
    world.capture(others, 7, "2026-10-01 20:00:00", &[3]).await;
    world.capture(session, 7, "2026-11-01 20:00:00", &[1, 2, 3, 4]).await;
    let newcomers = ask(&world, &format!("sessions/{session}/newcomers")).await;
    let names = |newcomers: &Value| -> Vec<Value> {
        newcomers["people"].as_array().unwrap().iter().map(|person| person["login"].clone()).collect()
    };
    assert_eq!(names(&newcomers), ["user4"]);

    // Somebody leaves, which changes what was seen in the captures that were looked through first.
    let first = sqlx::query_scalar("SELECT MIN(id) FROM captures").fetch_one(&world.pool).await.unwrap();
    let mut connection = world.pool.acquire().await.unwrap();
    let locked = rosters::lock(&mut connection, CaptureId(first)).await.unwrap().unwrap();
    locked.replace(&mut connection, &mut [AccountId(2)].into_iter().collect()).await.unwrap();
    world.capture(others, 7, "2026-10-02 20:00:00", &[3]).await;
    let newcomers = ask(&world, &format!("sessions/{session}/newcomers")).await;
    assert_eq!(names(&newcomers), ["user1", "user4"]);
}

#[tokio::test]
async fn who_was_seen_in_captures_that_are_gone_is_not_new() {
    let world = World::new().await;
    let [first, second, both, gone] =
        [world.session().await, world.session().await, world.session().await, world.session().await];
    world.channel(7, "zoe").await;
    world.accounts(5).await;
    world.capture(gone, 7, "2026-10-01 20:00:00", &[1, 2]).await;
    world.capture(gone, 7, "2026-10-01 20:05:00", &[2]).await;
    world.capture(first, 7, "2026-10-10 20:00:00", &[2, 3]).await;
    world.capture(gone, 7, "2026-10-20 20:00:00", &[1, 3, 4]).await;
    world.capture(second, 7, "2026-11-01 20:00:00", &[1, 2, 3, 4, 5]).await;
    sqlx::query(
        "INSERT INTO session_captures SELECT sessions.id, capture_id FROM session_captures
         JOIN sessions ON uuid = ? WHERE session_id <= 2",
    )
    .bind(both.to_string())
    .execute(&world.pool)
    .await
    .unwrap();
    let new = async || {
        let mut new: Vec<Vec<Value>> = Vec::new();
        for session in [first, second, both] {
            let evolution = ask(&world, &format!("sessions/{session}/evolution")).await;
            let newcomers = ask(&world, &format!("sessions/{session}/newcomers")).await;
            let counts =
                evolution["points"].as_array().unwrap().iter().map(|point| point["new"].as_u64().unwrap());
            assert_eq!(newcomers["newcomers"], counts.sum::<u64>());
            new.push(
                newcomers["people"].as_array().unwrap().iter().map(|one| one["login"].clone()).collect(),
            );
        }
        new
    };
    let as_before: [Vec<Value>; 3] =
        [vec![json!("user3")], vec![json!("user5")], vec![json!("user3"), json!("user5")]];
    assert_eq!(new().await, as_before);

    sqlx::query("DELETE FROM session_captures WHERE session_id = (SELECT id FROM sessions WHERE uuid = ?)")
        .bind(gone.to_string())
        .execute(&world.pool)
        .await
        .unwrap();
    // What cannot be read keeps nothing from going.
    let unreadable = "INSERT INTO seen_in_removed (channel_id, until, accounts, roster)
                      VALUES (7, '2026-09-01', 1, X'FF')";
    sqlx::query(unreadable).execute(&world.pool).await.unwrap();
    // The later one first: what is gone does not go in the order of time.
    for before in ["2026-10-05 00:00:00", "2026-12-01 00:00:00"].into_iter().rev() {
        db::retention::remove_captures(&world.pool, time(before), 1).await.unwrap();
    }
    while db::retention::remove_captures(&world.pool, time("2026-12-01 00:00:00"), 1).await.unwrap() > 0 {}
    let left: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM captures").fetch_one(&world.pool).await.unwrap();
    assert_eq!(left, 2);
    sqlx::query("DELETE FROM seen_in_removed WHERE roster = X'FF'").execute(&world.pool).await.unwrap();
    assert_eq!(new().await, as_before);
    // How somebody came who had been seen before is not known.
    sqlx::query("UPDATE captures SET new_count = 2").execute(&world.pool).await.unwrap();
    let arrivals = async |account: u32| {
        ask(&world, &format!("accounts/{account}?channel=7")).await["channels"][0]["arrival"].is_null()
    };
    assert_eq!([arrivals(1_004).await, arrivals(1_005).await], [true, false]);
}

/// Raids from 8 and 9 came between two captures 40 minutes apart.
#[tokio::test]
async fn of_two_raids_between_two_captures_no_answer_names_one() {
    let world = World::new().await;
    let session = world.session().await;
    world.channel(7, "zoe").await;
    world.accounts(5).await;
    world.capture(session, 7, "2026-11-01 20:00:00", &[1]).await;
    world.capture(session, 7, "2026-11-01 20:40:00", &[1, 2, 3]).await;
    sqlx::query("UPDATE captures SET new_count = chatters_count - (id <> 1)")
        .execute(&world.pool)
        .await
        .unwrap();
    let came = async || {
        let newcomers = ask(&world, &format!("sessions/{session}/newcomers")).await;
        let viewer = ask(&world, "accounts/1002?channel=7").await;
        let arrival = viewer["channels"][0]["arrival"].clone();
        assert_eq!((&arrival["origin"], &newcomers["by_raid"]), (&json!("raid"), &json!(2)));
        [newcomers["people"][1]["raid_id"].is_null(), arrival["raid_from"].is_null()]
    };
    raid(&world, 9, "2026-11-01 20:30:00").await;
    assert_eq!(came().await, [false, false]);
    raid(&world, 8, "2026-11-01 20:10:00").await;
    assert_eq!(came().await, [true, true]);
}

#[tokio::test]
async fn the_capture_before_a_raid_may_be_one_that_is_not_asked_about() {
    let (world, _) = evenings().await;
    let told = |body: &Value| json!([body["raids"][0]["before"].is_null(), body["raids"][0]["arrived"]]);
    let second: u64 = sqlx::query_scalar("SELECT id FROM captures ORDER BY captured_at LIMIT 1, 1")
        .fetch_one(&world.pool)
        .await
        .unwrap();
    for path in [&format!("captures/{second}/raids"), "channels/7/raids?from=2026-11-01T20:06:00Z"] {
        assert_eq!(told(&ask(&world, path).await), json!([false, 2]), "{path}");
    }
}

/// A session may have two captures far apart on a channel that others capture all the time.
#[tokio::test]
async fn too_many_captures_between_are_refused_until_a_shorter_time_is_asked_about() {
    let world = World::new().await;
    let (session, others) = (world.session().await, world.session().await);
    world.channel(7, "zoe").await;
    world.accounts(5).await;
    world.capture(session, 7, "2026-09-01 20:00:00", &[1]).await;
    let like = world.capture(others, 7, "2026-09-01 20:00:30", &[2]).await;
    world.many_like(like, 7, None, 100_000).await;
    world.capture(session, 7, "2027-09-01 20:00:00", &[3]).await;
    let path = format!("/internal/v1/sessions/{session}/newcomers");
    let refused = world.service.get(&path).await;
    assert_eq!(refused.problem(), (422, "too_many_captures"), "{}", refused.body);
    let shorter = world.service.get(&format!("{path}?to=2026-10-01T00:00:00Z")).await;
    assert_eq!((shorter.status.as_u16(), &shorter.body["newcomers"]), (200, &json!(1)), "{}", shorter.body);
}

#[tokio::test]
async fn channels_of_too_many_captures_are_refused_before_all_are_read() {
    let world = World::new().await;
    let session = world.session().await;
    world.accounts(1).await;
    let like = world.capture(session, 7, "2026-09-01 20:00:00", &[1]).await;
    for channel in [1, 2, 3] {
        world.many_like(like, channel, None, 70_000).await;
    }
    // Of channel 4 nobody knows, which would be found out last.
    let refused = world.service.get("/internal/v1/overlap?channel=1,2,3,4").await;
    assert_eq!(refused.problem(), (422, "too_many_captures"), "{}", refused.body);
    assert_eq!(
        world.service.get("/internal/v1/overlap?channel=1,4").await.problem(),
        (404, "channel_not_found")
    );
}

/// A session of more captures than one question may be about, most of them missed.
#[tokio::test]
async fn of_a_session_of_too_many_captures_a_shorter_time_is_told() {
    let (world, session) = evenings().await;
    sqlx::query(
        "INSERT INTO captures (channel_id, slot, status)
         SELECT 7, TIMESTAMPADD(SECOND, seq, '2026-11-05 00:00:00'), 'missed' FROM seq_1_to_100001",
    )
    .execute(&world.pool)
    .await
    .unwrap();
    sqlx::query(
        "INSERT INTO session_captures
         SELECT sessions.id, captures.id FROM captures JOIN sessions ON sessions.uuid = ?
         WHERE captures.status = 'missed'",
    )
    .bind(session.to_string())
    .execute(&world.pool)
    .await
    .unwrap();
    let path = format!("/internal/v1/sessions/{session}/summary");
    let refused = world.service.get(&path).await;
    assert_eq!(refused.problem(), (422, "too_many_captures"), "{}", refused.body);
    let summary = world
        .service
        .get(&format!("/internal/v1/sessions/{session}/evolution?to=2026-11-03T00:00:00Z"))
        .await;
    assert_eq!(summary.status, 200, "{}", summary.body);
    assert_eq!(
        (&summary.body["coverage"]["captures"], &summary.body["coverage"]["gaps"]),
        (&json!(3), &json!(0))
    );
}
