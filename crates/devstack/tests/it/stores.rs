//! `MariaDB` and Redis: started, killed and started again.

use std::time::Instant;

use devstack::{Error, Stack, wait};
use sqlx::{Connection, Executor, MySqlConnection};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{Folder, SOON, runs};

async fn redis(address: std::net::SocketAddr, command: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(format!("{command}\r\n").as_bytes()).await.unwrap();
    let mut answer = [0; 256];
    let length = stream.read(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer[..length]).into_owned()
}

#[tokio::test]
async fn an_acknowledged_commit_survives_kill_9() {
    let before = Instant::now();
    let stack = Stack::builder().only_stores().start().await.unwrap();
    println!("started in {} ms", before.elapsed().as_millis());
    let mut connection = MySqlConnection::connect(&stack.database_url()).await.unwrap();
    connection.execute("CREATE TABLE t (n INT) ENGINE=InnoDB").await.unwrap();
    connection.execute("INSERT INTO t VALUES (42)").await.unwrap();

    let before = Instant::now();
    stack.mariadb().kill9();
    assert!(connection.execute("SELECT 1").await.is_err());
    stack.mariadb().start().await.unwrap();
    println!("killed and started again in {} ms", before.elapsed().as_millis());

    let mut connection = MySqlConnection::connect(&stack.database_url()).await.unwrap();
    let (n,): (i32,) = sqlx::query_as("SELECT n FROM t").fetch_one(&mut connection).await.unwrap();
    assert_eq!(n, 42);
}

#[tokio::test]
async fn the_services_user_owns_one_database_and_nothing_else() {
    let stack = Stack::builder().only_stores().without_redis().relaxed().start().await.unwrap();
    let mut connection = MySqlConnection::connect(&stack.database_url()).await.unwrap();
    assert!(connection.execute("CREATE DATABASE another").await.is_err());
    let mut admin = MySqlConnection::connect(&stack.database_admin_url()).await.unwrap();
    admin.execute("CREATE DATABASE another").await.unwrap();
    assert!(matches!(stack.redis(), Err(Error::NoSuchPart(_))));
}

#[tokio::test]
async fn redis_never_evicts_and_comes_back_with_its_data() {
    let stack = Stack::builder().only_stores().relaxed().start().await.unwrap();
    let server = stack.redis().unwrap();
    let policy = redis(server.address(), "CONFIG GET maxmemory-policy").await;
    assert!(policy.contains("noeviction"), "{policy}");

    assert_eq!(redis(server.address(), "SET k v").await, "+OK\r\n");
    server.term(SOON).await.unwrap();
    server.start().await.unwrap();
    assert_eq!(redis(server.address(), "GET k").await, "$1\r\nv\r\n");
    server.restart().await.unwrap();
    assert_eq!(redis(server.address(), "GET k").await, "$1\r\nv\r\n");
}

#[tokio::test]
async fn a_frozen_server_is_not_ready_until_it_goes_on() {
    let stack = Stack::builder().only_stores().relaxed().start().await.unwrap();
    let server = stack.redis().unwrap();
    server.stop();
    assert!(!server.is_ready().await);
    assert!(server.pid().is_some());
    server.cont();
    wait::until("Redis answers", SOON, || async { server.is_ready().await.then_some(()) }).await.unwrap();
}

#[tokio::test]
async fn dropping_a_stack_leaves_no_process() {
    let stack = Stack::builder().only_stores().relaxed().start().await.unwrap();
    let pids: Vec<_> = stack.servers().filter_map(devstack::Server::pid).collect();
    assert_eq!(pids.len(), 2);
    // Frozen processes must go too.
    stack.mariadb().stop();
    drop(stack);
    assert!(!pids.into_iter().any(runs));
}

#[tokio::test]
async fn kept_data_is_there_at_the_next_start() {
    let folder = Folder::new();
    let start = || Stack::builder().only_stores().data_dir(folder.0.join("data")).start();
    let first = start().await.unwrap();
    let mut connection = MySqlConnection::connect(&first.database_url()).await.unwrap();
    connection.execute("CREATE TABLE t (n INT)").await.unwrap();
    assert!(matches!(start().await, Err(Error::FolderInUse(_))));
    first.shut_down(SOON).await;

    let second = start().await.unwrap();
    let mut connection = MySqlConnection::connect(&second.database_url()).await.unwrap();
    connection.execute("INSERT INTO t VALUES (1)").await.unwrap();
}

#[tokio::test]
async fn two_stacks_run_side_by_side() {
    let start = || Stack::builder().only_stores().relaxed().start();
    let (a, b) = tokio::join!(start(), start());
    let (a, b) = (a.unwrap(), b.unwrap());
    assert_ne!(a.mariadb().address(), b.mariadb().address());
    assert!(a.mariadb().is_ready().await && b.mariadb().is_ready().await);
}
