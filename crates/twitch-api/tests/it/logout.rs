//! Logging out at Twitch, not only here.

use std::sync::{Arc, Mutex};

use serde_json::json;
use twitch_sim::people::LEA;

use crate::{front::Fault, rig::Rig};

const REFRESH: &str = "grant_type=refresh_token";
const REVOKE: &str = "oauth2/revoke";

/// Whether Twitch honours the access token.
async fn is_honoured(rig: &Rig, access: &str) -> bool {
    let validate = rig.api.authorize("state").await.unwrap().url.join("validate").unwrap();
    let request = rig.http.get(validate).header("authorization", format!("OAuth {access}"));
    request.send().await.unwrap().status().is_success()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_access_token_that_has_died_is_replaced_once_so_that_the_grant_can_be_revoked() {
    let rig = Rig::start().await;
    let lea = rig.login(LEA).await;
    rig.sim("POST", &format!("sim/users/{lea}/expire_tokens"), json!({})).await;
    let issued = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&issued);
    let watch = Fault::edit(move |answer| seen.lock().unwrap().push(answer["access_token"].clone()));
    rig.front.misbehave("oauth2/token", 0, 1, watch);
    rig.front.clear();
    rig.api.logout(lea).await.unwrap();
    assert_eq!((rig.front.count(REVOKE), rig.front.count(REFRESH)), (2, 1));
    let issued = issued.lock().unwrap().pop().unwrap();
    assert!(!is_honoured(&rig, issued.as_str().unwrap()).await, "a token lives on that nobody holds");
    assert_eq!(rig.api.grant(lea).await.unwrap().reason.unwrap(), "logged_out");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_grant_that_is_dead_nothing_is_left_to_revoke() {
    let rig = Rig::start().await;
    let lea = rig.login(LEA).await;
    rig.sim("POST", &format!("sim/users/{lea}/disconnect"), json!({})).await;
    rig.front.clear();
    rig.api.logout(lea).await.unwrap();
    assert_eq!((rig.front.count(REVOKE), rig.front.count(REFRESH)), (1, 1));
    assert_eq!(rig.api.grant(lea).await.unwrap().reason.unwrap(), "logged_out");
}
