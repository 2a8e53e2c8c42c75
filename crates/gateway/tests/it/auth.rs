//! Logging in with Twitch, and everything that can go wrong on the way.

use std::{sync::Arc, time::Duration};

use serde_json::json;
use tokio::{sync::Semaphore, task::JoinSet, time::timeout};

use crate::site::Site;

#[tokio::test]
async fn one_logs_in_is_known_and_logs_out() {
    let site = Site::start().await;
    let mut browser = site.browser();
    browser.get("/api/v1/me").await.is_problem(401, "not_authenticated");

    browser.log_in(42).await;
    let me = browser.get("/api/v1/me").await.ok();
    assert_eq!(me["user"]["id"], "42");
    assert_eq!(me["user"]["login"], "user42");
    assert_eq!(me["scopes"], json!(["moderator:read:chatters"]));
    assert_eq!(me["grant"], "valid");

    let mut copy = browser.at(&site.url);
    assert_eq!(browser.post("/auth/logout", &json!({})).await.status, 204);
    assert_eq!(browser.cookie, None, "the cookie is taken back");
    assert_eq!(site.services.script().logged_out, [42]);
    copy.get("/api/v1/me").await.is_problem(401, "not_authenticated");
    assert_eq!(browser.post("/auth/logout", &json!({})).await.status, 204, "twice is no mistake");
}

#[tokio::test]
async fn the_state_is_long_and_never_the_same() {
    let site = Site::start().await;
    let mut browser = site.browser();
    let one = browser.begin_login("/auth/login").await;
    let other = browser.begin_login("/auth/login").await;
    assert_ne!(one, other);
    assert_eq!(one.len(), 43, "256 bits in base64");
    // Two tabs: the first can be finished as well.
    assert_eq!(browser.come_back(&one, 42).await.location(), "/channels");
}

#[tokio::test]
async fn one_goes_where_one_wanted_to_but_never_elsewhere() {
    let site = Site::start().await;
    for (wish, end) in [
        ("/sessions/x%3Fchannel=1", "/sessions/x?channel=1"),
        ("//evil.example/", "/channels"),
        ("https%3A%2F%2Fevil.example", "/channels"),
    ] {
        let mut browser = site.browser();
        let state = browser.begin_login(&format!("/auth/login?return_to={wish}")).await;
        assert_eq!(browser.come_back(&state, 42).await.location(), end, "{wish}");
    }
}

#[tokio::test]
async fn denied_consent_is_told_and_uses_the_state_up() {
    let site = Site::start().await;
    let mut browser = site.browser();
    let state = browser.begin_login("/auth/login").await;
    let denied = format!("/auth/callback?error=access_denied&error_description=no&state={state}");
    assert_eq!(browser.get(&denied).await.location(), "/?error=access_denied");
    assert_eq!(browser.get(&denied).await.location(), "/?error=state_mismatch");
    assert_eq!(browser.come_back(&state, 42).await.location(), "/?error=state_mismatch");
    let state = browser.begin_login("/auth/login?return_to=/channels/zoe%3Fstream=7").await;
    let denied = format!("/auth/callback?error=access_denied&state={state}");
    assert_eq!(
        browser.get(&denied).await.location(),
        "/?error=access_denied&return_to=%2Fchannels%2Fzoe%3Fstream%3D7",
        "the next login leads there"
    );
    assert!(site.services.script().exchanged.is_empty());
    browser.get("/api/v1/me").await.is_problem(401, "not_authenticated");
}

#[tokio::test]
async fn a_denial_needs_the_state_as_well() {
    let site = Site::start().await;
    let mut browser = site.browser();
    browser.begin_login("/auth/login").await;
    let answer = browser.get("/auth/callback?error=access_denied&state=made-up").await;
    assert_eq!(answer.location(), "/?error=state_mismatch");
}

