//! What is kept about the user: having it, and having it removed.

use std::time::Duration;

use common::{
    ids::{AccountId, TwitchUserId},
    roster::Roster,
};
use serde_json::{Value, json};

use crate::{
    browser::Browser,
    site::{Site, fresh_user},
};

/// User 42 as everything that somebody can be here: moderator with all that belongs to one, and viewer.
async fn settled(site: &Site) -> Browser {
    let mut ann = site.logged_in(42, &[7]).await;
    ann.post("/api/v1/captures", &json!({ "channel_ids": ["7"] })).await.ok();
    for statement in [
        "INSERT INTO twitch_tokens (user_id, key_id, access_token, scopes, validated_at, updated_at)
         VALUES (42, 'a', 'hush', 'moderator:read:chatters', NOW(6), NOW(6))",
        "INSERT INTO schedules (channel_id, user_id, interval_minutes, next_slot, created_at, updated_at)
         VALUES (7, 42, 5, NOW(6), NOW(6), NOW(6)), (7, 43, 5, NOW(6), NOW(6), NOW(6))",
        "INSERT INTO accounts (id, twitch_id, login, display_name, updated_at)
         VALUES (1, 42, 'user42', 'User42', NOW(6)), (2, 90, 'someone', 'Someone', NOW(6))",
        "INSERT INTO account_names VALUES (1, 'old42', 'Old42', NOW(6))",
        "INSERT INTO verdicts VALUES (7, 2, 42, 'suspicious', NOW(6)), (7, 1, 43, 'people', NOW(6))",
        "INSERT INTO api_keys (user_id, name, hash, hint, created_at) VALUES (42, 'script', REPEAT('h', 32), 'ab', NOW(6))",
        "INSERT INTO webhooks (user_id, kind, url, key_id, secret, created_at)
         VALUES (42, 'discord', 'https://discord.example/x', 'a', 'hush', NOW(6))",
        "INSERT INTO webhook_deliveries (webhook_id, event, body, created_at) SELECT id, 'raid', '{}', NOW(6) FROM webhooks",
    ] {
        site.run(statement).await;
    }
    site.run(
        "UPDATE captures SET status = 'complete', captured_at = '2026-11-23 21:35:12', chatters_count = 2,
                roster_id = id, roster_parts = 1",
    )
    .await;
    let mut roster: Roster = [AccountId(1), AccountId(2)].into_iter().collect();
    for query in [
        "INSERT INTO rosters SELECT roster_id, ? FROM captures",
        "INSERT INTO channel_seen SELECT 7, MAX(id), 2, ? FROM captures",
        "INSERT INTO seen_in_removed (channel_id, until, accounts, roster) VALUES (7, '2026-10-01 20:00', 2, ?)",
    ] {
        sqlx::query(query).bind(roster.to_bytes()).execute(&site.pool).await.unwrap();
    }
    ann
}

#[tokio::test]
async fn the_export_tells_everything_but_secrets() {
    let site = Site::start().await;
    let mut ann = settled(&site).await;
    let answer = ann.get("/api/v1/me/export").await;
    assert_eq!(answer.header("content-disposition"), "attachment; filename=\"my-data.json\"");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert!(!answer.text.contains("hush") && !answer.text.contains("hhhh"), "{}", answer.text);
    let told = answer.ok();
    assert_eq!(told["user"]["login"], "user42");
    assert_eq!(told["grant"]["scopes"], json!(["moderator:read:chatters"]));
    for (list, length) in [
        ("channels", 2),
        ("sessions", 1),
        ("session_captures", 1),
        ("schedules", 1),
        ("verdicts", 1),
        ("api_keys", 1),
        ("webhooks", 1),
        ("jobs", 1),
    ] {
        assert_eq!(told[list].as_array().unwrap().len(), length, "{list}");
    }
    assert_eq!(told["verdicts"][0]["twitch_id"], "90");
    assert_eq!(told["viewer"]["earlier_names"][0]["login"], "old42");
    assert_eq!(told["viewer"]["verdicts"][0]["verdict"], "people");
    assert_eq!(told["viewer"]["presences"], json!([{ "channel_id": "7", "at": "2026-11-23T21:35:12Z" }]));
    let seen_on = json!([{ "channel_id": "7", "first_day_of_removed": "2026-10-01" }]);
    assert_eq!(told["viewer"]["seen_on"], seen_on);

    let again = ann.get("/api/v1/me/export").await;
    again.is_problem(429, "export_too_soon");
    assert_eq!(again.header("retry-after"), "60");
}

