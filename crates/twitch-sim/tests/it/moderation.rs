//! Bans, suspicions, shield mode, settings, followers.

use reqwest::Method;
use serde_json::json;

use crate::harness::*;

const ALL: &str = "moderator:read:chatters moderator:manage:banned_users moderator:manage:suspicious_users \
    moderator:manage:shield_mode moderator:manage:chat_settings moderator:read:followers moderation:read \
    moderator:manage:announcements moderator:manage:warnings";

fn acting(path: &str) -> String {
    format!("{path}?broadcaster_id={HARBOR_LIGHT}&moderator_id={LEA}")
}

#[tokio::test]
async fn a_ban_empties_a_seat_and_can_be_lifted() {
    let sim = Sim::start().await;
    let lea = sim.log_in(LEA, ALL).await;
    let target = sim.truth(HARBOR_LIGHT).await[3].clone();
    let ban = async |data| {
        answer(sim.helix(&lea, Method::POST, &acting("/moderation/bans")).json(&json!({ "data": data })))
            .await
    };
    let (status, body) = ban(json!({ "user_id": target, "reason": "spam" })).await;
    assert_eq!((status, &body["data"][0]["end_time"]), (200, &json!(null)));
    assert!(!sim.truth(HARBOR_LIGHT).await.contains(&target));
    let again = ban(json!({ "user_id": target })).await;
    assert_eq!(
        again,
        (400, json!({ "error": "Bad Request", "status": 400, "message": "user is already banned" }))
    );
    assert_eq!(
        ban(json!({ "user_id": target, "duration": 60 })).await.0,
        400,
        "a ban does not become a timeout"
    );
    assert_eq!(ban(json!({ "user_id": target, "duration": 0 })).await.0, 400);
    assert_eq!(ban(json!({ "user_id": HARBOR_LIGHT })).await.0, 400, "not the broadcaster");

    let owner = sim.log_in(HARBOR_LIGHT, "moderation:read").await;
    let (_, banned) = sim.get(&owner, &format!("/moderation/banned?broadcaster_id={HARBOR_LIGHT}")).await;
    assert_eq!(
        (&banned["data"][0]["user_id"], &banned["data"][0]["expires_at"]),
        (&json!(target), &json!(""))
    );
    assert_eq!(sim.get(&lea, &format!("/moderation/banned?broadcaster_id={HARBOR_LIGHT}")).await.0, 401);

    let lift = async || {
        let path = format!("{}&user_id={target}", acting("/moderation/bans"));
        answer(sim.helix(&lea, Method::DELETE, &path)).await
    };
    assert_eq!(lift().await.0, 204);
    assert_eq!(lift().await.1["message"], "user is not banned");
    assert!(sim.truth(HARBOR_LIGHT).await.contains(&target));
}

#[tokio::test]
async fn suspicion_shield_and_settings() {
    let sim = Sim::start().await;
    let lea = sim.log_in(LEA, ALL).await;
    let target = sim.truth(HARBOR_LIGHT).await[3].clone();
    let post = sim.helix(&lea, Method::POST, &acting("/moderation/suspicious_users"));
    let (status, body) = answer(post.json(&json!({ "user_id": target, "status": "RESTRICTED" }))).await;
    assert_eq!((status, &body["data"][0]["types"]), (200, &json!(["MANUALLY_ADDED"])));
    let path = format!("{}&user_id={target}", acting("/moderation/suspicious_users"));
    let (_, body) = answer(sim.helix(&lea, Method::DELETE, &path)).await;
    assert_eq!(body["data"][0]["status"], "NO_TREATMENT");

    let shield = acting("/moderation/shield_mode");
    let (_, unused) = sim.get(&lea, &shield).await;
    assert_eq!(
        (&unused["data"][0]["is_active"], &unused["data"][0]["last_activated_at"]),
        (&json!(false), &json!(""))
    );
    let put = sim.helix(&lea, Method::PUT, &shield).json(&json!({ "is_active": true }));
    assert_eq!(answer(put).await.1["data"][0]["moderator_login"], "lea_modere");

    let change = sim.helix(&lea, Method::PATCH, &acting("/chat/settings"));
    let (_, changed) = answer(change.json(&json!({ "slow_mode": true, "slow_mode_wait_time": 10 }))).await;
    assert_eq!(changed["data"][0]["slow_mode_wait_time"], 10);
    let app = sim.app().await;
    let (_, public) = sim.get(&app, &format!("/chat/settings?broadcaster_id={HARBOR_LIGHT}")).await;
    assert_eq!(public["data"][0]["slow_mode"], true);
    assert!(public["data"][0].get("non_moderator_chat_delay").is_none());

    let announce = async || {
        let post = sim.helix(&lea, Method::POST, &acting("/chat/announcements"));
        answer(post.json(&json!({ "message": "hello" }))).await.0
    };
    assert_eq!((announce().await, announce().await), (204, 429));
    let warn = sim.helix(&lea, Method::POST, &acting("/moderation/warnings"));
    assert_eq!(answer(warn.json(&json!({ "data": { "user_id": target, "reason": "no" } }))).await.0, 200);
}

#[tokio::test]
async fn followers_moderators_and_grants() {
    let sim = Sim::start().await;
    let lea = sim.log_in(LEA, ALL).await;
    let path = format!("/channels/followers?broadcaster_id={HARBOR_LIGHT}");
    let (_, page) = sim.get(&lea, &format!("{path}&first=100")).await;
    let rows = page["data"].as_array().unwrap();
    assert!(rows.len() == 100 && page["total"].as_u64().unwrap() > 1_000 && cursor(&page).is_some());
    let (_, one) = sim.get(&lea, &format!("{path}&user_id={}", text(&rows[42]["user_id"]))).await;
    assert_eq!(one["data"][0], rows[42]);
    let stranger = sim.log_in(NEW_FACE, "").await;
    let (status, total) = sim.get(&stranger, &path).await;
    assert_eq!((status, &total["total"], &total["data"]), (200, &page["total"], &json!([])));
    assert_eq!(sim.get(&stranger, &format!("{path}&user_id=1")).await.0, 401);

    let owner = sim.log_in(HARBOR_LIGHT, "moderation:read").await;
    let (_, moderators) =
        sim.get(&owner, &format!("/moderation/moderators?broadcaster_id={HARBOR_LIGHT}")).await;
    assert!(moderators["data"].as_array().unwrap().iter().any(|row| row["user_id"] == LEA));

    let app = sim.app().await;
    let (_, grants) =
        sim.get(&app, &format!("/authorization/users?user_id={HARBOR_LIGHT}&user_id=10000007")).await;
    assert_eq!(grants["data"].as_array().unwrap().len(), 1);
    assert_eq!(grants["data"][0]["scopes"], json!(["moderation:read"]));
    assert_eq!(sim.get(&lea, &format!("/authorization/users?user_id={LEA}")).await.0, 401);
}
