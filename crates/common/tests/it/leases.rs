//! Leadership by a row.

use std::time::Duration;

use common::{config::DatabaseConfig, db};

#[tokio::test]
async fn a_lease_is_held_by_one_until_it_ends() {
    let database = devstack::testing::database().await.unwrap();
    let config =
        DatabaseConfig { url: database.url().into(), max_connections: 2, wait: Duration::from_secs(5) };
    let pool = db::connect(&config).await.unwrap();
    let take = |holder, duration| db::leases::take(&pool, "x", holder, duration);

    assert!(take(1, Duration::from_mins(1)).await.unwrap());
    assert!(!take(2, Duration::from_mins(1)).await.unwrap());
    assert!(take(1, Duration::ZERO).await.unwrap(), "its holder may extend or end it");
    assert!(take(2, Duration::from_mins(1)).await.unwrap(), "an ended lease is free");
    assert!(!take(1, Duration::from_mins(1)).await.unwrap());
    let epoch: u64 = sqlx::query_scalar("SELECT epoch FROM leases").fetch_one(&pool).await.unwrap();
    assert_eq!(epoch, 2);
}
