//! The queue's promises: nothing is lost, nothing is done twice.

use std::{sync::Arc, time::Duration};

use common::{
    db::{self, jobs::Lane},
    ids::UserId,
    jobs::{AbortAt, EnrichAccounts, NewJob, Probe},
    queue::WINDOW,
};
use tokio::sync::Semaphore;

use crate::support::{DEADLINE, World, until};

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
async fn of_jobs_ended_together_those_given_away_are_left_alone() {
    let world = World::new().await;
    let jobs = world.ask_for_probes(7, 5).await;
    let lease = Duration::from_mins(1);
    assert_eq!(db::jobs::claim(&world.pool, &jobs, 1, lease).await.unwrap().len(), 5);
    for (job, change) in [
        (jobs[1], "UPDATE jobs SET token = 2 WHERE id = ?"),
        (jobs[3], "UPDATE jobs SET state = 'ready', token = NULL WHERE id = ?"),
    ] {
        sqlx::query(change).bind(job.0).execute(&world.pool).await.unwrap();
    }
    let held: Vec<_> = jobs.iter().map(|job| (*job, 1)).collect();
    let ended = db::jobs::finish_all(&world.pool, &held).await.unwrap();
    assert_eq!(ended, [0, 2, 4].map(|place| held[place]).into());
    assert_eq!(world.count("SELECT COUNT(*) FROM jobs WHERE state = 'done' AND token IS NULL").await, 3);
    assert_eq!(world.count("SELECT COUNT(*) FROM jobs WHERE state = 'running' AND token = 2").await, 1);
    assert!(db::jobs::finish_all(&world.pool, &held).await.unwrap().is_empty(), "once is enough");
    // Those that are done may still be told of, and are not to be cancelled in the middle of that.
    let lost = db::jobs::extend(&world.pool, &held, lease).await.unwrap();
    assert_eq!(lost, [1, 3].map(|place| held[place]));
}

#[tokio::test]
async fn a_heartbeat_passes_over_jobs_that_are_being_finished() {
    let world = World::new().await;
    let jobs = world.ask_for_probes(7, 4).await;
    assert_eq!(db::jobs::claim(&world.pool, &jobs, 1, Duration::from_mins(1)).await.unwrap().len(), 4);
    sqlx::query("UPDATE jobs SET token = 2 WHERE id = ?").bind(jobs[3].0).execute(&world.pool).await.unwrap();
    let held: Vec<_> = jobs.iter().map(|job| (*job, 1)).collect();
    // As captures do, before they wait for the others of their channel.
    let mut storing = world.pool.begin().await.unwrap();
    assert!(db::jobs::finish(&mut storing, jobs[1], 1).await.unwrap());
    assert!(db::jobs::finish(&mut storing, jobs[3], 2).await.unwrap());
    let beat = async || {
        let beat = db::jobs::extend(&world.pool, &held, Duration::from_hours(1));
        let lost = tokio::time::timeout(DEADLINE, beat).await.expect("a heartbeat that waits for nobody");
        assert_eq!(lost.unwrap(), [held[3]], "only what was given away before is lost");
        let extended =
            "SELECT id FROM jobs WHERE lease_until > UTC_TIMESTAMP(6) + INTERVAL 30 MINUTE ORDER BY id";
        sqlx::query_scalar::<_, u64>(extended).fetch_all(&world.pool).await.unwrap()
    };
    assert_eq!(beat().await, [jobs[0].0, jobs[2].0]);
    storing.rollback().await.unwrap();
    assert_eq!(beat().await, [jobs[0].0, jobs[1].0, jobs[2].0], "it was not finished after all");
}

