//! Moderators' marks.

use common::{
    events::{self, Event},
    ids::{ChannelId, UserId},
};
use serde_json::{Value, json};

use crate::site::Site;

async fn accounts(site: &Site) {
    site.run(
        "INSERT INTO accounts (id, twitch_id, login, display_name, updated_at) VALUES
         (1, 501, 'a', 'a', NOW(6)), (2, 502, 'b', 'b', NOW(6)), (3, 503, 'c', 'c', NOW(6))",
    )
    .await;
}

fn marks(page: &Value) -> Vec<Value> {
    let row = |mark: &Value| json!([mark["twitch_id"], mark["verdict"], mark["marked_by"]]);
    page["verdicts"].as_array().unwrap().iter().map(row).collect()
}

#[tokio::test]
async fn moderators_of_a_channel_share_their_marks_and_the_last_word_counts() {
    let site = Site::start().await;
    accounts(&site).await;
    let (mut ann, mut bob) = (site.logged_in(42, &[7]).await, site.logged_in(43, &[7, 8]).await);
    let path = "/api/v1/channels/7/verdicts";
    let body = json!({ "account_ids": ["501", "502", "501", "999"], "verdict": "people" });
    assert_eq!(ann.put(path, &body).await.ok(), json!({ "accounts": 2 }), "999 was never seen");
    let body = json!({ "account_ids": ["502", "503"], "verdict": "suspicious" });
    assert_eq!(bob.put(path, &body).await.ok(), json!({ "accounts": 2 }));
    // Twitch named Bob as a moderator when he came, after the first mark.
    for (user, times) in [(42, 2), (43, 1)] {
        let told = events::since(&site.redis, UserId(user), "0").await.unwrap();
        let changed = Event::VerdictsChanged { channel_id: ChannelId(7) };
        assert_eq!(told.iter().filter(|told| told.event == changed).count(), times, "{user}");
    }
    let page = ann.get(&format!("{path}?limit=2")).await.ok();
    assert_eq!(marks(&page), [json!(["501", "people", "42"]), json!(["502", "suspicious", "43"])]);
    let next = ann.get(&format!("{path}?cursor={}", page["next_cursor"].as_str().unwrap())).await.ok();
    assert_eq!(
        (marks(&next), &next["next_cursor"]),
        (vec![json!(["503", "suspicious", "43"])], &json!(null))
    );
    let taken_back = json!({ "account_ids": ["502", "503", "999"], "verdict": null });
    assert_eq!(ann.put(path, &taken_back).await.ok(), json!({ "accounts": 2 }));
    assert_eq!(marks(&bob.get(path).await.ok()).len(), 1);
    assert_eq!(marks(&bob.get("/api/v1/channels/8/verdicts").await.ok()).len(), 0, "each channel for itself");
}

#[tokio::test]
async fn one_account_is_marked_where_it_is_looked_at() {
    let site = Site::start().await;
    accounts(&site).await;
    let mut browser = site.logged_in(42, &[7]).await;
    let path = "/api/v1/accounts/501/verdict";
    browser.put(path, &json!({ "channel_id": "7", "verdict": "people" })).await.ok();
    let viewer = browser.get("/api/v1/accounts/501").await.ok();
    assert_eq!(viewer["verdicts"][0]["verdict"], "people");
    browser.put(path, &json!({ "channel_id": "7", "verdict": null })).await.ok();
    assert_eq!(browser.get("/api/v1/accounts/501").await.ok()["verdicts"], json!([]));
    let body = json!({ "channel_id": "7", "verdict": "people" });
    browser.put("/api/v1/accounts/999/verdict", &body).await.is_problem(404, "account_not_found");
}

#[tokio::test]
async fn marks_are_for_moderators_and_bounded() {
    let site = Site::start().await;
    accounts(&site).await;
    let mut browser = site.logged_in(42, &[7]).await;
    let people = json!({ "account_ids": ["501"], "verdict": "people" });
    browser.put("/api/v1/channels/8/verdicts", &people).await.is_problem(403, "channel_forbidden");
    browser.get("/api/v1/channels/8/verdicts").await.is_problem(403, "channel_forbidden");
    let one = json!({ "channel_id": "8", "verdict": "people" });
    browser.put("/api/v1/accounts/501/verdict", &one).await.is_problem(403, "channel_forbidden");
    let ids = |count: usize| (0..count).map(|id| id.to_string()).collect::<Vec<_>>();
    for (body, code) in [
        (json!({ "account_ids": [], "verdict": "people" }), "account_ids_invalid"),
        (json!({ "account_ids": ids(10_001), "verdict": "people" }), "account_ids_invalid"),
        (json!({ "account_ids": ["x"], "verdict": "people" }), "id_invalid"),
        (json!({ "account_ids": ["501"], "verdict": "bots" }), "body_invalid"),
    ] {
        browser.put("/api/v1/channels/7/verdicts", &body).await.is_problem(400, code);
    }
    let many = json!({ "account_ids": ids(10_000), "verdict": "people" });
    assert_eq!(browser.put("/api/v1/channels/7/verdicts", &many).await.ok()["accounts"], 3);
}
