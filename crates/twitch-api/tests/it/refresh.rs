//! Tokens that Twitch refuses.

use std::{
    sync::{Mutex, mpsc},
    time::Duration,
};

use common::{events::Event, ids::UserId};
use futures_util::future::join_all;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Executor as _, MySqlPool};
use tokio::{runtime::Handle, task::block_in_place, time::Instant};
use twitch_sim::people::{LEA, PETIT_PIXEL};

use crate::{
    front::Fault,
    rig::{Rig, TOKEN, channel},
};

const REFRESH: &str = "grant_type=refresh_token";

/// World time moves past the life of every user's access token.
async fn expire(rig: &Rig) {
    rig.sim("PUT", "sim/clock", json!({ "advance_seconds": 5 * 3600 })).await;
}

/// A schedule that rests on `user`'s grant.
async fn schedule(rig: &Rig, user: UserId) {
    let schedule = sqlx::query(
        "INSERT INTO schedules (channel_id, user_id, interval_minutes, next_slot, created_at, updated_at)
         VALUES (10000002, ?, 5, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))",
    );
    schedule.bind(user.0).execute(&rig.pool).await.unwrap();
}

/// Twitch's answer is held back until the sender is dropped.
fn held() -> (mpsc::Sender<()>, Fault) {
    let (release, released) = mpsc::channel();
    let released = Mutex::new(released);
    let held = Fault::edit(move |_| {
        block_in_place(|| {
            let _ = released.lock().unwrap().recv();
        });
    });
    (release, held)
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
    schedule(&rig, lea).await;
    expire(&rig).await;
    rig.front.clear();
    rig.front.misbehave("oauth2/token", 0, 9, Fault::Status(400, "Invalid refresh token"));
    for _ in 0..3 {
        let error = rig.api.chatters(channel(PETIT_PIXEL), lea).await.map(drop).unwrap_err();
        assert_eq!(error.code(), "token_lost");
    }
    assert_eq!(rig.front.count(REFRESH), 1, "it was tried again");
    assert_eq!(rig.stored(lea).await, (1, Some("refresh_token_invalid".to_owned())));
    assert_eq!(paused_reason(&rig.pool).await.unwrap(), "token_lost");
    let grant = rig.api.grant(lea).await.unwrap();
    assert_eq!((grant.valid, grant.reason.as_deref()), (false, Some("refresh_token_invalid")));

    rig.front.behave();
    rig.login(LEA).await;
    assert!(rig.api.grant(lea).await.unwrap().valid);
    assert_eq!(paused_reason(&rig.pool).await, None, "a new login resumes");
}

async fn paused_reason(pool: &MySqlPool) -> Option<String> {
    sqlx::query_scalar("SELECT paused_reason FROM schedules").fetch_one(pool).await.unwrap()
}

