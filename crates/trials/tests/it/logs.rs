//! What the logs of the four services say, and what they must not.

use std::time::Duration;

use common::{config, crypto::TokenCipher, db::tokens, ids::UserId};
use devstack::{Service, Stack, wait};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use trials::person::Person;

const MODERATOR: UserId = UserId(10_000_001);
const ROOM: &str = "10000001";
const SOON: Duration = Duration::from_secs(30);

async fn start(level: &str) -> Stack {
    let mut builder = Stack::builder().relaxed();
    for service in Service::ALL {
        builder = builder.env(service, "LOG_FORMAT", "json").env(service, "LOG_LEVEL", level);
    }
    builder.start().await.expect("a stack")
}

/// Asks for a capture and for what it shows; the capture.
async fn capture(person: &Person) -> String {
    let accepted =
        person.post("/api/v1/captures", &json!({ "channel_ids": [ROOM] })).await.expect("a promise");
    let id = accepted["jobs"][0]["capture_id"].as_str().expect("a capture").to_owned();
    let session = accepted["session"].as_str().expect("a session");
    let path = format!("/api/v1/captures/{id}");
    let complete = async || {
        let capture = person.get(&path).await.ok()?;
        (capture["status"] == "complete").then_some(())
    };
    wait::until("the capture", SOON, complete).await.expect("a capture that is complete");
    person.get(&format!("/api/v1/sessions/{session}/summary")).await.expect("a summary");
    id
}

/// The lines of a service's log that belong to a request.
fn of_request(stack: &Stack, service: Service, request: &str) -> Vec<Value> {
    let log = stack.service(service, 0).expect("a replica").process().log().expect("a log");
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.filter(|line| line["span"]["request_id"] == request).collect()
}

#[tokio::test]
async fn one_capture_can_be_followed_through_four_services_by_one_id() {
    let request = "followed-through-all-four";
    let stack = start("info").await;
    let person = Person::log_in(stack.public_url(), &MODERATOR.to_string()).await.expect("a login");
    let capture = capture(&person.followed_as(request)).await;
    for (service, message, field, wanted) in [
        (Service::Gateway, "captures.requested", "user_id", MODERATOR.to_string()),
        (Service::Worker, "capture.stored", "capture", capture),
        (Service::TwitchApi, "chatters.read", "channel", ROOM.to_owned()),
        (Service::Analysis, "answer.computed", "level", "INFO".to_owned()),
    ] {
        let told = async || {
            let lines = of_request(&stack, service, request);
            lines.into_iter().find(|line| line["message"] == message)
        };
        let line = wait::until(message, SOON, told).await.expect("a line with the request's id");
        assert_eq!(line[field], wanted, "{line}");
    }
}

#[tokio::test]
async fn no_log_contains_a_token_a_cookie_or_a_secret() {
    let stack = start("debug").await;
    let person = Person::log_in(stack.public_url(), &MODERATOR.to_string()).await.expect("a login");
    let before = tokens_of(&stack).await;
    // Refused at its next use, and so refreshed.
    let expire = format!("{}/sim/users/{MODERATOR}/expire_tokens", stack.simulator().expect("it runs").url());
    trials::http().expect("a client").post(expire).send().await.expect("an answer");
    capture(&person).await;
    let refreshed = async || Some(tokens_of(&stack).await).filter(|after| after[0] != before[0]);
    let after = wait::until("the refresh", SOON, refreshed).await.expect("a new token");
    let cookie = person.cookie_header();
    let value = cookie.split_once('=').map_or("", |(_, value)| value).to_owned();
    person.post("/auth/logout", &Value::Null).await.ok();

    let secrets: Vec<String> = before.into_iter().chain(after).chain([value]).collect();
    assert!(secrets.iter().all(|secret| secret.len() > 20), "secrets that could be anything");
    let secrets: Vec<&str> = secrets.iter().map(String::as_str).collect();
    assert_eq!(stack.leaks(&secrets), Vec::<String>::new());
}

/// The moderator's access and refresh token, decrypted.
async fn tokens_of(stack: &Stack) -> Vec<String> {
    let keys = stack.token_encryption_keys().to_owned();
    let cipher =
        config::load_from(move |_| Some(keys.clone()), TokenCipher::from_env).expect("the stack's keys");
    let pool = sqlx::MySqlPool::connect(&stack.database_url()).await.expect("the database");
    let stored = tokens::find(&pool, MODERATOR).await.expect("a query").expect("a token");
    let open = |bytes: &[u8]| {
        let opened = cipher.open(MODERATOR.0, &stored.key_id, bytes);
        opened.expect("a token of this key").expose_secret().to_owned()
    };
    [Some(&stored.access), stored.refresh.as_ref()].into_iter().flatten().map(|bytes| open(bytes)).collect()
}
