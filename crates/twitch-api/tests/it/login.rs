//! Logging in and out.

use serde_json::Value;
use sqlx::Row as _;
use twitch_sim::people::{LEA, PETIT_PIXEL};

use crate::{front::Fault, rig::Rig};

#[tokio::test(flavor = "multi_thread")]
async fn the_consent_page_is_asked_for_what_is_needed_and_no_more() {
    let rig = Rig::start().await;
    let url = rig.api.authorize("s t/ate").await.unwrap().url;
    let pairs: std::collections::HashMap<_, _> = url.query_pairs().into_owned().collect();
    assert_eq!(pairs["scope"], "moderator:read:chatters user:read:moderated_channels");
    assert_eq!((pairs["response_type"].as_str(), pairs["state"].as_str()), ("code", "s t/ate"));
    assert!(!pairs.contains_key("force_verify"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_stores_an_encrypted_token_and_tells_who_it_is() {
    let rig = Rig::start().await;
    let code = rig.code(LEA.0, &[]).await;
    let answer = rig.api.exchange(&code).await.unwrap();
    assert_eq!(answer.user.login, "lea_modere");
    assert_eq!(answer.scopes.len(), 2);
    let row = sqlx::query("SELECT key_id, access_token, refresh_token FROM twitch_tokens")
        .fetch_one(&rig.pool)
        .await;
    let row = row.unwrap();
    assert_eq!(row.get::<String, _>(0), "a");
    for column in [1, 2] {
        let sealed: Vec<u8> = row.get(column);
        assert!(sealed.iter().any(|byte| !byte.is_ascii_alphanumeric()), "looks like a token in clear");
    }
    assert!(rig.api.grant(common::ids::UserId(LEA.0.into())).await.unwrap().valid);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_good_once() {
    let rig = Rig::start().await;
    let code = rig.code(LEA.0, &[]).await;
    rig.api.exchange(&code).await.unwrap();
    let error = rig.api.exchange(&code).await.unwrap_err();
    assert_eq!(error.code(), "invalid_code");
    assert_eq!(rig.api.exchange("rubbish").await.unwrap_err().code(), "invalid_code");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_allowed_is_named_and_the_token_is_not_kept() {
    let rig = Rig::start().await;
    let code = rig.code(LEA.0, &["user:read:moderated_channels"]).await;
    let error = rig.api.exchange(&code).await.unwrap_err();
    let common::clients::ClientError::Refused { problem, .. } = error else { panic!("{error}") };
    assert_eq!((problem.status, problem.code.as_str()), (409, "missing_scope"));
    assert_eq!(problem.extensions["missing"], serde_json::json!(["user:read:moderated_channels"]));
    let rows: i64 =
        sqlx::query_scalar("SELECT COUNT(*) FROM twitch_tokens").fetch_one(&rig.pool).await.unwrap();
    assert_eq!((rows, rig.front.count("oauth2/revoke")), (0, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_secret_is_our_fault_not_the_users() {
    let rig = Rig::start().await;
    rig.front.misbehave("oauth2/token", 0, 1, Fault::Status(403, "invalid client secret"));
    let code = rig.code(LEA.0, &[]).await;
    assert_eq!(rig.api.exchange(&code).await.unwrap_err().code(), "twitch_misconfigured");
}

#[tokio::test(flavor = "multi_thread")]
async fn logging_out_revokes_unless_a_schedule_needs_the_token() {
    let rig = Rig::start().await;
    let (lea, pixel) = (rig.login(LEA).await, rig.login(PETIT_PIXEL).await);
    sqlx::query(
        "INSERT INTO schedules (channel_id, user_id, interval_minutes, next_slot, created_at, updated_at)
         VALUES (?, ?, 5, NOW(6), NOW(6), NOW(6))",
    )
    .bind(lea.0)
    .bind(lea.0)
    .execute(&rig.pool)
    .await
    .unwrap();
    rig.api.logout(lea).await.unwrap();
    assert!(rig.api.grant(lea).await.unwrap().valid);
    assert_eq!(rig.front.count("oauth2/revoke"), 0);

    rig.api.logout(pixel).await.unwrap();
    rig.api.logout(pixel).await.unwrap();
    assert_eq!(rig.front.count("oauth2/revoke"), 1);
    assert_eq!(rig.api.grant(pixel).await.unwrap().reason.unwrap(), "logged_out");
    let error = rig.api.channels(pixel).await.unwrap_err();
    assert_eq!(error.code(), "token_lost");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gets_in_without_the_internal_token() {
    let rig = Rig::start().await;
    let url = rig.api_url.join("internal/v1/users/1/grant").unwrap();
    let answer = rig.http.get(url).bearer_auth("wrong").send().await.unwrap();
    assert_eq!(answer.status(), 401);
    let problem: Value = answer.json().await.unwrap();
    assert_eq!(problem["code"], "internal_token_invalid");
}
