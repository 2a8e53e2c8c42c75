//! Exports, as real readers see them (Python's `csv` and `json`) and byte by byte.

use std::process::Stdio;

use serde_json::{Value, json};
use tokio::{io::AsyncWriteExt as _, process::Command};
use uuid::Uuid;

use crate::support::World;

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
    let mut child = Command::new("python3")
        .args(["-c", program])
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
    let (_, lines) = world.service.download(&path("format=ndjson&what=accounts")).await;
    let lines: Vec<Value> = lines
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect();
    assert_eq!(Value::from(lines), parsed);

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
        let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(20);
        loop {
            let status = world.service.cut_off(&path).await;
            if status == 200 {
                break;
            }
            assert_eq!(status, 503, "an export was refused for another reason than that many are made");
            assert!(tokio::time::Instant::now() < deadline, "exports that nobody reads still run");
        }
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
