//! Exports, as real readers see them (Python's `csv` and `json`, and `DuckDB`) and byte by byte.

use std::{path::Path, process::Stdio, time::Duration};

use serde_json::{Value, json};
use tokio::{io::AsyncWriteExt as _, process::Command, time::Instant};
use uuid::Uuid;

use crate::support::{World, time};

async fn story(world: &World) -> Uuid {
    let session = world.session().await;
    world.accounts(10).await;
    sqlx::query("UPDATE accounts SET display_name = '=HYPERLINK(\"x\"),1' WHERE id = 2")
        .execute(&world.pool)
        .await
        .unwrap();
    world.enrich(&[(1, "2020-05-01 10:00:00")]).await;
    world.capture(session, 9, "2026-11-01 19:00:00", &[2]).await;
    world.capture(session, 7, "2026-11-01 20:00:00", &[1, 2]).await;
    session
}

/// What Python makes of `input`, as JSON.
async fn python(program: &str, input: &[u8]) -> Value {
    run(Path::new("python3"), &[program], input).await
}

/// What `DuckDB` finds in the Parquet file `input`, which `sql` calls `file`.
async fn duckdb(sql: &str, input: &[u8]) -> Value {
    let itself = std::env::current_exe().unwrap();
    let target = itself.ancestors().find(|folder| folder.join("CACHEDIR.TAG").is_file()).unwrap();
    run(&target.join("clients/python/bin/python"), &[DUCKDB, sql], input).await
}

const DUCKDB: &str = r#"
import duckdb, json, sys, tempfile
with tempfile.NamedTemporaryFile(suffix=".parquet") as file:
    file.write(sys.stdin.buffer.read())
    file.flush()
    duckdb.sql(f"CREATE VIEW file AS FROM read_parquet('{file.name}')")
    print(json.dumps(duckdb.sql(sys.argv[1]).fetchall()))
"#;

/// What a program and its arguments make of `input`.
async fn run(python: &Path, program: &[&str], input: &[u8]) -> Value {
    let mut child = Command::new(python)
        .arg("-c")
        .args(program)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input).await.unwrap();
    drop(stdin);
    let output = child.wait_with_output().await.unwrap();
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}

#[tokio::test]
async fn csv_and_json_say_the_same() {
    let world = World::new().await;
    let session = story(&world).await;
    let path = |rest: &str| format!("/internal/v1/sessions/{session}/export?{rest}");
    let (headers, csv) = world.service.download(&path("format=csv&what=accounts")).await;
    assert_eq!(headers["content-disposition"], format!("attachment; filename=\"session_{session}.csv\""));
    let read = "import csv,io,json,sys\nrows=list(csv.DictReader(io.TextIOWrapper(sys.stdin.buffer,'utf-8',newline='')))\nprint(json.dumps(rows))";
    let rows = python(read, &csv).await;
    assert_eq!(rows.as_array().unwrap().len(), 2);
    assert_eq!(
        json!([rows[0]["twitch_user_id"], rows[0]["login"], rows[0]["created_at"], rows[0]["seen_count"]]),
        json!(["1001", "user1", "2020-05-01T10:00:00Z", "1"])
    );
    assert_eq!(rows[1]["display_name"], "'=HYPERLINK(\"x\"),1");
    assert_eq!(
        json!([rows[1]["seen_count"], rows[1]["first_seen"], rows[1]["last_seen"]]),
        json!(["2", "2026-11-01T19:00:00Z", "2026-11-01T20:00:00Z"])
    );

    let (_, json_body) = world.service.download(&path("format=json&what=accounts")).await;
    let parsed = python("import json,sys\nprint(json.dumps(json.load(sys.stdin)))", &json_body).await;
    assert_eq!(parsed[1]["display_name"], "=HYPERLINK(\"x\"),1");
    assert_eq!(
        json!([parsed[1]["twitch_user_id"], parsed[1]["created_at"], parsed[1]["seen_count"]]),
        json!(["1002", null, 2])
    );
    let (_, lines) = world.service.download(&path("format=ndjson&what=accounts")).await;
    let read = "import json,sys\nprint(json.dumps([json.loads(line) for line in sys.stdin]))";
    assert_eq!(python(read, &lines).await, parsed);

    let (_, presences) = world.service.download(&path("format=csv&what=presences")).await;
    let text = String::from_utf8(presences).unwrap();
    assert_eq!(text.lines().count(), 4);
    assert!(text.ends_with("2026-11-01T19:00:00Z,1002,user2\r\n"), "{text}");
}

