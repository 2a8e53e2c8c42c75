//! Chatters, users, moderated channels, streams.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::*;

#[tokio::test]
async fn all_pages_of_a_room_are_the_truth_of_one_moment() {
    let sim = Sim::start().await;
    let lea = sim.log_in(LEA, READ_CHATTERS).await;
    let truth = sim.truth(HARBOR_LIGHT).await;
    let mut found = Vec::new();
    let mut after = String::new();
    let mut pages = 0;
    loop {
        let (status, page) = sim.chatters(&lea, HARBOR_LIGHT, &format!("&first=1000{after}")).await;
        assert_eq!(status, 200);
        assert_eq!(page["total"], truth.len());
        found.extend(ids(&page));
        pages += 1;
        // People come and go meanwhile, but the walk shows one moment.
        sim.advance(30.0).await;
        let Some(next) = cursor(&page) else { break };
        after = format!("&after={next}");
    }
    assert_eq!(pages, truth.len().div_ceil(1_000));
    assert_eq!(sorted(found), truth);
    assert_ne!(sim.truth(HARBOR_LIGHT).await, truth);
}

#[tokio::test]
async fn pages_move_when_they_are_not_pinned_and_lists_may_lag() {
    let sim = Sim::start().await;
    let lea = sim.log_in(LEA, READ_CHATTERS).await;
    let before = sim.truth(HARBOR_LIGHT).await;
    sim.control(Method::PUT, "/settings", json!({ "pin_pages": false })).await;
    let (_, first) = sim.chatters(&lea, HARBOR_LIGHT, "&first=1000").await;
    sim.advance(600.0).await;
    let (_, second) =
        sim.chatters(&lea, HARBOR_LIGHT, &format!("&first=1000&after={}", cursor(&first).unwrap())).await;
    assert_eq!(second["total"], sim.truth(HARBOR_LIGHT).await.len());
    sim.control(Method::PUT, "/settings", json!({ "chatters_lag_seconds": 600 })).await;
    let (_, lagging) = sim.chatters(&lea, HARBOR_LIGHT, "").await;
    assert_eq!(lagging["total"], before.len());
}

#[tokio::test]
async fn chatters_are_checked_in_order() {
    let sim = Sim::start().await;
    let lea = sim.log_in(LEA, READ_CHATTERS).await;
    let blind = sim.log_in(LEA, "").await;
    let app = sim.app().await;
    let get = async |login: &Login, query: &str| {
        let (status, body) = sim.get(login, &format!("/chat/chatters?{query}")).await;
        assert_eq!(body["status"], status);
        (status, text(&body["error"]), text(&body["message"]))
    };
    let owned = |status, error: &str, message: &str| (status, error.to_owned(), message.to_owned());
    let both = format!("broadcaster_id={HARBOR_LIGHT}&moderator_id={LEA}");
    assert_eq!(
        get(&lea, &format!("moderator_id={LEA}")).await,
        owned(400, "Bad Request", "Missing required parameter \"broadcaster_id\"")
    );
    assert_eq!(
        get(&lea, &format!("broadcaster_id=x&moderator_id={LEA}")).await.2,
        "The parameter \"broadcaster_id\" was malformed: value must be a numeric"
    );
    assert_eq!(get(&lea, &format!("broadcaster_id={HARBOR_LIGHT}&moderator_id={NEW_FACE}")).await.0, 401);
    assert_eq!(
        get(&blind, &both).await,
        owned(401, "Unauthorized", "Missing scope: moderator:read:chatters")
    );
    assert_eq!(get(&app, &both).await.0, 401);
    let (status, error, message) = get(&lea, &format!("broadcaster_id={NEW_FACE}&moderator_id={LEA}")).await;
    assert_eq!((status, error.as_str()), (403, "Forbidden"));
    assert!(message.contains("does not have moderator permissions"));
    assert!(get(&lea, &format!("{both}&first=1001")).await.2.contains("less than or equal to 1000"));
    assert_eq!(get(&lea, &format!("{both}&after=xyz")).await, owned(400, "Bad Request", "Invalid cursor."));
    // The broadcaster is a moderator of the own channel.
    assert_eq!(
        sim.get(&lea, &format!("/chat/chatters?broadcaster_id={LEA}&moderator_id={LEA}")).await.0,
        200
    );
}

#[tokio::test]
async fn tokens_and_clients_must_fit() {
    let sim = Sim::start().await;
    let lea = sim.log_in(LEA, READ_CHATTERS).await;
    let (status, body) = answer(sim.request(Method::GET, "/helix/users")).await;
    assert_eq!((status, &body["message"]), (401, &json!("OAuth token is missing")));
    let wrong = Login { access: "nope".to_owned(), ..lea.clone() };
    assert_eq!(sim.get(&wrong, "/users").await.1["message"], "Invalid OAuth token");
    let request =
        sim.request(Method::GET, "/mock/users").bearer_auth(&lea.access).header("Client-Id", "other");
    assert_eq!(answer(request).await.1["message"], "Client ID and OAuth token do not match");
    let fine = sim.request(Method::GET, "/mock/users").bearer_auth(&lea.access).header("Client-Id", CLIENT);
    assert_eq!(answer(fine).await.0, 200);
}