#[tokio::test]
async fn a_wrong_or_missing_or_foreign_state_is_refused() {
    let site = Site::start().await;
    let (mut victim, mut attacker) = (site.browser(), site.browser());
    victim.begin_login("/auth/login").await;
    let foreign = attacker.begin_login("/auth/login").await;
    for query in
        ["code=code-42", "code=code-42&state=", "code=code-42&state=x", &format!("code=c&state={foreign}")]
    {
        let answer = victim.get(&format!("/auth/callback?{query}")).await;
        assert_eq!(answer.location(), "/?error=state_mismatch", "{query}");
    }
    assert_eq!(site.browser().come_back(&foreign, 42).await.location(), "/?error=state_mismatch");
    assert!(site.services.script().exchanged.is_empty());
}

#[tokio::test]
async fn a_state_works_once() {
    let site = Site::start().await;
    let mut browser = site.browser();
    let state = browser.begin_login("/auth/login").await;
    let mut before = browser.at(&site.url);
    assert_eq!(browser.come_back(&state, 42).await.location(), "/channels");
    assert_eq!(browser.come_back(&state, 42).await.location(), "/?error=state_mismatch");
    assert_eq!(before.come_back(&state, 42).await.location(), "/?error=state_mismatch");
    assert_eq!(site.services.script().exchanged.len(), 1);
    browser.get("/api/v1/me").await.ok();
}

#[tokio::test]
async fn of_many_answers_at_once_one_counts() {
    let site = Site::start().await;
    let mut browser = site.browser();
    let state = browser.begin_login("/auth/login").await;
    let gate = Arc::new(Semaphore::new(0));
    site.services.script().exchange_gate = Some(gate.clone());
    let mut answers = JoinSet::new();
    for _ in 0..8 {
        let (mut browser, state) = (browser.at(&site.url), state.clone());
        answers.spawn(async move { browser.come_back(&state, 42).await.location().to_owned() });
    }
    // While one's code is being exchanged, the others are refused.
    for _ in 0..7 {
        let refused = timeout(Duration::from_secs(20), answers.join_next()).await.expect("a refusal");
        assert_eq!(refused.unwrap().unwrap(), "/?error=state_mismatch");
    }
    gate.add_permits(1);
    assert_eq!(answers.join_next().await.unwrap().unwrap(), "/channels");
    assert_eq!(site.services.script().exchanged.len(), 1);
}

#[tokio::test]
async fn a_state_is_good_for_a_quarter_of_an_hour() {
    let site = Site::start().await;
    let mut browser = site.browser();
    let state = browser.begin_login("/auth/login").await;
    site.pass(Duration::from_mins(16));
    assert_eq!(browser.come_back(&state, 42).await.location(), "/?error=state_mismatch");
}

#[tokio::test]
async fn what_twitch_refuses_is_told() {
    let site = Site::start().await;
    let mut browser = site.browser();
    for (refusal, told) in [("missing_scope", "missing_scope"), ("Strange/Code", "login_failed")] {
        site.services.script().exchange_fails = Some(refusal);
        let state = browser.begin_login("/auth/login").await;
        assert_eq!(browser.come_back(&state, 42).await.location(), format!("/?error={told}"));
    }
    site.services.script().twitch_is_down = true;
    let state = browser.begin_login("/auth/login").await;
    assert_eq!(browser.come_back(&state, 42).await.location(), "/?error=twitch_unavailable");
    assert_eq!(site.count("SELECT COUNT(*) FROM users").await, 0);
}

#[tokio::test]
async fn without_twitch_api_no_login_begins() {
    let mut site = Site::start().await;
    let gone = format!("http://{}/", crate::site::nobody().await);
    let url = site.replica(&[("TWITCH_API_URL", &gone)]).await;
    let mut browser = site.browser().at(&url);
    assert_eq!(browser.get("/auth/login").await.location(), "/?error=twitch_unavailable");
}

#[tokio::test]
async fn the_grants_state_is_told_even_when_twitch_api_is_not_well() {
    let site = Site::start().await;
    let mut browser = site.logged_in(42, &[]).await;
    site.services.script().token_is_lost = true;
    assert_eq!(browser.get("/api/v1/me").await.ok()["grant"], "lost");
    site.services.script().twitch_is_down = true;
    let me = browser.get("/api/v1/me").await.ok();
    assert_eq!(me["grant"], "unknown");
    assert_eq!(me["scopes"], json!(["moderator:read:chatters"]), "as allowed at the login");
}