#[tokio::test]
async fn parquet_has_all_rows_and_types() {
    use parquet::file::reader::{FileReader as _, SerializedFileReader};
    let world = World::new().await;
    let session = story(&world).await;
    for (what, count) in [("accounts", 2), ("presences", 3)] {
        let path = format!("/internal/v1/sessions/{session}/export?format=parquet&what={what}");
        let (_, body) = world.service.download(&path).await;
        let reader = SerializedFileReader::new(bytes::Bytes::from(body)).unwrap();
        assert_eq!(reader.metadata().file_metadata().num_rows(), count);
        let logins: Vec<String> =
            reader.get_row_iter(None).unwrap().map(|row| row.unwrap().to_json_value_of("login")).collect();
        assert!(logins.contains(&"user1".to_owned()), "{logins:?}");
    }
}

#[tokio::test]
#[ignore = "needs the packages of scripts/setup --tests; run by scripts/test clients"]
async fn duckdb_reads_both_parquet_files() {
    const COLUMNS: &str = "SELECT column_name, column_type FROM (DESCRIBE file)";
    let world = World::new().await;
    let session = story(&world).await;
    sqlx::query("UPDATE accounts SET default_picture = TRUE, has_description = FALSE WHERE id = 1")
        .execute(&world.pool)
        .await
        .unwrap();
    let captures: Vec<u64> = sqlx::query_scalar("SELECT id FROM captures ORDER BY channel_id")
        .fetch_all(&world.pool)
        .await
        .unwrap();
    let path = |what: &str| format!("/internal/v1/sessions/{session}/export?format=parquet&what={what}");
    let micros = |text: &str| time(text).timestamp_micros();
    let (created, early, late) =
        (micros("2020-05-01 10:00:00"), micros("2026-11-01 19:00:00"), micros("2026-11-01 20:00:00"));

    let (_, accounts) = world.service.download(&path("accounts")).await;
    assert_eq!(
        duckdb(COLUMNS, &accounts).await,
        json!([
            ["twitch_user_id", "UBIGINT"],
            ["login", "VARCHAR"],
            ["display_name", "VARCHAR"],
            ["created_at", "TIMESTAMP WITH TIME ZONE"],
            ["seen_count", "UBIGINT"],
            ["first_seen", "TIMESTAMP WITH TIME ZONE"],
            ["last_seen", "TIMESTAMP WITH TIME ZONE"],
            ["broadcaster_type", "VARCHAR"],
            ["default_picture", "BOOLEAN"],
            ["has_description", "BOOLEAN"],
            ["gone", "BOOLEAN"],
        ])
    );
    let rows = "SELECT * REPLACE (epoch_us(created_at) AS created_at, epoch_us(first_seen) AS first_seen,
                                  epoch_us(last_seen) AS last_seen) FROM file";
    assert_eq!(
        duckdb(rows, &accounts).await,
        json!([
            [1001, "user1", "User1", created, 1, late, late, "", true, false, false],
            [1002, "user2", "=HYPERLINK(\"x\"),1", null, 2, early, late, "", null, null, false],
        ])
    );

    let (_, presences) = world.service.download(&path("presences")).await;
    assert_eq!(
        duckdb(COLUMNS, &presences).await,
        json!([
            ["channel_id", "UBIGINT"],
            ["capture_id", "UBIGINT"],
            ["captured_at", "TIMESTAMP WITH TIME ZONE"],
            ["twitch_user_id", "UBIGINT"],
            ["login", "VARCHAR"],
        ])
    );
    assert_eq!(
        duckdb("SELECT * REPLACE (epoch_us(captured_at) AS captured_at) FROM file", &presences).await,
        json!([
            [7, captures[0], late, 1001, "user1"],
            [7, captures[0], late, 1002, "user2"],
            [9, captures[1], early, 1002, "user2"],
        ])
    );
}

#[tokio::test]
#[ignore = "needs the packages of scripts/setup --tests; run by scripts/test clients"]
async fn duckdb_reads_a_parquet_file_of_several_groups() {
    let world = World::new().await;
    let session = world.session().await;
    world.accounts(5_000).await;
    let everybody: Vec<u32> = (1..=5_000).collect();
    for minute in 0..30 {
        world.capture(session, 7, &format!("2026-11-01 20:{minute:02}:00"), &everybody).await;
    }
    let path = format!("/internal/v1/sessions/{session}/export?format=parquet&what=presences");
    let (_, presences) = world.service.download(&path).await;
    let count =
        "SELECT count(*), count(DISTINCT captured_at), count(DISTINCT login), sum(twitch_user_id)::UBIGINT,
                        count(*) FILTER (login <> 'user' || (twitch_user_id - 1000)) FROM file";
    let ids: u64 = (1_001..=6_000).sum();
    assert_eq!(duckdb(count, &presences).await, json!([[150_000, 30, 5_000, 30 * ids, 0]]));
}

