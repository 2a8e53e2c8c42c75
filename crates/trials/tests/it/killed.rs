//! Programs that end in the middle, or at once.

use std::{process::Stdio, time::Duration};

use devstack::{Service, Stack};
use reqwest::Method;
use serde_json::json;
use tokio::process::Command;
use trials::{person::Person, sim::Sim, stage::Stage};

const LIMIT: Duration = Duration::from_mins(1);

/// A worker that is killed while it reads a room's pages: another one makes the capture, once.
#[tokio::test]
async fn a_capture_whose_worker_is_killed_is_made_by_another_once() {
    let builder = trials::stage::for_trials(Stack::builder().relaxed().replicas(Service::Worker, 2));
    let stage = Stage::of(builder.start().await.expect("a stack")).await.expect("its stores");
    let sim = Sim::of(&stage.stack).expect("a simulator");
    let moderator = sim.people(1).await.expect("somebody")[0];
    let room = json!({ "channels": 1, "chatters": 2_500, "moderator": moderator });
    let room = sim.rooms(&room).await.expect("a room")[0].to_string();
    let person = Person::log_in(stage.stack.public_url(), &moderator.to_string()).await.expect("a login");
    person.get("/api/v1/channels").await.expect("channels");

    let [first, second] = stage.workers()[..] else { panic!("two workers") };
    second.kill9();
    // Each page takes longer than it takes to see that the first is being read.
    let slow = json!({ "endpoint": "GET /chat/chatters", "kind": "slow", "probability": 1, "seconds": 5 });
    sim.ask(Method::POST, "faults", &slow).await.expect("a fault");
    person.post("/api/v1/captures", &json!({ "channel_ids": [room] })).await.expect("a promise");
    let running = "SELECT COUNT(*) FROM jobs WHERE kind = 'capture_chatters' AND state = 'running'";
    stage.until("the job to run", running, 1, LIMIT).await.expect("a run");
    first.kill9();
    sim.ask(Method::DELETE, "faults", &json!(null)).await.expect("no faults");
    second.start().await.expect("another worker");

    stage.captures_ended(LIMIT).await.expect("a capture");
    for (what, query, wanted) in [
        ("captures", "SELECT COUNT(*) FROM captures WHERE status = 'complete' AND chatters_count = 2500", 1),
        ("all captures", "SELECT COUNT(*) FROM captures", 1),
        ("parts of rosters", "SELECT COUNT(*) = (SELECT roster_parts FROM captures) FROM rosters", 1),
        ("runs", "SELECT CAST(attempt AS SIGNED) FROM jobs WHERE kind = 'capture_chatters'", 2),
    ] {
        assert_eq!(stage.number(query).await.expect("a number"), wanted, "{what}");
    }
}

/// Without any variable each service says at once, and together, what it needs.
#[tokio::test]
async fn a_service_without_variables_names_them_and_exits() {
    let binaries = devstack::binaries().expect("our programs");
    for (service, needed) in [
        (
            "gateway",
            &["DATABASE_URL", "REDIS_URL", "INTERNAL_API_TOKEN", "SESSION_SECRET", "ANALYSIS_URL"][..],
        ),
        ("twitch-api", &["DATABASE_URL", "REDIS_URL", "INTERNAL_API_TOKEN", "TWITCH_CLIENT_ID"]),
        ("worker", &["DATABASE_URL", "REDIS_URL", "INTERNAL_API_TOKEN", "TWITCH_API_URL"]),
        ("analysis", &["DATABASE_URL", "REDIS_URL", "INTERNAL_API_TOKEN"]),
    ] {
        let mut command = Command::new(binaries.get(service).expect("a program"));
        let started = command.env_clear().current_dir("/").stdin(Stdio::null()).kill_on_drop(true).output();
        let ended =
            tokio::time::timeout(Duration::from_secs(10), started).await.expect("an end").expect("a run");
        assert!(!ended.status.success(), "{service}");
        let said = String::from_utf8_lossy(&ended.stderr) + String::from_utf8_lossy(&ended.stdout);
        for name in needed {
            assert!(said.contains(name), "{service} does not name {name}: {said}");
        }
    }
}