#[tokio::test]
async fn users_by_id_login_and_token() {
    let sim = Sim::start().await;
    let app = sim.app().await;
    let lea = sim.log_in(LEA, "user:read:email").await;
    let truth = sim.truth(PETIT_PIXEL).await;
    let query: Vec<String> = truth.iter().map(|id| format!("id={id}")).collect();
    let (status, body) = sim.get(&app, &format!("/users?{}&login=harborlight", query.join("&"))).await;
    assert_eq!(status, 200);
    let found: Vec<String> = body["data"].as_array().unwrap().iter().map(|row| text(&row["id"])).collect();
    assert_eq!(sorted(found.clone()), sorted([truth, vec![HARBOR_LIGHT.to_owned()]].concat()));
    assert!(body["data"][0].get("email").is_none());

    // A chatter's login leads to the same account.
    let row = body["data"].as_array().unwrap().iter().find(|row| row["id"] != HARBOR_LIGHT).unwrap().clone();
    let (_, by_login) = sim.get(&app, &format!("/users?login={}", text(&row["login"]).to_uppercase())).await;
    assert_eq!(by_login["data"][0], row);

    let (_, me) = sim.get(&lea, "/users").await;
    assert_eq!(
        (&me["data"][0]["id"], &me["data"][0]["email"]),
        (&json!(LEA), &json!("lea_modere@example.com"))
    );
    assert_eq!(sim.get(&app, "/users").await.1["message"], "Must provide an ID, Login or OAuth Token");
    assert_eq!(sim.get(&app, "/users?id=7").await.1["data"], json!([]), "unknown users are absent");
    for bad in ["id=10000001&id=", "id=abc", "id=1,2", "login="] {
        let (status, body) = sim.get(&app, &format!("/users?{bad}")).await;
        assert_eq!(status, 400, "{bad}");
        assert!(text(&body["message"]).contains("Bad Identifiers"));
    }
    let many = vec!["id=10000001"; 101].join("&");
    assert_eq!(sim.get(&app, &format!("/users?{many}")).await.0, 400);
}

#[tokio::test]
async fn moderated_channels_page_by_page() {
    let sim = Sim::start().await;
    let lea = sim.log_in(LEA, "user:read:moderated_channels").await;
    let mut all = Vec::new();
    let mut after = String::new();
    loop {
        let (status, page) =
            sim.get(&lea, &format!("/moderation/channels?user_id={LEA}&first=4{after}")).await;
        assert_eq!(status, 200);
        all.extend(page["data"].as_array().unwrap().iter().map(|row| text(&row["broadcaster_id"])));
        let Some(next) = cursor(&page) else { break };
        after = format!("&after={next}");
    }
    assert_eq!(sorted(all), ["10000002", "10000003", "10000004", "10000005", "10000006", "10000007"]);
    assert_eq!(sim.get(&lea, &format!("/moderation/channels?user_id={NEW_FACE}")).await.0, 401);
    let nobody = sim.log_in(NEW_FACE, "user:read:moderated_channels").await;
    let (_, none) = sim.get(&nobody, &format!("/moderation/channels?user_id={NEW_FACE}")).await;
    assert_eq!(none, json!({ "data": [], "pagination": {} }));
}

#[tokio::test]
async fn streams_come_and_go() {
    let sim = Sim::start().await;
    let app = sim.app().await;
    let live = async || -> Value {
        sim.get(&app, &format!("/streams?user_id={NEW_FACE}&user_id=7")).await.1["data"].clone()
    };
    assert_eq!(live().await, json!([]), "offline is absent");
    let started = sim.control(Method::POST, &format!("/channels/{NEW_FACE}/live"), json!({})).await;
    assert_eq!(live().await[0]["id"], started["stream_id"]);
    assert_eq!(live().await[0]["type"], "live");
    sim.control(Method::POST, &format!("/channels/{NEW_FACE}/offline"), json!({})).await;
    assert_eq!(live().await, json!([]));
    let (_, all) = sim.get(&app, "/streams").await;
    let viewers: Vec<i64> =
        all["data"].as_array().unwrap().iter().map(|row| row["viewer_count"].as_i64().unwrap()).collect();
    assert!(viewers.len() >= 3 && viewers.is_sorted_by(|a, b| a >= b), "{viewers:?}");
    assert_eq!(sim.get(&app, "/streams?type=vodcast").await.0, 400);
    let (_, by_login) = sim.get(&app, "/streams?user_login=ironmeadow&first=1").await;
    assert_eq!(by_login["data"].as_array().unwrap().len(), 1);
}