#[tokio::test]
async fn too_many_accounts_are_refused_before_the_file_begins() {
    let world = World::new().await;
    let session = world.session().await;
    let crowd: Vec<u32> = (1..=2_000_001).collect();
    world.capture(session, 7, "2026-11-01 20:00:00", &crowd).await;
    for what in ["accounts", "presences"] {
        let path = format!("/internal/v1/sessions/{session}/export?format=parquet&what={what}");
        assert_eq!(world.service.get(&path).await.problem(), (422, "export_too_large"), "{what}");
    }
}

#[tokio::test]
async fn captures_that_cannot_be_read_are_refused_before_the_file_begins() {
    let world = World::new().await;
    let session = world.session().await;
    let capture = world.capture(session, 7, "2026-11-01 20:00:00", &[1, 2]).await;
    sqlx::query("UPDATE captures SET chatters_count = 3 WHERE id = ?")
        .bind(capture)
        .execute(&world.pool)
        .await
        .unwrap();
    for what in ["accounts", "presences"] {
        let path = format!("/internal/v1/sessions/{session}/export?format=csv&what={what}");
        assert_eq!(world.service.get(&path).await.problem(), (503, "captures_unsettled"), "{what}");
    }
}

#[tokio::test]
async fn an_empty_session_exports_an_empty_table() {
    let world = World::new().await;
    let session = world.session().await;
    for (format, expected) in [("json", "[]\n"), ("ndjson", "")] {
        let (_, body) =
            world.service.download(&format!("/internal/v1/sessions/{session}/export?format={format}")).await;
        assert_eq!(String::from_utf8(body).unwrap(), expected);
    }
    let bad = world.service.get(&format!("/internal/v1/sessions/{session}/export?format=xlsx")).await;
    assert_eq!(bad.problem(), (400, "format_invalid"));
}

#[tokio::test]
async fn a_cut_connection_leaves_nothing_running() {
    let world = World::new().await;
    let session = world.session().await;
    world.accounts(5_000).await;
    let everybody: Vec<u32> = (1..=5_000).collect();
    for minute in 0..40 {
        world.capture(session, 7, &format!("2026-11-01 20:{minute:02}:00"), &everybody).await;
    }
    let path = format!("/internal/v1/sessions/{session}/export?format=ndjson&what=presences");
    // More than are allowed at once, each cut off after its head.
    for _ in 0..20 {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let status = world.service.cut_off(&path).await;
            if status == 200 {
                break;
            }
            assert_eq!(status, 503, "an export was refused for another reason than that many are made");
            assert!(Instant::now() < deadline, "exports that nobody reads still run");
        }
    }
}

#[tokio::test]
async fn a_cut_before_the_first_piece_leaves_nothing_running() {
    let world = World::new().await;
    let session = story(&world).await;
    let nothing = format!("/internal/v1/sessions/{}/export", world.session().await);
    for what in ["accounts", "presences"] {
        let path = format!("/internal/v1/sessions/{session}/export?format=parquet&what={what}");
        // As long as this is held, no export learns what anybody is called.
        let mut lock = world.pool.acquire().await.unwrap().detach();
        sqlx::raw_sql("LOCK TABLES accounts WRITE").execute(&mut lock).await.unwrap();
        // As many as there are turns.
        let mut exports = Box::pin(futures_util::future::join_all((0..8).map(|_| begin(&world, &path))));
        tokio::select! {
            _ = &mut exports => panic!("an export did not wait for names"),
            () = answers(&world, &nothing, 503) => {}
        }
        drop(exports);
        answers(&world, &nothing, 200).await;
        sqlx::raw_sql("UNLOCK TABLES").execute(&mut lock).await.unwrap();
    }
}

/// Asks for a file until it is made, and waits for its first piece.
async fn begin(world: &World, path: &str) {
    while world.service.cut_off(path).await == 503 {}
}

/// Asks until the answer has this status.
async fn answers(world: &World, path: &str, status: u16) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while world.service.get(path).await.status != status {
        assert!(Instant::now() < deadline, "no {status} after ten seconds");
    }
}

trait LoginOf {
    fn to_json_value_of(&self, column: &str) -> String;
}

impl LoginOf for parquet::record::Row {
    fn to_json_value_of(&self, column: &str) -> String {
        let found = self.get_column_iter().find(|(name, _)| *name == column);
        found.map(|(_, value)| value.to_string().trim_matches('"').to_owned()).unwrap()
    }
}
