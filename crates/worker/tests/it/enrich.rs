//! Enrichment: every account once, in full batches, and what is gone stays gone.

use std::sync::Arc;

use common::{
    db,
    ids::CaptureId,
    jobs::{EnrichAccounts, NewJob},
    metrics::jobs::FENCED,
};
use tokio::sync::Semaphore;

use crate::support::World;

#[tokio::test]
async fn accounts_are_asked_about_once_in_packed_batches() {
    let mut world = World::new().await;
    let names: Vec<_> = (0..250).map(|n| format!("user{n}")).collect();
    let room = |range: std::ops::Range<u64>| {
        range.map(|n| (1000 + n, names[usize::try_from(n).unwrap()].as_str())).collect::<Vec<_>>()
    };
    world.twitch.room(1, &room(0..130));
    world.twitch.room(2, &room(100..250));
    world.twitch.script().absent = vec!["1003".to_owned()];
    world.ask_for_capture(1, 5).await;
    world.ask_for_capture(2, 5).await;
    world.start_worker().await;
    world
        .until("SELECT COUNT(*) FROM accounts WHERE enriched_at IS NOT NULL OR gone_at IS NOT NULL", 250)
        .await;

    let calls: Vec<_> = world.twitch.script().accounts_asked.iter().map(Vec::len).collect();
    assert_eq!(calls.iter().sum::<usize>(), 250, "an account was asked about twice: {calls:?}");
    assert_eq!(calls.len(), 3, "250 accounts of two captures fit in 3 calls: {calls:?}");
    assert_eq!(world.count("SELECT COUNT(*) FROM accounts WHERE gone_at IS NOT NULL").await, 1);
    assert_eq!(
        world
            .count(
                "SELECT COUNT(*) FROM accounts WHERE created_at = '2020-03-04 05:06:07' AND default_picture
                 AND NOT has_description AND broadcaster_type = 'affiliate' AND enrich_due_at IS NULL"
            )
            .await,
        249
    );
    world.stop().await;
}

#[tokio::test]
async fn one_that_twitch_did_not_know_is_asked_about_again_after_a_while_and_may_be_back() {
    let mut world = World::started().await;
    world.twitch.room(1, &[(10, "ana"), (11, "bob")]);
    world.twitch.script().absent = vec!["11".to_owned()];
    world.ask_for_capture(1, 5).await;
    world.until("SELECT COUNT(*) FROM accounts WHERE gone_at IS NOT NULL", 1).await;
    world.stop().await;
    sqlx::query("UPDATE accounts SET gone_at = gone_at - INTERVAL 31 DAY")
        .execute(&world.pool)
        .await
        .unwrap();
    world.twitch.script().absent.clear();

    let mut world = world.restarted().await;
    world.ask_for_capture(1, 5).await;
    world.until("SELECT COUNT(*) FROM accounts WHERE gone_at IS NULL AND enriched_at IS NOT NULL", 2).await;
    assert_eq!(world.twitch.script().accounts_asked.last().unwrap(), &["11"]);
    world.stop().await;
}

#[tokio::test]
async fn a_known_account_is_asked_about_again_only_when_it_is_stale() {
    let mut world = World::started().await;
    world.twitch.room(1, &[(10, "ana"), (11, "bob")]);
    world.ask_for_capture(1, 5).await;
    world.until("SELECT COUNT(*) FROM accounts WHERE enriched_at IS NOT NULL", 2).await;
    world.stop().await;
    sqlx::query("UPDATE accounts SET enriched_at = enriched_at - INTERVAL 31 DAY WHERE twitch_id = 11")
        .execute(&world.pool)
        .await
        .unwrap();

    let mut world = world.restarted().await;
    world.ask_for_capture(1, 5).await;
    world.until("SELECT COUNT(*) FROM captures WHERE status = 'complete'", 2).await;
    world.until("SELECT COUNT(*) FROM accounts WHERE enriched_at > NOW(6) - INTERVAL 1 DAY", 2).await;
    assert_eq!(world.twitch.script().accounts_asked.last().unwrap(), &["11"]);
    world.stop().await;
}

#[tokio::test]
async fn what_goes_wrong_with_telling_does_not_touch_a_job_that_is_done() {
    let mut world = World::new().await;
    let gate = Arc::new(Semaphore::new(0));
    world.twitch.script().accounts_gate = Some(gate.clone());
    sqlx::query(
        "INSERT INTO accounts (twitch_id, login, display_name, updated_at, enrich_due_at)
         VALUES (10, 'ana', 'ana', UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))",
    )
    .execute(&world.pool)
    .await
    .unwrap();
    let job = NewJob::of(&EnrichAccounts::Capture { capture: CaptureId(1) }).unwrap();
    let mut connection = world.pool.acquire().await.unwrap();
    let (job, _) = db::jobs::insert(&mut connection, &job, "").await.unwrap();
    drop(connection);
    sqlx::query("UPDATE jobs SET run_at = UTC_TIMESTAMP(6)").execute(&world.pool).await.unwrap();
    let fenced = || FENCED.with_label_values(&["enrich_accounts"]).get();
    let before = fenced();
    world.start_worker().await;
    world.until("SELECT COUNT(*) FROM jobs WHERE state = 'running'", 1).await;

    // The job's end waits, until nobody can tell any more how many accounts there are.
    let mut holding = world.pool.begin().await.unwrap();
    sqlx::query("SELECT id FROM jobs WHERE id = ? FOR UPDATE")
        .bind(job.0)
        .execute(&mut *holding)
        .await
        .unwrap();
    gate.add_permits(1);
    let ending = "SELECT COUNT(*) FROM information_schema.processlist WHERE db = DATABASE()
                  AND id <> CONNECTION_ID() AND info LIKE '%AS held%FOR UPDATE'";
    world.until(ending, 1).await;
    sqlx::raw_sql("RENAME TABLE accounts TO accounts_away").execute(&world.pool).await.unwrap();
    holding.rollback().await.unwrap();

    world.until("SELECT COUNT(*) FROM jobs WHERE state = 'done' AND attempt = 1", 1).await;
    world.stop().await;
    assert_eq!(fenced(), before, "its end was stored, and nobody else had it");
}
