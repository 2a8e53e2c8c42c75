//! Migrating an empty, a half-migrated and a complete database, alone and at once.

use std::time::Duration;

use common::{config::DatabaseConfig, db};
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
    // As a crash in the middle of the last migration leaves it: some of its tables, and a row without success.
    let last: i64 =
        sqlx::query_scalar("SELECT MAX(version) FROM _sqlx_migrations").fetch_one(&pool).await.unwrap();
    pool.execute("DROP TABLE opt_outs").await.unwrap();
    sqlx::query("UPDATE _sqlx_migrations SET success = FALSE WHERE version = ?")
        .bind(last)
        .execute(&pool)
        .await
        .unwrap();
    pool.close().await;

    let pool = db::connect(&config(&database)).await.unwrap();
    assert_eq!(applied(&pool).await, complete);
    pool.execute("SELECT COUNT(*) FROM opt_outs").await.unwrap();
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
