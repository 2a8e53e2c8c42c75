//! The hourly validation, and key rotation.

use common::clients::ClientError;
use serde_json::json;
use twitch_sim::people::{HARBOR_LIGHT, LEA, PETIT_PIXEL, QUIET_FOX};

use crate::{
    front::Fault,
    rig::{Rig, channel},
};

const VALIDATE: &str = "oauth2/validate";

/// As if the tokens had last been validated so long ago.
async fn age(rig: &Rig, minutes: u32) {
    let age =
        sqlx::query("UPDATE twitch_tokens SET validated_at = TIMESTAMPADD(MINUTE, -?, UTC_TIMESTAMP(6))");
    age.bind(minutes).execute(&rig.pool).await.unwrap();
}

async fn unvalidated(rig: &Rig) -> i64 {
    let due = "SELECT COUNT(*) FROM twitch_tokens
               WHERE lost_at IS NULL AND validated_at < TIMESTAMPADD(MINUTE, -5, UTC_TIMESTAMP(6))";
    sqlx::query_scalar(due).fetch_one(&rig.pool).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_token_is_validated_by_one_replica_when_its_hour_is_over() {
    let rig = Rig::start().await;
    for _ in 0..2 {
        rig.replica(&[]).await;
    }
    for person in [LEA, HARBOR_LIGHT, PETIT_PIXEL, QUIET_FOX] {
        rig.login(person).await;
    }
    age(&rig, 40).await;
    rig.front.clear();
    assert_eq!(rig.front.count(VALIDATE), 0);
    age(&rig, 56).await;
    rig.eventually("all are validated", || async { unvalidated(&rig).await == 0 }).await;
    assert_eq!(rig.front.count(VALIDATE), 4);
    assert_eq!(rig.front.count("grant_type=refresh_token"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_token_is_refreshed_and_a_dead_grant_is_lost() {
    let rig = Rig::start().await;
    let (lea, harbor) = (rig.login(LEA).await, rig.login(HARBOR_LIGHT).await);
    rig.sim("POST", &format!("sim/users/{lea}/expire_tokens"), json!({})).await;
    rig.sim("POST", &format!("sim/users/{harbor}/change_password"), json!({})).await;
    age(&rig, 90).await;
    rig.eventually("both are validated", || async { unvalidated(&rig).await == 0 }).await;
    rig.eventually("the dead grant is lost", || async { rig.stored(harbor).await.1.is_some() }).await;
    assert_eq!(rig.stored(lea).await, (2, None));
    assert_eq!(rig.stored(harbor).await, (1, Some("grant_revoked".to_owned())));
    assert!(!rig.api.grant(harbor).await.unwrap().valid);
}

#[tokio::test(flavor = "multi_thread")]
async fn scopes_that_were_taken_back_lose_the_grant() {
    let rig = Rig::start().await;
    let lea = rig.login(LEA).await;
    rig.front.clear();
    let fewer = Fault::edit(|answer| answer["scopes"] = json!(["user:read:moderated_channels"]));
    rig.front.misbehave(VALIDATE, 0, 1, fewer);
    age(&rig, 90).await;
    rig.eventually("the grant is lost", || async { rig.stored(lea).await.1.is_some() }).await;
    assert_eq!(rig.stored(lea).await, (1, Some("scopes_withdrawn".to_owned())));
    let grant = rig.api.grant(lea).await.unwrap();
    assert_eq!((grant.valid, grant.reason.as_deref()), (false, Some("scopes_withdrawn")));
    assert_eq!((rig.front.count(VALIDATE), rig.front.count("grant_type=refresh_token")), (1, 0));
}

/// As if the key of this id had encrypted the tokens.
async fn encrypted_by(rig: &Rig, key: &str) {
    sqlx::query("UPDATE twitch_tokens SET key_id = ?").bind(key).execute(&rig.pool).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_whose_key_is_missing_is_put_off_and_good_again_when_the_key_is_back() {
    let rig = Rig::start().await;
    let lea = rig.login(LEA).await;
    rig.front.clear();
    encrypted_by(&rig, "forgotten").await;
    let error = rig.api.chatters(channel(PETIT_PIXEL), lea).await.map(drop).unwrap_err();
    let ClientError::Refused { problem, .. } = error else { panic!("{error}") };
    assert_eq!(
        (problem.status, problem.code.as_str(), problem.retry_after),
        (409, "token_unreadable", None),
        "nobody is to try again"
    );
    age(&rig, 90).await;
    rig.eventually("it is put off for an hour", || async { unvalidated(&rig).await == 0 }).await;
    assert_eq!(rig.front.count("oauth2/"), 0);
    assert_eq!(rig.stored(lea).await, (1, None), "a forgotten key is no lost grant");
    encrypted_by(&rig, "a").await;
    rig.api.chatters(channel(PETIT_PIXEL), lea).await.map(drop).unwrap();
}
