//! The queue's promises: nothing is lost, nothing is done twice.

use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::support::{World, until};

#[tokio::test]
async fn a_run_whose_lease_was_given_away_stores_nothing() {
    let mut world = World::started().await;
    world.twitch.room(1, &[(10, "ana")]);
    let gate = Arc::new(Semaphore::new(0));
    world.twitch.script().gate = Some(gate.clone());
    world.ask_for_capture(1, 5).await;
    until("the run has begun", || async { world.twitch.script().chatters_asked == 1 }).await;
    // Another worker holds it now, and never finishes.
    sqlx::query("UPDATE jobs SET token = 1, lease_until = UTC_TIMESTAMP(6) + INTERVAL 1 HOUR")
        .execute(&world.pool)
        .await
        .unwrap();
    gate.add_permits(1);
    world.stop().await;
    assert_eq!(world.count("SELECT COUNT(*) FROM captures WHERE status = 'pending'").await, 1);
    assert_eq!(world.count("SELECT COUNT(*) FROM jobs WHERE state = 'running' AND token = 1").await, 1);
}

#[tokio::test]
async fn a_job_of_a_lost_worker_is_run_by_another() {
    let mut world = World::new().await;
    world.twitch.room(1, &[(10, "ana")]);
    world.ask_for_capture(1, 5).await;
    // As a worker killed with -9 leaves it.
    sqlx::query("UPDATE jobs SET state = 'running', attempt = 1, token = 1, lease_until = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND")
        .execute(&world.pool)
        .await
        .unwrap();
    world.start_worker().await;
    world.until("SELECT COUNT(*) FROM captures WHERE status = 'complete'", 1).await;
    world.stop().await;
}

#[tokio::test]
async fn a_job_that_takes_every_worker_down_is_given_up() {
    let mut world = World::new().await;
    world.twitch.room(1, &[(10, "ana")]);
    world.ask_for_capture(1, 2).await;
    sqlx::query("UPDATE jobs SET state = 'running', attempt = 2, token = 1, lease_until = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND")
        .execute(&world.pool)
        .await
        .unwrap();
    world.start_worker().await;
    world.until("SELECT COUNT(*) FROM captures WHERE status = 'failed' AND reason = 'worker_lost'", 1).await;
    assert_eq!(world.twitch.script().chatters_asked, 0, "it was run once more");
    world.stop().await;
}

#[tokio::test]
async fn announcements_may_be_lost() {
    let mut world = World::new().await;
    for channel in 1..=20 {
        world.twitch.room(channel, &[(10, "ana")]);
        world.ask_for_capture(channel, 5).await;
    }
    redis::cmd("DEL")
        .arg(common::redis_keys::JOB_STREAM)
        .exec_async(&mut world.redis.shared())
        .await
        .unwrap();
    // Announcements older than ten seconds are made again; these were made long ago.
    sqlx::query("UPDATE jobs SET published_at = published_at - INTERVAL 1 MINUTE")
        .execute(&world.pool)
        .await
        .unwrap();
    world.start_worker().await;
    world.until("SELECT COUNT(*) FROM captures WHERE status = 'complete'", 20).await;
    world.stop().await;
}

#[tokio::test]
async fn a_job_announced_many_times_is_run_once() {
    let mut world = World::new().await;
    world.twitch.room(1, &[(10, "ana")]);
    let (_, job) = world.ask_for_capture(1, 5).await;
    world.queue.announce(&[job; 50]).await;
    world.start_worker().await;
    world.start_worker().await;
    world.until("SELECT COUNT(*) FROM jobs WHERE state = 'done' AND kind = 'capture_chatters'", 1).await;
    world.stop().await;
    assert_eq!(world.twitch.script().chatters_asked, 1);
}
