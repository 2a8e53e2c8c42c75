//! Databases for tests, with private services and with shared ones.

use devstack::testing;
use sqlx::{Connection, Executor, MySqlConnection};

async fn names(admin_url: &str) -> Vec<String> {
    let mut connection = MySqlConnection::connect(admin_url).await.unwrap();
    let rows: Vec<(String,)> =
        sqlx::query_as("SELECT CAST(schema_name AS CHAR) FROM information_schema.schemata")
            .fetch_all(&mut connection)
            .await
            .unwrap();
    rows.into_iter().map(|(name,)| name).collect()
}

#[tokio::test]
async fn each_test_has_a_database_of_its_own_that_goes_with_it() {
    let first = testing::database().await.unwrap();
    let second = testing::database().await.unwrap();
    assert_eq!(first.admin_url(), second.admin_url());
    let name = first.url().rsplit('/').next().unwrap().to_owned();
    assert!(names(second.admin_url()).await.contains(&name));

    let mut connection = MySqlConnection::connect(first.url()).await.unwrap();
    connection.execute("CREATE TABLE t (n INT)").await.unwrap();
    // An open transaction must not keep the database.
    let transaction = connection.begin().await.unwrap();
    drop(transaction);
    drop(first);
    assert!(!names(second.admin_url()).await.contains(&name));
}

#[tokio::test]
async fn a_migrated_database_has_the_tables_and_can_be_migrated_again() {
    let database = testing::migrated_database().await.unwrap();
    let mut connection = MySqlConnection::connect(database.url()).await.unwrap();
    sqlx::query("SELECT id FROM jobs").fetch_optional(&mut connection).await.unwrap();
    testing::migrate(database.url()).await.unwrap();
}

#[tokio::test]
async fn each_test_has_a_redis_database_of_its_own() {
    let first = testing::redis().await.unwrap();
    let second = testing::redis().await.unwrap();
    assert_ne!(first.url(), second.url());
    let released = first.url().to_owned();
    drop(first);
    assert_eq!(testing::redis().await.unwrap().url(), released);
}
