//! The world as the control API moves it.

use std::collections::HashSet;

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::*;

#[tokio::test]
async fn a_raid_moves_people() {
    let sim = Sim::start().await;
    let (from, to) = (HARBOR_LIGHT, PETIT_PIXEL);
    let before: HashSet<String> = sim.truth(from).await.into_iter().collect();
    let raid = json!({ "from": from, "to": to, "viewers": 300, "announced": 310 });
    let raid = sim.control(Method::POST, "/raids", raid).await;
    assert_eq!((&raid["moved"], &raid["announced"]), (&json!(300), &json!(310)));
    sim.advance(120.0).await;
    let left: HashSet<String> = sim.truth(from).await.into_iter().collect();
    let arrived: HashSet<String> = sim.truth(to).await.into_iter().collect();
    let moved = arrived.intersection(&before).count();
    assert!((200..=310).contains(&moved), "{moved}");
    assert!(before.difference(&left).count() >= 290);
    // The past is as it was.
    let past =
        sim.control(Method::GET, &format!("/channels/{from}/truth?t=1796126400000"), Value::Null).await;
    let past: HashSet<String> = past["ids"].as_array().unwrap().iter().map(text).collect();
    assert!(past.len() < before.len(), "the raid itself is part of that instant");
    assert_eq!(sim.control(Method::GET, "/raids", Value::Null).await["raids"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn operators_look_as_described() {
    let sim = Sim::start().await;
    let app = sim.app().await;
    for kind in ["B1", "B2", "B3", "B4", "B5", "B6", "B7", "giveaway"] {
        let path = format!("/channels/{PETIT_PIXEL}/operators");
        let order = json!({ "kind": kind, "size": 60, "waves": 2, "minutes": 60 });
        let started = sim.control(Method::POST, &path, order).await;
        let accounts: Vec<String> = started["account_ids"].as_array().unwrap().iter().map(text).collect();
        assert_eq!(accounts.len(), 60);
        let query: Vec<String> = accounts.iter().map(|id| format!("id={id}")).collect();
        let (_, users) = sim.get(&app, &format!("/users?{}", query.join("&"))).await;
        let users = users["data"].as_array().unwrap();
        assert_eq!(users.len(), 60, "{kind}");
        let bare =
            users.iter().filter(|user| text(&user["profile_image_url"]).contains("user-default")).count();
        assert_eq!(bare > 45, !["B5", "giveaway"].contains(&kind), "{kind}: {bare}");
        let days: HashSet<String> =
            users.iter().map(|user| text(&user["created_at"])[..10].to_owned()).collect();
        match kind {
            "B1" | "giveaway" => assert_eq!(days.len(), 1),
            "B6" => assert!(days.len() <= 2),
            "B4" => assert!(days.len() <= 8),
            "B3" => assert!(days.len() <= 11),
            _ => assert!(days.len() > 30, "{kind}"),
        }
    }
    let all = sim.control(Method::GET, "/operators", Value::Null).await;
    let operators = all["operators"].as_array().unwrap();
    assert_eq!(operators.len(), 8);
    let b1: HashSet<String> = operators[0]["account_ids"].as_array().unwrap().iter().map(text).collect();
    sim.advance(60.0).await;
    let here: HashSet<String> = sim.truth(PETIT_PIXEL).await.into_iter().collect();
    assert!(b1.is_subset(&here), "lockstep: all arrived");
    sim.advance(3_700.0).await;
    let here: HashSet<String> = sim.truth(PETIT_PIXEL).await.into_iter().collect();
    assert!(b1.is_disjoint(&here), "lockstep: all left");
}

#[tokio::test]
async fn a_hiccup_a_rename_and_a_suspension() {
    let sim = Sim::start().await;
    let lea = sim.log_in(LEA, READ_CHATTERS).await;
    let before = sim.truth(HARBOR_LIGHT).await;
    let victim = before[5].clone();
    sim.control(Method::POST, &format!("/users/{victim}/rename"), json!({ "login": "brand_new_name" })).await;
    let (_, user) = sim.get(&lea, &format!("/users?id={victim}")).await;
    assert_eq!(user["data"][0]["login"], "brand_new_name");
    let mut rows = Vec::new();
    let mut after = String::new();
    loop {
        let (_, page) = sim.chatters(&lea, HARBOR_LIGHT, &format!("&first=1000{after}")).await;
        rows.extend(page["data"].as_array().unwrap().clone());
        let Some(next) = cursor(&page) else { break };
        after = format!("&after={next}");
    }
    let row = rows.iter().find(|row| row["user_id"] == victim).unwrap();
    assert_eq!((&row["user_login"], &row["user_name"]), (&json!("brand_new_name"), &json!("brand_new_name")));

    let suspend = format!("/users/{victim}/suspend");
    sim.control(Method::POST, &suspend, json!({ "suspended": true })).await;
    assert!(!sim.truth(HARBOR_LIGHT).await.contains(&victim));
    assert_eq!(sim.get(&lea, &format!("/users?id={victim}")).await.1["data"], json!([]));
    sim.control(Method::POST, &suspend, json!({ "suspended": false })).await;
    assert_eq!(sim.truth(HARBOR_LIGHT).await, before);

    let left =
        sim.control(Method::POST, &format!("/channels/{HARBOR_LIGHT}/hiccup"), json!({ "share": 0.6 })).await;
    let after = sim.truth(HARBOR_LIGHT).await.len();
    assert_eq!(after, before.len() - usize::try_from(left["left"].as_u64().unwrap()).unwrap());
    let per_cent = after * 100 / before.len();
    assert!((35..45).contains(&per_cent), "{per_cent} % stayed");
}

#[tokio::test]
async fn synthetic_channels_hold_what_was_asked() {
    let sim = Sim::start().await;
    let lea = sim.log_in(LEA, READ_CHATTERS).await;
    let order = json!({ "channels": 3, "chatters": 1_500, "moderator": 10_000_001 });
    let made = sim.control(Method::POST, "/channels", order).await;
    for channel in made["channel_ids"].as_array().unwrap() {
        let (status, page) = sim.chatters(&lea, channel.as_str().unwrap(), "&first=1000").await;
        assert_eq!((status, &page["total"]), (200, &json!(1_500)));
    }
    let some = text(&made["channel_ids"][0]);
    let truth = sim.truth(&some).await;
    assert_eq!(truth.len(), 1_500);
    let (_, user) = sim.get(&lea, &format!("/users?id={}&id={some}", truth[0])).await;
    assert_eq!(user["data"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn the_clock_obeys() {
    let sim = Sim::start().await;
    let clock = sim.control(Method::GET, "/clock", Value::Null).await;
    assert_eq!((&clock["mode"], &clock["now_ms"]), (&json!("stepped"), &json!(1_796_126_400_000_i64)));
    let set = json!({ "now": "2027-01-01T00:00:00Z", "advance_seconds": 90.5 });
    let clock = sim.control(Method::PUT, "/clock", set).await;
    assert_eq!(clock["now"], "2027-01-01T00:01:30.500000000Z");
    let clock = sim.control(Method::PUT, "/clock", json!({ "rate": 60.0 })).await;
    assert_eq!(clock["mode"], "rate");
    let early = sim.request(Method::PUT, "/sim/clock").json(&json!({ "now": "2020-01-01T00:00:00Z" }));
    assert_eq!(answer(early).await.0, 422);
}

#[tokio::test]
async fn losing_the_role_is_a_403() {
    let sim = Sim::start().await;
    let lea = sim.log_in(LEA, READ_CHATTERS).await;
    let path = format!("/channels/{HARBOR_LIGHT}/moderators/{LEA}");
    sim.control(Method::DELETE, &path, json!({})).await;
    assert_eq!(sim.chatters(&lea, HARBOR_LIGHT, "").await.0, 403);
    sim.control(Method::PUT, &path, json!({})).await;
    assert_eq!(sim.chatters(&lea, HARBOR_LIGHT, "").await.0, 200);
}