#[tokio::test]
async fn who_is_removed_is_logged_out_everywhere_and_leaves_nothing() {
    let site = Site::start().await;
    let mut ann = settled(&site).await;
    let mut on_her_phone = site.logged_in(42, &[7]).await;
    let mut bob = site.logged_in(43, &[7]).await;
    assert_eq!(ann.delete("/api/v1/me").await.status, 204);
    assert_eq!(site.services.script().logged_out, [42]);
    for browser in [&mut ann, &mut on_her_phone] {
        browser.get("/api/v1/me").await.is_problem(401, "not_authenticated");
    }
    assert_eq!(bob.get("/api/v1/me").await.ok()["user"]["id"], "43", "others stay");

    let mine = "SELECT (SELECT COUNT(*) FROM users WHERE id = 42) + (SELECT COUNT(*) FROM sessions WHERE user_id = 42)
          + (SELECT COUNT(*) FROM schedules WHERE user_id = 42) + (SELECT COUNT(*) FROM twitch_tokens WHERE user_id = 42)
          + (SELECT COUNT(*) FROM verdicts WHERE user_id = 42 OR account_id = 1) + (SELECT COUNT(*) FROM api_keys)
          + (SELECT COUNT(*) FROM webhooks) + (SELECT COUNT(*) FROM webhook_deliveries)
          + (SELECT COUNT(*) FROM channel_roles WHERE user_id = 42) + (SELECT COUNT(*) FROM jobs WHERE tenant = 42)
          + (SELECT COUNT(*) FROM audit_logs WHERE user_id = 42) + (SELECT COUNT(*) FROM session_captures)
          + (SELECT COUNT(*) FROM accounts WHERE twitch_id = 42) + (SELECT COUNT(*) FROM account_names)
          + (SELECT COUNT(*) FROM channels WHERE id = 42)";
    assert_eq!(site.count(mine).await, 0);
    assert_eq!(site.count("SELECT COUNT(*) FROM schedules").await, 1, "another moderator's");
    assert_eq!(site.count("SELECT COUNT(*) FROM accounts").await, 1, "another viewer");
    assert_eq!(site.count("SELECT COUNT(*) FROM opt_outs").await, 1);
    let due = "SELECT COUNT(*) FROM jobs WHERE kind = 'forget_viewer' AND run_at > UTC_TIMESTAMP() + INTERVAL 3 MINUTE";
    assert_eq!(
        site.count(due).await,
        1,
        "stored rosters are for a job, when no capture is under way any more"
    );
    let noted =
        "SELECT COUNT(*) FROM audit_logs WHERE user_id = 0 AND action = 'person.removed' AND subject = ''";
    assert_eq!(site.count(noted).await, 1);
}

#[tokio::test]
async fn nothing_is_removed_by_another_site_or_while_the_permission_cannot_be_given_back() {
    let site = Site::start().await;
    let mut ann = settled(&site).await;
    let forged = ann.request(reqwest::Method::DELETE, "/api/v1/me").header("sec-fetch-site", "cross-site");
    ann.send(forged).await.is_problem(403, "csrf_refused");
    site.services.script().logout_fails = true;
    ann.delete("/api/v1/me").await.is_problem(503, "twitch_unavailable");
    assert_eq!(ann.get("/api/v1/me").await.ok()["user"]["id"], "42");
    assert_eq!(site.count("SELECT COUNT(*) FROM opt_outs").await, 0);
    site.services.script().logout_fails = false;
    assert_eq!(ann.delete("/api/v1/me").await.status, 204, "it can be repeated");
}

#[tokio::test]
async fn who_comes_back_begins_anew() {
    let site = Site::start().await;
    let user = fresh_user();
    let mut ann = site.logged_in(user, &[7]).await;
    assert_eq!(ann.delete("/api/v1/me").await.status, 204);
    site.pass(Duration::from_secs(1));
    ann.log_in(user).await;
    assert_eq!(ann.get("/api/v1/me/export").await.ok()["viewer"], Value::Null);
    assert_eq!(TwitchUserId(user).to_string(), ann.get("/api/v1/me").await.ok()["user"]["id"]);
}