#[tokio::test]
async fn claims_and_announcements_of_the_same_jobs_never_fail_by_each_other() {
    let world = World::new().await;
    let jobs = world.ask_for_probes(7, 300).await;
    // As they are announced when the latest are due first.
    let backwards: Vec<_> = jobs.iter().rev().copied().collect();
    for token in 1..=30 {
        let (told, claimed) = tokio::join!(
            db::jobs::mark_published(&world.pool, &backwards),
            db::jobs::claim(&world.pool, &jobs, token, Duration::from_mins(1)),
        );
        told.unwrap();
        assert_eq!(claimed.unwrap().len(), jobs.len());
        sqlx::query("UPDATE jobs SET state = 'ready', token = NULL, attempt = 0, published_at = NULL")
            .execute(&world.pool)
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn a_claim_that_is_tried_again_finds_what_it_had_claimed() {
    let world = World::new().await;
    let jobs = world.ask_for_probes(7, 3).await;
    let lease = Duration::from_mins(1);
    assert_eq!(db::jobs::claim(&world.pool, &jobs[..2], 1, lease).await.unwrap().len(), 2);
    for _ in 0..2 {
        assert_eq!(db::jobs::claim(&world.pool, &jobs, 1, lease).await.unwrap().len(), 3);
    }
    assert_eq!(world.count("SELECT COUNT(*) FROM jobs WHERE attempt = 1").await, 3);
    assert!(db::jobs::claim(&world.pool, &jobs, 2, lease).await.unwrap().is_empty(), "they are the other's");
}

#[tokio::test]
async fn jobs_without_effects_are_ended_at_their_first_run() {
    let mut world = World::new().await;
    // Of two tenants, so that two windows are filled again and again.
    let jobs = world.ask_for_traceless(200).await;
    world.queue.announce(&jobs).await;
    world.start_worker().await;
    world.start_worker().await;
    world.until("SELECT COUNT(*) FROM jobs WHERE state = 'done'", 200).await;
    world.stop().await;
    assert_eq!(world.count("SELECT COUNT(*) FROM jobs WHERE attempt = 1 AND last_error IS NULL").await, 200);
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
        .arg(common::redis_keys::announced_jobs("capture_chatters"))
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

#[tokio::test]
async fn of_one_tenant_only_a_window_is_announced_and_the_rest_follows() {
    let mut world = World::new().await;
    let many = world.ask_for_probes(7, 100).await;
    world.queue.announce(&many).await;
    let few = world.ask_for_probes(8, 3).await;
    world.queue.announce(&few).await;
    assert_eq!(world.queue.announced("probe").await.unwrap(), WINDOW as usize + 3);
    world.start_worker().await;
    world.until("SELECT COUNT(DISTINCT job_id) FROM job_probes", 103).await;
    world.stop().await;
    assert_eq!(world.count("SELECT COUNT(*) FROM job_probes").await, 103);
    assert_eq!(world.queue.announced("probe").await.unwrap(), 0);
}

#[tokio::test]
async fn a_window_is_filled_when_half_of_it_is_taken() {
    let world = World::new().await;
    let jobs = world.ask_for_probes(7, 40).await;
    world.queue.announce(&jobs).await;
    let announced: Vec<_> =
        db::jobs::due(&world.pool, 40).await.unwrap().into_iter().map(|due| due.0).collect();
    let lane = Lane { kind: "probe".to_owned(), tenant: UserId(7) };
    let lease = Duration::from_mins(1);
    for (taken, left) in [(7, 9), (1, WINDOW)] {
        let first = "SELECT id FROM jobs WHERE announced = 1 AND state = 'ready' ORDER BY id LIMIT ?";
        let ids: Vec<u64> = sqlx::query_scalar(first).bind(taken).fetch_all(&world.pool).await.unwrap();
        let ids: Vec<_> = announced.iter().copied().filter(|job| ids.contains(&job.0)).collect();
        assert_eq!(db::jobs::claim(&world.pool, &ids, 1, lease).await.unwrap().len(), ids.len());
        world.queue.refill(std::slice::from_ref(&lane)).await.unwrap();
        let waiting = "SELECT COUNT(*) FROM jobs WHERE announced = 1 AND state = 'ready'";
        assert_eq!(world.count(waiting).await, i64::from(left));
    }
}

#[tokio::test]
async fn what_an_emptied_redis_had_is_announced_again_soon() {
    let mut world = World::new().await;
    let jobs = world.ask_for_probes(7, 20).await;
    world.queue.announce(&jobs).await;
    redis::cmd("FLUSHDB").exec_async(&mut world.redis.shared()).await.unwrap();
    sqlx::query("UPDATE jobs SET published_at = published_at - INTERVAL 1 SECOND WHERE announced = 1")
        .execute(&world.pool)
        .await
        .unwrap();
    world.start_worker().await;
    world.until("SELECT COUNT(DISTINCT job_id) FROM job_probes", 20).await;
    world.stop().await;
}

#[tokio::test]
async fn probes_are_refused_unless_they_are_switched_on() {
    let mut world = World::new().await;
    world.set("JOB_PROBES", "0");
    let jobs = world.ask_for_probes(7, 1).await;
    world.queue.announce(&jobs).await;
    world.start_worker().await;
    world
        .until("SELECT COUNT(*) FROM jobs WHERE state = 'dead' AND last_error LIKE 'probe_refused: %'", 1)
        .await;
    world.stop().await;
}

#[tokio::test]
async fn a_job_that_takes_too_long_is_ended_and_frees_its_place() {
    let mut world = World::new().await;
    world.set("WORKER_CONCURRENCY", "1");
    let jobs = world.ask_for_probes(7, 2).await;
    sqlx::query(
        "UPDATE jobs SET payload = JSON_SET(payload, '$.nap_ms', 3600000), max_attempt = 1 WHERE id = ?",
    )
    .bind(jobs[0].0)
    .execute(&world.pool)
    .await
    .unwrap();
    world.queue.announce(&jobs).await;
    world.start_worker().await;
    world.until("SELECT COUNT(*) FROM jobs WHERE state = 'dead' AND last_error LIKE 'timeout: %'", 1).await;
    world.until("SELECT COUNT(*) FROM jobs WHERE state = 'done'", 1).await;
    world.stop().await;
}

#[tokio::test]
async fn of_a_limited_kind_no_more_run_at_once_with_and_without_redis() {
    let mut world = World::new().await;
    sqlx::query(
        "INSERT INTO accounts (twitch_id, login, display_name, updated_at)
         SELECT seq, CONCAT('u', seq), CONCAT('u', seq), UTC_TIMESTAMP(6) FROM seq_1_to_600",
    )
    .execute(&world.pool)
    .await
    .unwrap();
    for (round, redis) in [(0, world.get("REDIS_URL")), (1, "redis://127.0.0.1:1/".to_owned())] {
        world.set("REDIS_URL", &redis);
        let gate = Arc::new(Semaphore::new(0));
        world.twitch.script().accounts_gate = Some(gate.clone());
        sqlx::query("UPDATE accounts SET enrich_due_at = UTC_TIMESTAMP(6)")
            .execute(&world.pool)
            .await
            .unwrap();
        let mut connection = world.pool.acquire().await.unwrap();
        for slot in 0..6 {
            let job = NewJob::of(&EnrichAccounts::Sweep { slot: 10 * round + slot }).unwrap();
            db::jobs::insert(&mut connection, &job, "").await.unwrap();
        }
        drop(connection);
        sqlx::query("UPDATE jobs SET run_at = UTC_TIMESTAMP(6)").execute(&world.pool).await.unwrap();
        world.start_worker().await;
        world.until("SELECT COUNT(*) FROM jobs WHERE state = 'running'", 2).await;
        // What is not limited passes by.
        let probes = world.ask_for_probes(u64::try_from(round).unwrap() + 7, 3).await;
        world.queue.announce(&probes).await;
        world.until("SELECT COUNT(*) FROM jobs WHERE kind = 'probe' AND state <> 'done'", 0).await;
        assert_eq!(world.count("SELECT COUNT(*) FROM jobs WHERE state = 'running'").await, 2);
        gate.add_permits(1_000);
        world.stop().await;
        world = world.renewed();
    }
}

/// Half a minute: that is how long a worker may be idle beside a due job before it says that something is wrong.
#[tokio::test]
async fn a_worker_beside_a_job_that_nobody_takes_says_that_it_is_not_ready() {
    let mut world = World::started().await;
    assert_eq!(world.ready().await.0, 200);
    sqlx::query(
        "INSERT INTO jobs (kind, dedup, tenant, priority, max_attempt, run_at, payload, created_at)
         VALUES ('of_another_version', '1', 7, 1, 5, UTC_TIMESTAMP(6) - INTERVAL 1 HOUR, '{}', UTC_TIMESTAMP(6))",
    )
    .execute(&world.pool)
    .await
    .unwrap();
    let begun = std::time::Instant::now();
    let (status, body) = loop {
        let (status, body) = world.ready().await;
        if status != 200 || begun.elapsed() > Duration::from_mins(1) {
            break (status, body);
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    };
    assert_eq!(status, 503);
    assert!(body.contains("a job has been due for"), "{body}");
    world.stop().await;
}

#[tokio::test]
async fn a_dead_job_that_is_put_back_runs_anew() {
    let mut world = World::new().await;
    world.ask_for_probes(7, 3).await;
    sqlx::query(
        "UPDATE jobs SET state = 'dead', attempt = 5, finished_at = UTC_TIMESTAMP(6), last_error = 'x: y'",
    )
    .execute(&world.pool)
    .await
    .unwrap();
    assert_eq!(db::jobs::redrive(&world.pool, "probe", 2).await.unwrap(), 2);
    world.start_worker().await;
    world.until("SELECT COUNT(*) FROM jobs WHERE state = 'done' AND attempt = 1", 2).await;
    world.stop().await;
    assert_eq!(world.count("SELECT COUNT(*) FROM jobs WHERE state = 'dead'").await, 1);
}

#[tokio::test]
async fn a_worker_that_drains_finishes_what_runs_and_starts_nothing() {
    let mut world = World::started().await;
    let first = world.ask_for_naps(7, 8, 500).await;
    world.queue.announce(&first).await;
    world.until("SELECT COUNT(*) FROM jobs WHERE state = 'running'", 8).await;
    let second = world.ask_for_naps(8, 8, 500).await;
    world.queue.announce(&second).await;
    world.stop().await;
    assert_eq!(world.count("SELECT COUNT(*) FROM job_probes").await, 8);
    assert_eq!(world.count("SELECT COUNT(*) FROM jobs WHERE state = 'ready' AND attempt = 0").await, 8);
    assert_eq!(world.count("SELECT COUNT(*) FROM jobs WHERE state = 'running'").await, 0);
}

/// MariaDB 10.11 executes a prepared statement again with what it made of it the first time. With correlated `EXISTS` over a
/// derived table it then fails for good ("Unknown column") when the table has changed in between.
#[tokio::test]
async fn the_windows_statements_can_be_run_again_while_the_table_changes() {
    let world = World::new().await;
    let pool = sqlx::mysql::MySqlPoolOptions::new()
        .max_connections(1)
        .connect_with((*world.pool.connect_options()).clone())
        .await
        .unwrap();
    let lanes: Vec<_> = (1..=40).map(|n| Lane { kind: "probe".to_owned(), tenant: UserId(n) }).collect();
    let mut ids = Vec::new();
    for round in 0..40_u64 {
        for tenant in 1..=(round % 7 * 6) {
            ids.extend(world.ask_for_probes(1_000 * round + tenant, 1).await);
        }
        if round % 3 == 0 {
            for table in ["ANALYZE TABLE jobs", "FLUSH TABLES jobs"] {
                sqlx::raw_sql(table).execute(&world.pool).await.unwrap();
            }
        }
        let heads = db::jobs::heads(&pool, 2_000).await.unwrap();
        let heads: Vec<_> = heads.into_iter().map(|(job, _)| job).collect();
        let fresh = db::jobs::announceable(&pool, &ids, WINDOW).await.unwrap();
        assert_eq!(heads.len(), fresh.len(), "one of each lane, of which nothing is announced");
        db::jobs::low_lanes(&pool, &lanes, WINDOW).await.unwrap();
        db::jobs::mark_published(&pool, &heads).await.unwrap();
        assert_eq!(db::jobs::heads(&pool, 2_000).await.unwrap(), []);
        if round % 5 == 4 {
            sqlx::query("UPDATE jobs SET state = 'done', published_at = NULL")
                .execute(&world.pool)
                .await
                .unwrap();
        }
    }
}

#[tokio::test]
async fn a_run_that_panics_ends_alone_and_is_run_again() {
    let mut world = World::new().await;
    let probe = Probe {
        name: "panics".to_owned(),
        tenant: UserId(7),
        nap_ms: 0,
        traceless: false,
        abort_at: Some(AbortAt::Panic),
        poison: false,
    };
    let mut connection = world.pool.acquire().await.unwrap();
    db::jobs::insert(&mut connection, &NewJob::of(&probe).unwrap(), "").await.unwrap();
    let others = world.ask_for_naps(8, 4, 300).await;
    world.queue.announce(&others).await;
    world.start_worker().await;
    world.until("SELECT COUNT(*) FROM jobs WHERE state = 'ready' AND last_error LIKE 'panic: %'", 1).await;
    world.until("SELECT COUNT(*) FROM jobs WHERE state = 'done' AND attempt = 1", 4).await;
    world.until("SELECT COUNT(*) FROM jobs WHERE state = 'done' AND attempt = 2", 1).await;
    world.stop().await;
    assert_eq!(world.count("SELECT COUNT(*) FROM job_probes").await, 5);
}

#[tokio::test]
async fn urgent_jobs_go_first_and_the_others_get_their_turn() {
    let mut world = World::new().await;
    world.set("WORKER_CONCURRENCY", "1");
    let probes = world.ask_for_probes(8, 12).await;
    world.queue.announce(&probes).await;
    for channel in 1..=12 {
        world.twitch.room(channel, &[(10, "ana")]);
        world.ask_for_capture(channel, 5).await;
    }
    world.start_worker().await;
    world.until("SELECT COUNT(*) FROM jobs WHERE state = 'done' AND kind <> 'enrich_accounts'", 24).await;
    world.stop().await;
    let first_half = "SELECT COUNT(*) FROM (SELECT kind FROM jobs WHERE kind <> 'enrich_accounts'
                      ORDER BY finished_at LIMIT 12) AS first WHERE kind = 'capture_chatters'";
    let urgent = world.count(first_half).await;
    assert!((9..12).contains(&urgent), "{urgent} of 12: captures first, yet a probe in between");
}
