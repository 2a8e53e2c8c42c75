//! Describing accounts with the application's token.

use common::ids::TwitchUserId;
use twitch_sim::people::HARBOR_LIGHT;

use crate::{
    front::Fault,
    rig::{Rig, channel},
};

async fn some_ids(rig: &Rig, count: usize) -> Vec<TwitchUserId> {
    rig.truth(channel(HARBOR_LIGHT)).await.into_iter().take(count).map(TwitchUserId).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_accounts_cost_one_point_and_absent_ones_are_named() {
    let rig = Rig::start().await;
    let mut ids = some_ids(&rig, 98).await;
    ids.push(TwitchUserId(5));
    ids.push(ids[0]);
    let answer = rig.api.accounts(ids).await.unwrap();
    assert_eq!((answer.accounts.len(), answer.absent), (98, vec![TwitchUserId(5)]));
    assert!(answer.accounts.iter().any(|account| account.default_picture));
    assert!(answer.accounts.iter().any(|account| account.has_description));
    assert_eq!(rig.front.count("helix/users"), 1);
    assert!(rig.api.accounts(Vec::new()).await.unwrap().accounts.is_empty());
    assert_eq!(rig.front.count("helix/users"), 1, "an empty batch was sent");
    let error = rig.api.accounts((0..101).map(TwitchUserId).collect()).await.unwrap_err();
    assert_eq!(error.code(), "too_many_ids");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_with_a_bad_identifier_is_halved_until_it_stands_alone() {
    let rig = Rig::start().await;
    let ids = some_ids(&rig, 100).await;
    let bad = ids[37];
    rig.front.refuse_when("helix/users", move |query| {
        query.contains(&format!("id={bad}&")) || query.ends_with(&format!("id={bad}"))
    });
    let answer = rig.api.accounts(ids).await.unwrap();
    assert_eq!((answer.accounts.len(), answer.absent), (99, vec![bad]));
    assert!(rig.front.count("helix/users") <= 16, "{} calls", rig.front.count("helix/users"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_applications_token_is_asked_for_once_and_renewed_when_refused() {
    let rig = Rig::start().await;
    let ids = some_ids(&rig, 3).await;
    let asking = (0..10).map(|_| rig.api.accounts(ids.clone()));
    for answer in futures_util::future::join_all(asking).await {
        assert_eq!(answer.unwrap().accounts.len(), 3);
    }
    assert_eq!(rig.front.count("client_credentials"), 1);
    rig.front.misbehave("helix/users", 0, 1, Fault::Status(401, "Invalid OAuth token"));
    assert_eq!(rig.api.accounts(ids).await.unwrap().accounts.len(), 3);
    assert_eq!(rig.front.count("client_credentials"), 2);
}
