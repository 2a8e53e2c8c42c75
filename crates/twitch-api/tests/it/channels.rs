//! The channels that somebody may look into.

use common::clients::twitch_api::Role;
use serde_json::json;
use twitch_sim::people::{LEA, NEW_FACE};

use crate::{front::Fault, rig::Rig};

#[tokio::test(flavor = "multi_thread")]
async fn ones_own_channel_comes_first_and_the_answer_is_kept() {
    let rig = Rig::start().await;
    let lea = rig.login(LEA).await;
    rig.front.clear();
    let channels = rig.api.channels(lea).await.unwrap().channels;
    assert_eq!((channels.len(), channels[0].role, channels[0].twitch_id.0), (7, Role::Broadcaster, lea.0));
    assert!(channels[1..].iter().all(|channel| channel.role == Role::Moderator));
    let calls = rig.front.count("helix/");
    assert_eq!(rig.api.channels(lea).await.unwrap().channels, channels);
    assert_eq!(rig.front.count("helix/"), calls, "the kept answer was not used");

    let url = rig.api_url.join(&format!("internal/v1/users/{lea}/channels")).unwrap();
    let request = rig.http.get(url).bearer_auth("0123456789abcdef0123456789abcdef");
    assert_eq!(request.send().await.unwrap().headers()["x-cache"], "HIT");
    rig.login(LEA).await;
    rig.api.channels(lea).await.unwrap();
    assert!(rig.front.count("moderation/channels") > 1, "a login does not see new channels");
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_who_moderates_nobody_has_their_own() {
    let rig = Rig::start().await;
    let face = rig.login(NEW_FACE).await;
    assert_eq!(rig.api.channels(face).await.unwrap().channels.len(), 1);
}

/// For some weeks of 2026: no cursor but for pages of one.
#[tokio::test(flavor = "multi_thread")]
async fn a_list_cut_off_at_a_hundred_is_read_one_by_one() {
    for (count, one_by_one) in [(100_u64, false), (103, true)] {
        let rig = Rig::start().await;
        let lea = rig.login(LEA).await;
        rig.front.clear();
        rig.front.replace("moderation/channels", move |query| {
            let value = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
            let first: u64 = value("first").unwrap().parse().unwrap();
            let start: u64 = value("after").map_or(0, |after| after.parse().unwrap());
            let end = (start + first).min(count);
            let rows: Vec<_> = (start..end)
                .map(|n| json!({"broadcaster_id": (900 + n).to_string(), "broadcaster_login": format!("c{n:03}"), "broadcaster_name": "C"}))
                .collect();
            let more = first == 1 && end < count;
            json!({ "data": rows, "pagination": if more { json!({ "cursor": end.to_string() }) } else { json!({}) } })
        });
        let channels = rig.api.channels(lea).await.unwrap().channels;
        assert_eq!(channels.len() as u64, count + 1);
        let calls = rig.front.count("moderation/channels");
        if one_by_one { assert!(calls > 103) } else { assert_eq!(calls, 3) }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_scope_it_is_said_so() {
    let rig = Rig::start().await;
    let lea = rig.login(LEA).await;
    rig.front.misbehave(
        "moderation/channels",
        0,
        1,
        Fault::Status(401, "Missing scope: user:read:moderated_channels"),
    );
    assert_eq!(rig.api.channels(lea).await.unwrap_err().code(), "missing_scope");
    assert_eq!(rig.front.count("grant_type=refresh_token"), 0, "a refresh cannot widen scopes");
}
