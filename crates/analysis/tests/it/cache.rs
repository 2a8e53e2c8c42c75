//! Answers are kept, and none is ever out of date.

use common::{
    db::captures::rosters,
    ids::{AccountId, CaptureId},
    roster::Roster,
};
use serde_json::json;

use crate::support::World;

#[tokio::test]
async fn an_answer_is_kept_until_what_it_rests_on_changes() {
    let world = World::new().await;
    let session = world.session().await;
    world.channel(7, "zoe").await;
    world.channel(8, "yann").await;
    world.accounts(10).await;
    world.capture(session, 7, "2026-11-01 20:00:00", &[1, 2]).await;
    world.capture(session, 8, "2026-11-01 20:00:00", &[3]).await;
    assert_eq!(world.service.summary(session, "").await.cache(), "MISS");
    assert_eq!(world.service.summary(session, "").await.cache(), "HIT");
    let one = world.service.summary(session, "?channel=8").await;
    assert_eq!((one.cache(), &one.body["distinct_accounts"]), ("MISS", &json!(1)));
    assert_eq!(world.replica().await.summary(session, "").await.cache(), "HIT");

    // A capture lands.
    let landed = world.capture(session, 7, "2026-11-01 20:05:00", &[2, 4]).await;
    let said = world.service.summary(session, "").await;
    assert_eq!((said.cache(), &said.body["distinct_accounts"]), ("MISS", &json!(4)));
    assert_eq!(
        world.service.summary(session, "?channel=8").await.cache(),
        "HIT",
        "another channel's answer is as good"
    );

    // An account is taken out of a roster.
    let mut without: Roster = [AccountId(2)].into_iter().collect();
    let mut connection = world.pool.acquire().await.unwrap();
    let locked = rosters::lock(&mut connection, CaptureId(landed)).await.unwrap().unwrap();
    locked.replace(&mut connection, &mut without).await.unwrap();
    let said = world.service.summary(session, "").await;
    assert_eq!((said.cache(), &said.body["distinct_accounts"]), ("MISS", &json!(3)));

    // A capture leaves the session.
    sqlx::query("DELETE FROM session_captures WHERE capture_id = ?")
        .bind(landed)
        .execute(&world.pool)
        .await
        .unwrap();
    let said = world.service.summary(session, "").await;
    assert_eq!(said.body["coverage"]["captures"], 2);
}

#[tokio::test]
async fn captures_that_change_in_the_same_way_are_noticed() {
    let world = World::new().await;
    let session = world.session().await;
    world.capture(session, 7, "2026-11-01 20:00:00", &[1]).await;
    for minute in 1..=4 {
        world.capture_without_roster(session, 7, &format!("2026-11-01 20:0{minute}:00"), "pending").await;
    }
    let gaps = async || world.service.summary(session, "").await.body["coverage"]["gaps"].clone();
    assert_eq!(gaps().await, 0);
    for (now, limit) in [(2, 2), (4, 2)] {
        sqlx::query("UPDATE captures SET status = 'failed' WHERE status = 'pending' ORDER BY id LIMIT ?")
            .bind(limit)
            .execute(&world.pool)
            .await
            .unwrap();
        assert_eq!(gaps().await, now);
    }
    // Two that are taken out of the same number of rosters.
    let two = [
        world.capture(session, 7, "2026-11-01 20:05:00", &[2, 3]).await,
        world.capture(session, 7, "2026-11-01 20:06:00", &[2, 3]).await,
    ];
    let accounts = async || world.service.summary(session, "").await.body["distinct_accounts"].clone();
    assert_eq!(accounts().await, 3);
    let mut connection = world.pool.acquire().await.unwrap();
    for capture in two {
        let locked = rosters::lock(&mut connection, CaptureId(capture)).await.unwrap().unwrap();
        let mut without: Roster = [AccountId(2)].into_iter().collect();
        locked.replace(&mut connection, &mut without).await.unwrap();
    }
    assert_eq!(accounts().await, 2);
}

