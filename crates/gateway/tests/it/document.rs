//! The description of the API.

use std::path::Path;

use serde_json::Value;

use crate::site::Site;

#[test]
fn the_web_clients_copy_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web/openapi.json");
    let copy = std::fs::read_to_string(path).unwrap();
    assert!(
        copy == gateway::openapi::text(),
        "web/openapi.json is out of date: cargo run -p gateway -- openapi > web/openapi.json"
    );
}

#[test]
fn every_operation_is_named_described_and_says_how_it_fails() {
    let document: Value = serde_json::from_str(gateway::openapi::text()).unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    let mut names = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            names.push(operation["operationId"].as_str().unwrap().to_owned());
            assert!(operation["summary"].is_string(), "{method} {path}");
            if path.starts_with("/api/") {
                let problem = &operation["responses"]["401"]["content"]["application/problem+json"]["schema"];
                assert_eq!(problem["$ref"], "#/components/schemas/ProblemDocument", "{method} {path}");
            }
        }
    }
    let count = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), count, "an operation id stands twice");
}

#[test]
fn nothing_is_referred_to_that_is_not_there() {
    let document: Value = serde_json::from_str(gateway::openapi::text()).unwrap();
    let text = gateway::openapi::text();
    for (at, _) in text.match_indices("#/components/schemas/") {
        let name = text[at..].split('"').next().unwrap().rsplit('/').next().unwrap();
        assert!(document["components"]["schemas"][name].is_object(), "{name}");
    }
}

#[tokio::test]
async fn the_document_is_served() {
    let site = Site::start().await;
    let answer = site.browser().get("/api/v1/openapi.json").await;
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.text, gateway::openapi::text());
}
