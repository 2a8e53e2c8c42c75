//! Retention: what is due goes, what is not stays, and it is noted.

use crate::support::World;

async fn run(world: &World, statements: &[&'static str]) {
    for statement in statements {
        sqlx::query(*statement).execute(&world.pool).await.unwrap();
    }
}

/// Sessions 1 active, 2 saved, 3 active whose time is over, 4 deleted an hour ago, 5 deleted two days ago; each holds the
/// capture of its number, and the saved one the expired one's as well. Capture 6 is held by nobody, 7 neither but new.
async fn fill(world: &World) {
    run(
        world,
        &[
            "INSERT INTO sessions (id, uuid, user_id, status, created_at, updated_at, expires_at) VALUES
             (1, UUID(), 1, 'active', NOW(6), NOW(6), UTC_TIMESTAMP(6) + INTERVAL 1 DAY),
             (2, UUID(), 1, 'saved', NOW(6), NOW(6), NULL),
             (3, UUID(), 2, 'active', NOW(6), NOW(6), UTC_TIMESTAMP(6) - INTERVAL 1 MINUTE),
             (4, UUID(), 2, 'deleted', NOW(6), UTC_TIMESTAMP(6) - INTERVAL 1 HOUR, NULL),
             (5, UUID(), 2, 'deleted', NOW(6), UTC_TIMESTAMP(6) - INTERVAL 2 DAY, NULL)",
            "INSERT INTO captures (id, channel_id, slot, status) VALUES
             (1, 1, '2026-01-01 10:01', 'complete'), (2, 1, '2026-01-01 10:02', 'complete'),
             (3, 1, '2026-01-01 10:03', 'complete'), (4, 1, '2026-01-01 10:04', 'complete'),
             (5, 1, '2026-01-01 10:05', 'missed'), (6, 1, '2026-01-01 10:06', 'failed'),
             (7, 1, UTC_TIMESTAMP(6), 'complete'), (8, 1, '2026-01-01 10:08', 'pending')",
            "INSERT INTO session_captures VALUES (1, 1), (2, 2), (2, 3), (3, 3), (4, 4), (5, 5)",
            "INSERT INTO rosters (id, bytes) VALUES (21, 'x'), (22, 'x'), (51, 'x'), (52, 'x')",
            "UPDATE captures SET roster_id = 10 * id + 1, roster_parts = 2 WHERE id IN (2, 5)",
        ],
    )
    .await;
}

#[tokio::test]
async fn what_nobody_may_look_into_any_more_goes_and_the_rest_stays() {
    let mut world = World::new().await;
    fill(&world).await;
    world.start_worker().await;
    world
        .until("SELECT COUNT(*) FROM audit_logs WHERE action = 'retention' AND subject = 'sessions'", 1)
        .await;
    world.stop().await;
    let left = "SELECT CAST(GROUP_CONCAT(id ORDER BY id SEPARATOR '') AS SIGNED) FROM captures";
    assert_eq!(world.count(left).await, 123_478, "held, restorable, new or being made");
    let parts = "SELECT CAST(GROUP_CONCAT(id ORDER BY id SEPARATOR '') AS SIGNED) FROM rosters";
    assert_eq!(world.count(parts).await, 2_122, "rosters go with their captures");
    assert_eq!(world.count("SELECT COUNT(*) FROM sessions WHERE id = 5").await, 0);
    assert_eq!(world.count("SELECT COUNT(*) FROM sessions WHERE id = 3 AND status = 'expired'").await, 1);
    assert_eq!(world.count("SELECT COUNT(*) FROM session_captures WHERE session_id IN (1, 2, 4)").await, 4);
    for (what, rows) in [("sessions_expired", 1), ("session_captures", 2), ("captures", 2), ("sessions", 1)] {
        let noted: i64 = sqlx::query_scalar(
            "SELECT CAST(JSON_VALUE(detail, '$.rows') AS SIGNED) FROM audit_logs WHERE user_id = 0 AND subject = ?",
        )
        .bind(what)
        .fetch_one(&world.pool)
        .await
        .unwrap();
        assert_eq!(noted, rows, "{what}");
    }
}

#[tokio::test]
async fn ended_jobs_go_and_leave_their_numbers() {
    let mut world = World::new().await;
    world.ask_for_probes(7, 2_600).await;
    run(
        &world,
        &[
            "UPDATE jobs SET state = 'done', finished_at = UTC_TIMESTAMP(6) - INTERVAL 25 HOUR, run_at = finished_at ORDER BY id LIMIT 2500",
            "UPDATE jobs SET state = 'done', finished_at = UTC_TIMESTAMP(6) - INTERVAL 23 HOUR, run_at = finished_at WHERE state = 'ready' LIMIT 40",
            "UPDATE jobs SET state = 'dead', finished_at = UTC_TIMESTAMP(6) - INTERVAL 29 DAY, run_at = finished_at WHERE state = 'ready' LIMIT 30",
            "UPDATE jobs SET state = 'dead', finished_at = UTC_TIMESTAMP(6) - INTERVAL 31 DAY, run_at = finished_at WHERE state = 'ready'",
        ],
    )
    .await;
    world.start_worker().await;
    world.until("SELECT COUNT(*) FROM jobs", 70).await;
    world.until("SELECT COUNT(*) FROM audit_logs WHERE subject = 'jobs'", 1).await;
    world.stop().await;
    let ended = "SELECT COUNT(*) FROM audit_logs WHERE subject = 'jobs'
                 AND JSON_VALUE(detail, '$.ended.\"probe done\"') = 2500 AND JSON_VALUE(detail, '$.ended.\"probe dead\"') = 30";
    assert_eq!(world.count(ended).await, 1);
}