#[tokio::test]
async fn every_replica_sees_enrichment_at_once_also_when_it_commits_out_of_order() {
    let world = World::new().await;
    let other = world.replica().await;
    let session = world.session().await;
    world.accounts(20_000).await;
    world.capture(session, 7, "2026-11-01 20:00:00", &[1, 2, 3, 19_000]).await;
    let enriched = async || {
        let here = world.service.summary(session, "").await.body["enriched_accounts"].clone();
        let there = other.summary(session, "").await.body["enriched_accounts"].clone();
        assert_eq!(here, there);
        here
    };
    assert_eq!(enriched().await, 0);
    world.enrich(&[(1, "2020-01-01")]).await;
    assert_eq!(enriched().await, 1);

    // The first of two transactions commits last, with an earlier time and a smaller place in the log.
    let mut late = world.pool.begin().await.unwrap();
    let at = common::clock::Clock::system().now();
    sqlx::query(
        "UPDATE accounts SET created_at = '2020-01-02', enriched_at = ?, updated_at = ? WHERE id = 19000",
    )
    .bind(at)
    .bind(at)
    .execute(&mut *late)
    .await
    .unwrap();
    common::db::account_changes::record(&mut late, at).await.unwrap();
    world.enrich(&[(2, "2020-01-02")]).await;
    assert_eq!(enriched().await, 2);
    late.commit().await.unwrap();
    assert_eq!(enriched().await, 3);
}

#[tokio::test]
async fn a_rename_shows() {
    let world = World::new().await;
    let session = world.session().await;
    world.accounts(1).await;
    world.capture(session, 7, "2026-11-01 20:00:00", &[1]).await;
    world.enrich(&[(1, "2020-01-01")]).await;
    world.service.summary(session, "").await;
    let renamed = common::clients::twitch_api::Chatter(1001.into(), "other".to_owned(), "Other".to_owned());
    let mut connection = world.pool.acquire().await.unwrap();
    let at = common::clock::Clock::system().now();
    common::db::accounts::rename(&mut connection, &[renamed], at).await.unwrap();
    let said = world.service.summary(session, "").await;
    assert_eq!((said.cache(), &said.body["top_creation_days"][0]["logins"]), ("MISS", &json!(["other"])));
}

#[tokio::test]
async fn without_redis_answers_are_computed() {
    let world = World::new().await;
    let session = world.session().await;
    world.accounts(3).await;
    world.capture(session, 7, "2026-11-01 20:00:00", &[1, 2, 3]).await;
    let alone = world.without_redis().await;
    for _ in 0..3 {
        let said = alone.summary(session, "").await;
        assert_eq!((said.cache(), &said.body["distinct_accounts"]), ("MISS", &json!(3)));
    }
    let ready = alone.ask("/readyz", None).await;
    assert_eq!((ready.status.as_u16(), ready.body["failures"].get("redis").is_some()), (503, true));
    let ready = world.service.ask("/readyz", None).await;
    assert_eq!((ready.status.as_u16(), &ready.body["ready"]), (200, &json!(true)));
    alone.stop().await;
}

#[tokio::test]
async fn equal_questions_at_once_are_computed_once() {
    let world = World::new().await;
    let (session, empty) = (world.session().await, world.session().await);
    world.accounts(3).await;
    world.capture(session, 7, "2026-11-01 20:00:00", &[1, 2, 3]).await;
    // Where nothing but the work itself can be shared.
    let alone = world.without_redis().await;
    let held = world.hold_rosters().await;
    let asking = futures_util::future::join_all((0..64).map(|_| alone.summary(session, "")));
    let meanwhile = async {
        let reader = world.next_roster_reader(&[]).await;
        // The others have come as far as they can when these are answered, which take the same way.
        for _ in 0..5 {
            assert_eq!(alone.summary(empty, "").await.cache(), "MISS");
        }
        assert_eq!(world.roster_readers().await, [reader], "the same is computed more than once");
        held.let_go().await;
    };
    let (all, ()) = futures_util::future::join(asking, meanwhile).await;
    assert_eq!(all[0].body["distinct_accounts"], 3);
    assert!(all.iter().all(|said| said.cache() == "MISS" && said.body == all[0].body));

    let all = futures_util::future::join_all((0..64).map(|_| world.service.summary(session, ""))).await;
    assert!(all.iter().all(|said| said.body == all[0].body));
}

#[tokio::test]
async fn a_question_is_dropped_when_nobody_waits_for_its_answer() {
    let world = World::new().await;
    let session = world.session().await;
    world.accounts(3).await;
    world.capture(session, 7, "2026-11-01 20:00:00", &[1, 2, 3]).await;
    let held = world.hold_rosters().await;
    let asker = world.service.begin(&format!("/internal/v1/sessions/{session}/summary")).await;
    let reader = world.next_roster_reader(&[]).await;
    asker.hang_up().await;

    // Were it still computed, who asks the same would wait for that instead of reading anew.
    let meanwhile = async {
        world.next_roster_reader(&[reader]).await;
        held.let_go().await;
    };
    let (said, ()) = futures_util::future::join(world.service.summary(session, ""), meanwhile).await;
    assert_eq!((said.cache(), &said.body["distinct_accounts"]), ("MISS", &json!(3)));
    assert_eq!(world.service.summary(session, "").await.cache(), "HIT");
}
