//! Migrating an empty, a half-migrated and a complete database, alone and at once.

use std::time::Duration;

use common::{config::DatabaseConfig, db, ids::CaptureId};
use devstack::testing::TestDatabase;
use sqlx::{Executor as _, MySqlPool};

fn config(database: &TestDatabase) -> DatabaseConfig {
    DatabaseConfig { url: database.url().into(), max_connections: 2, wait: Duration::from_secs(5) }
}

async fn applied(pool: &MySqlPool) -> i64 {
    sqlx::query_scalar("SELECT COUNT(*) FROM _sqlx_migrations WHERE success").fetch_one(pool).await.unwrap()
}

#[tokio::test]
async fn services_that_start_at_once_migrate_once() {
    let database = devstack::testing::database().await.unwrap();
    let starts = (0..6).map(|_| {
        let config = config(&database);
        tokio::spawn(async move { db::connect(&config).await })
    });
    for start in starts.collect::<Vec<_>>() {
        start.await.unwrap().unwrap().close().await;
    }
    let pool = db::connect(&config(&database)).await.unwrap();
    assert!(applied(&pool).await >= 4);
}

#[tokio::test]
async fn a_migration_that_was_cut_off_is_run_again() {
    let database = devstack::testing::database().await.unwrap();
    let pool = db::connect(&config(&database)).await.unwrap();
    let complete = applied(&pool).await;
    // As a crash in the middle of a migration leaves it: some of its tables, and a row without success.
    pool.execute("DROP TABLE opt_outs").await.unwrap();
    pool.execute("UPDATE _sqlx_migrations SET success = FALSE WHERE version = 5").await.unwrap();
    pool.close().await;

    let pool = db::connect(&config(&database)).await.unwrap();
    assert_eq!(applied(&pool).await, complete);
    pool.execute("SELECT COUNT(*) FROM opt_outs").await.unwrap();
}

#[tokio::test]
async fn rosters_are_moved_into_parts_also_when_that_was_cut_off() {
    let database = devstack::testing::database().await.unwrap();
    let pool = db::connect(&config(&database)).await.unwrap();
    let sizes = [1_u32, 740, 741, 5_000];
    // As it was before the table, with the first one moved already.
    pool.execute("ALTER TABLE captures ADD COLUMN roster MEDIUMBLOB NULL").await.unwrap();
    for size in sizes {
        sqlx::query(
            "INSERT INTO captures (channel_id, slot, status, captured_at, roster)
             VALUES (?, NOW(6), 'complete', slot, ?)",
        )
        .bind(size)
        .bind((0..size).map(|byte| byte.to_le_bytes()[0]).collect::<Vec<u8>>())
        .execute(&pool)
        .await
        .unwrap();
    }
    for statement in [
        "INSERT INTO captures (channel_id, slot) VALUES (0, NOW(6))",
        "INSERT INTO rosters SELECT 1, roster FROM captures WHERE channel_id = 1",
        "UPDATE _sqlx_migrations SET success = FALSE WHERE version = 6",
    ] {
        pool.execute(statement).await.unwrap();
    }
    pool.close().await;

    let pool = db::connect(&config(&database)).await.unwrap();
    let ids: Vec<u64> =
        sqlx::query_scalar("SELECT id FROM captures ORDER BY id").fetch_all(&pool).await.unwrap();
    let ids: Vec<CaptureId> = ids.into_iter().map(CaptureId).collect();
    let moved = db::captures::rosters::load(&pool, &ids).await.unwrap();
    assert_eq!(moved.len(), sizes.len());
    for (id, size) in ids.iter().zip(sizes) {
        assert!(moved[id].iter().copied().eq((0..size).map(|byte| byte.to_le_bytes()[0])), "{size} bytes");
    }
    let columns = "SELECT COUNT(*) FROM information_schema.columns
                   WHERE table_schema = DATABASE() AND table_name = 'captures' AND column_name = 'roster'";
    assert_eq!(sqlx::query_scalar::<_, i64>(columns).fetch_one(&pool).await.unwrap(), 0);
}

#[tokio::test]
async fn a_mariadb_that_is_not_up_is_waited_for_and_then_named() {
    let refused = DatabaseConfig {
        url: "mysql://nobody@127.0.0.1:1/none".into(),
        max_connections: 2,
        wait: Duration::from_millis(600),
    };
    let error = db::connect(&refused).await.unwrap_err();
    assert!(error.to_string().contains("did not answer within"), "{error}");
}

#[tokio::test]
async fn a_wrong_password_is_not_waited_for() {
    let database = devstack::testing::database().await.unwrap();
    let mut wrong = config(&database);
    let (_, address) = database.url().rsplit_once('@').unwrap();
    wrong.url = format!("mysql://stranger:wrong@{address}").into();
    wrong.wait = Duration::from_mins(5);
    let refused = tokio::time::timeout(Duration::from_secs(5), db::connect(&wrong)).await.unwrap();
    assert!(refused.unwrap_err().to_string().contains("Access denied"));
}
