//! Tokens that Twitch refuses.

use common::events::Event;
use futures_util::future::join_all;
use serde_json::json;
use twitch_sim::people::{LEA, PETIT_PIXEL};

use crate::{
    front::Fault,
    rig::{Rig, channel},
};

const REFRESH: &str = "grant_type=refresh_token";

/// World time moves past the life of every user's access token.
async fn expire(rig: &Rig) {
    rig.sim("PUT", "sim/clock", json!({ "advance_seconds": 5 * 3600 })).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_callers_and_two_replicas_refresh_once_in_every_rotation_mode() {
    let rig = Rig::start().await;
    let (second, _) = rig.replica(&[]).await;
    let lea = rig.login(LEA).await;
    for (round, mode) in ["never", "always", "always_replay_kills_grant"].into_iter().enumerate() {
        rig.sim("PUT", "sim/oauth", json!({ "rotation": mode })).await;
        expire(&rig).await;
        rig.front.clear();
        let asking = (0..50).map(|n| {
            let api = if n % 2 == 0 { &rig.api } else { &second };
            async move { api.chatters(channel(PETIT_PIXEL), lea).await.map(drop) }
        });
        for outcome in join_all(asking).await {
            outcome.unwrap();
        }
        assert_eq!(rig.front.count(REFRESH), 1, "{mode}");
        assert_eq!(rig.stored(lea).await, (2 + round as u64, None), "{mode}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_in_the_middle_goes_on_from_the_cursor() {
    let rig = Rig::start().await;
    let lea = rig.login(LEA).await;
    rig.front.clear();
    rig.front.misbehave("chat/chatters", 1, 1, Fault::Status(401, "Invalid OAuth token"));
    let harbor = channel(twitch_sim::people::HARBOR_LIGHT);
    let read = rig.read(harbor, lea).await;
    assert!(read.outcome.unwrap().complete);
    assert_eq!(read.ids, rig.truth(harbor).await);
    assert_eq!(rig.front.count(REFRESH), 1);
    assert_eq!(rig.front.count("chat/chatters"), read.pages.len() + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotated_refresh_token_is_stored_and_used_the_next_time() {
    let rig = Rig::start().await;
    let lea = rig.login(LEA).await;
    rig.sim("PUT", "sim/oauth", json!({ "rotation": "always_replay_kills_grant" })).await;
    for round in 2..5 {
        expire(&rig).await;
        rig.read(channel(PETIT_PIXEL), lea).await.outcome.unwrap();
        assert_eq!(rig.stored(lea).await, (round, None));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disconnected_application_loses_the_grant_and_says_so_to_open_pages() {
    let rig = Rig::start().await;
    let lea = rig.login(LEA).await;
    rig.sim("POST", &format!("sim/users/{lea}/disconnect"), json!({})).await;
    for _ in 0..2 {
        let error = rig.api.chatters(channel(PETIT_PIXEL), lea).await.map(drop).unwrap_err();
        assert_eq!(error.code(), "token_lost");
    }
    assert_eq!(rig.front.count(REFRESH), 1);
    assert_eq!(rig.stored(lea).await.1.unwrap(), "grant_revoked");
    let events = common::events::since(&rig.redis_store(), lea, "0").await.unwrap();
    let told: Vec<_> = events.into_iter().map(|published| published.event).collect();
    assert_eq!(told, [Event::GrantLost { reason: "grant_revoked".to_owned() }]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_refresh_token_loses_the_grant_once_and_pauses_schedules() {
    let rig = Rig::start().await;
    let lea = rig.login(LEA).await;
    sqlx::query(
        "INSERT INTO schedules (channel_id, user_id, interval_minutes, next_slot, created_at, updated_at)
         VALUES (10000002, ?, 5, NOW(6), NOW(6), NOW(6))",
    )
    .bind(lea.0)
    .execute(&rig.pool)
    .await
    .unwrap();
    expire(&rig).await;
    rig.front.clear();
    rig.front.misbehave("oauth2/token", 0, 9, Fault::Status(400, "Invalid refresh token"));
    for _ in 0..3 {
        let error = rig.api.chatters(channel(PETIT_PIXEL), lea).await.map(drop).unwrap_err();
        assert_eq!(error.code(), "token_lost");
    }
    assert_eq!(rig.front.count(REFRESH), 1, "it was tried again");
    assert_eq!(rig.stored(lea).await, (1, Some("refresh_token_invalid".to_owned())));
    assert_eq!(paused_reason(&rig).await.unwrap(), "token_lost");
    let grant = rig.api.grant(lea).await.unwrap();
    assert_eq!((grant.valid, grant.reason.as_deref()), (false, Some("refresh_token_invalid")));

    rig.front.behave();
    rig.login(LEA).await;
    assert!(rig.api.grant(lea).await.unwrap().valid);
    assert_eq!(paused_reason(&rig).await, None, "a new login resumes");
}

async fn paused_reason(rig: &Rig) -> Option<String> {
    sqlx::query_scalar("SELECT paused_reason FROM schedules").fetch_one(&rig.pool).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_that_twitch_cannot_answer_loses_nothing() {
    let rig = Rig::start().await;
    let lea = rig.login(LEA).await;
    expire(&rig).await;
    rig.front.misbehave("oauth2/token", 0, 2, Fault::Status(503, "down"));
    let error = rig.api.chatters(channel(PETIT_PIXEL), lea).await.map(drop).unwrap_err();
    assert_eq!(error.code(), "twitch_unavailable");
    assert!(error.retry_after().is_some());
    assert!(rig.read(channel(PETIT_PIXEL), lea).await.outcome.unwrap().complete);

    rig.front.misbehave("oauth2/token", 0, 1, Fault::Status(400, "invalid client"));
    expire(&rig).await;
    let error = rig.api.chatters(channel(PETIT_PIXEL), lea).await.map(drop).unwrap_err();
    assert_eq!(error.code(), "twitch_misconfigured", "a mistake of ours must not cost everybody their grant");
    assert!(rig.api.grant(lea).await.unwrap().valid);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_refused_again_and_again_is_not_taken_for_a_lost_grant() {
    let rig = Rig::start().await;
    let lea = rig.login(LEA).await;
    let refused = || Fault::Status(401, "Invalid OAuth token");
    let attempt = || async { rig.api.chatters(channel(PETIT_PIXEL), lea).await.map(drop) };

    // Twitch knows the new token: it is confused.
    rig.front.misbehave("chat/chatters", 0, 2, refused());
    assert_eq!(attempt().await.unwrap_err().code(), "twitch_unavailable");
    assert_eq!(rig.front.count(REFRESH), 1);

    // The new token has died at once: another one.
    rig.front.clear();
    rig.front.misbehave("chat/chatters", 0, 2, refused());
    rig.front.misbehave("oauth2/validate", 0, 1, Fault::Status(401, "invalid access token"));
    attempt().await.unwrap();
    assert_eq!(rig.front.count(REFRESH), 2);

    // And so on: nothing loops.
    rig.front.clear();
    rig.front.misbehave("chat/chatters", 0, 9, refused());
    rig.front.misbehave("oauth2/validate", 0, 9, Fault::Status(401, "invalid access token"));
    assert_eq!(attempt().await.unwrap_err().code(), "twitch_unavailable");
    assert_eq!(rig.front.count(REFRESH), 2);
    assert!(rig.api.grant(lea).await.unwrap().valid);
}