/// Ends the connection of this database whose transaction has been open for longest, as if it had been cut.
async fn cut_transaction(pool: &MySqlPool) {
    let oldest = "SELECT CAST(trx.trx_mysql_thread_id AS UNSIGNED)
                  FROM information_schema.innodb_trx AS trx
                  JOIN information_schema.processlist AS process ON process.id = trx.trx_mysql_thread_id
                  WHERE process.db = DATABASE() AND process.command = 'Sleep'
                  ORDER BY trx.trx_started LIMIT 1";
    let deadline = Instant::now() + Duration::from_secs(3);
    loop {
        let found: Option<u64> = sqlx::query_scalar(oldest).fetch_optional(pool).await.unwrap();
        if let Some(connection) = found {
            pool.execute(AssertSqlSafe(format!("KILL {connection}"))).await.unwrap();
            return;
        }
        assert!(Instant::now() < deadline, "no transaction is open");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_condemned_while_its_new_token_was_on_its_way_is_honoured_again() {
    let rig = Rig::start().await;
    let (second, _) = rig.replica(&[]).await;
    let lea = rig.login(LEA).await;
    schedule(&rig, lea).await;
    rig.sim("PUT", "sim/oauth", json!({ "rotation": "always" })).await;
    expire(&rig).await;
    rig.front.clear();
    // Twitch has given the first replica new tokens, which loses its lock on the row before it hears of them. The second
    // one finds the old refresh token spent.
    let (pool, other) = (rig.pool.clone(), second.clone());
    let meanwhile = Fault::edit(move |_| {
        let condemning = async {
            cut_transaction(&pool).await;
            let error = other.chatters(channel(PETIT_PIXEL), lea).await.map(drop).unwrap_err();
            assert_eq!(error.code(), "token_lost");
            assert_eq!(paused_reason(&pool).await.unwrap(), "token_lost");
        };
        block_in_place(|| Handle::current().block_on(condemning));
    });
    rig.front.misbehave("oauth2/token", 0, 1, meanwhile);
    rig.read(channel(PETIT_PIXEL), lea).await.outcome.unwrap();
    assert_eq!(rig.front.count(REFRESH), 2);
    assert_eq!(rig.stored(lea).await, (2, None));
    assert_eq!(paused_reason(&rig.pool).await, None, "the schedule waits for a login that nobody needs");
    let is_ahead = sqlx::query_scalar("SELECT next_slot > UTC_TIMESTAMP(6) FROM schedules");
    let is_ahead: i64 = is_ahead.fetch_one(&rig.pool).await.unwrap();
    assert_eq!(is_ahead, 1, "slots of the pause are made up for");
    second.chatters(channel(PETIT_PIXEL), lea).await.map(drop).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_that_grants_less_loses_the_grant_and_one_that_names_no_scopes_keeps_them() {
    let rig = Rig::start().await;
    let lea = rig.login(LEA).await;
    schedule(&rig, lea).await;
    expire(&rig).await;
    let silent = Fault::edit(|answer| {
        answer.as_object_mut().unwrap().remove("scope");
    });
    rig.front.misbehave("oauth2/token", 0, 1, silent);
    rig.read(channel(PETIT_PIXEL), lea).await.outcome.unwrap();
    assert_eq!(rig.stored(lea).await, (2, None));
    assert_eq!(rig.api.grant(lea).await.unwrap().scopes.len(), 2);

    expire(&rig).await;
    let fewer = Fault::edit(|answer| answer["scope"] = json!(["moderator:read:chatters"]));
    rig.front.misbehave("oauth2/token", 0, 1, fewer);
    let error = rig.api.chatters(channel(PETIT_PIXEL), lea).await.map(drop).unwrap_err();
    assert_eq!(error.code(), "token_lost");
    assert_eq!(rig.stored(lea).await, (2, Some("scopes_withdrawn".to_owned())));
    assert_eq!(paused_reason(&rig.pool).await.unwrap(), "token_lost");
}

/// A caller who waits for 300 ms is told so.
async fn is_told_in_time(request: reqwest::RequestBuilder) {
    let answer = request.bearer_auth(TOKEN).header("x-deadline-ms", "300").send().await.unwrap();
    assert_eq!(answer.status(), 429);
    let problem: Value = answer.json().await.unwrap();
    assert_eq!(problem["code"], "budget_exhausted");
    assert!(problem["retry_after"].as_u64().unwrap() > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_waits_for_a_token_beyond_the_deadline_and_a_refresh_is_stored_all_the_same() {
    let rig = Rig::start().await;
    let lea = rig.login(LEA).await;
    expire(&rig).await;
    let (release, fault) = held();
    rig.front.misbehave("oauth2/token", 0, 1, fault);
    let url = format!("internal/v1/channels/{PETIT_PIXEL}/chatters?as={lea}");
    is_told_in_time(rig.http.get(rig.api_url.join(&url).unwrap())).await;
    assert_eq!(rig.stored(lea).await, (1, None));
    drop(release);
    rig.eventually("the refresh is stored", || async { rig.stored(lea).await == (2, None) }).await;

    let (release, fault) = held();
    rig.front.misbehave("oauth2/token", 0, 1, fault);
    let accounts = rig.http.post(rig.api_url.join("internal/v1/accounts").unwrap());
    is_told_in_time(accounts.json(&json!({ "ids": [lea.to_string()] }))).await;
    drop(release);
    assert_eq!(rig.api.accounts(vec![lea.0.into()]).await.unwrap().accounts.len(), 1);
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
