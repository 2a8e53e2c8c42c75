//! Reading rosters from a Twitch that misbehaves. The simulator's truth is the judge: what is called complete equals
//! it.

use std::sync::atomic::{AtomicU64, Ordering};

use common::clients::twitch_api::PATIENCE;
use futures_util::{StreamExt as _, stream::FuturesUnordered};
use serde_json::{Value, json};
use twitch_sim::people::{HARBOR_LIGHT, LEA, NEW_FACE, PETIT_PIXEL};

use crate::{
    front::Fault,
    rig::{Rig, channel},
};

const CHATTERS: &str = "chat/chatters";

type Edit = fn(&mut Value);

#[tokio::test(flavor = "multi_thread")]
async fn all_pages_of_a_room_are_its_roster() {
    let rig = Rig::start().await;
    let lea = rig.login(LEA).await;
    let harbor = channel(HARBOR_LIGHT);
    let read = rig.read(harbor, lea).await;
    let truth = rig.truth(harbor).await;
    assert_eq!(read.ids, truth);
    let outcome = read.outcome.unwrap();
    assert!(outcome.complete, "{outcome:?}");
    assert_eq!(outcome.received as usize, truth.len());
    assert_eq!(outcome.pages as usize, truth.len().div_ceil(1_000));
    assert_eq!(rig.front.count(CHATTERS), truth.len().div_ceil(1_000), "more points than pages");
    assert_eq!(
        read.pages.iter().map(|page| page.page).collect::<Vec<_>>(),
        (1..=outcome.pages).collect::<Vec<_>>()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn troubles_that_pass_do_not_show() {
    let rig = Rig::start().await;
    let lea = rig.login(LEA).await;
    let harbor = channel(HARBOR_LIGHT);
    let troubles = [
        Fault::Status(500, "oops"),
        Fault::Status(503, "down"),
        Fault::Limited(0, 30),
        Fault::Limited(700, 30),
        Fault::Garbage,
        Fault::Cut,
        Fault::Status(400, "Invalid cursor."),
    ];
    let truth = rig.truth(harbor).await;
    for (number, trouble) in troubles.into_iter().enumerate() {
        rig.front.misbehave(CHATTERS, 1, 1, trouble);
        let read = rig.read(harbor, lea).await;
        assert!(read.outcome.is_some_and(|outcome| outcome.complete), "trouble {number}: {:?}", read.problem);
        assert_eq!(read.ids, truth, "trouble {number}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn troubles_that_stay_are_told_in_the_last_line() {
    let rig = Rig::start().await;
    let lea = rig.login(LEA).await;
    let troubles = [
        (Fault::Status(503, "down"), 2, "twitch_unavailable"),
        (Fault::Status(403, "The user does not have moderator permissions."), 1, "not_moderator"),
        (Fault::Garbage, 2, "twitch_protocol"),
        (Fault::Status(401, "Missing scope: moderator:read:chatters"), 1, "missing_scope"),
        (Fault::Status(400, "Invalid cursor."), 2, "twitch_protocol"),
    ];
    for (trouble, times, code) in troubles {
        rig.front.misbehave(CHATTERS, 1, times, trouble);
        let read = rig.read(channel(HARBOR_LIGHT), lea).await;
        assert_eq!(read.problem.unwrap().code, code);
        assert_eq!((read.pages.len(), read.outcome), (1, None), "{code}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn troubles_before_the_first_page_are_problem_documents() {
    let rig = Rig::start().await;
    let face = rig.login(NEW_FACE).await;
    let error = rig.api.chatters(channel(PETIT_PIXEL), face).await.map(drop).unwrap_err();
    assert_eq!(error.code(), "not_moderator");
    let own = rig.read(channel(NEW_FACE), face).await;
    assert!(own.outcome.unwrap().complete);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_list_is_never_called_complete() {
    let rig = Rig::start().await;
    let lea = rig.login(LEA).await;
    let harbor = channel(HARBOR_LIGHT);
    let truth = rig.truth(harbor).await;
    let lies: [(&str, Edit); 6] = [
        ("a lost row", |page| drop(page["data"].as_array_mut().unwrap().remove(7))),
        ("a lost page", |page| page["data"] = json!([])),
        ("a lost cursor", |page| page["pagination"] = json!({})),
        ("a blank for somebody", |page| {
            page["data"][3] = json!({"user_id": "", "user_login": "", "user_name": ""});
        }),
        ("a row told twice and one lost", |page| page["data"][0] = page["data"][1].clone()),
        ("a total too high", |page| page["total"] = json!(page["total"].as_u64().unwrap() + 2)),
    ];
    for (lie, edit) in lies {
        rig.front.misbehave(CHATTERS, 1, 1, Fault::edit(edit));
        let read = rig.read(harbor, lea).await;
        let outcome = read.outcome.unwrap();
        assert!(!outcome.complete && outcome.reason.is_some(), "{lie}: {outcome:?}");
    }
    let truths: [(&str, Edit); 2] = [
        ("a blank too many", |page| {
            page["data"]
                .as_array_mut()
                .unwrap()
                .insert(3, json!({"user_id": "", "user_login": "", "user_name": ""}));
        }),
        ("a row told twice", |page| {
            let again = page["data"][0].clone();
            page["data"].as_array_mut().unwrap().push(again);
        }),
    ];
    for (oddity, edit) in truths {
        rig.front.misbehave(CHATTERS, 1, 1, Fault::edit(edit));
        let read = rig.read(harbor, lea).await;
        assert!(read.outcome.unwrap().complete, "{oddity}");
        assert_eq!(read.ids, truth, "{oddity}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_that_leads_back_ends_the_walk() {
    let rig = Rig::start().await;
    let lea = rig.login(LEA).await;
    // Pages 2 and on name the same next page.
    rig.front.misbehave(
        CHATTERS,
        0,
        50,
        Fault::edit(|page| {
            if page["pagination"]["cursor"].is_string() {
                page["data"] = json!([]);
            }
        }),
    );
    let read = rig.read(channel(HARBOR_LIGHT), lea).await;
    assert!(!read.outcome.unwrap().complete);
    rig.front.behave();
    rig.front.clear();
    let first = std::sync::Mutex::new(None);
    rig.front.misbehave(
        CHATTERS,
        0,
        50,
        Fault::edit(move |page| {
            let cursor = first.lock().unwrap().get_or_insert_with(|| page["pagination"].clone()).clone();
            page["pagination"] = cursor;
        }),
    );
    let outcome = rig.read(channel(HARBOR_LIGHT), lea).await.outcome.unwrap();
    assert_eq!((outcome.complete, outcome.reason.as_deref()), (false, Some("cursor_repeated")));
    assert_eq!(rig.front.count(CHATTERS), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn cursors_without_end_are_followed_up_to_a_cap() {
    let rig = Rig::start().await;
    let lea = rig.login(LEA).await;
    let asked = AtomicU64::new(0);
    rig.front.replace(CHATTERS, move |_| {
        let page = asked.fetch_add(1, Ordering::Relaxed);
        let row = |n: u64| {
            let id = 20_000_000 + 100 * page + n;
            json!({ "user_id": id.to_string(), "user_login": format!("u{id}"), "user_name": format!("U{id}") })
        };
        let data: Vec<Value> = (0..100).map(row).collect();
        json!({ "data": data, "pagination": { "cursor": format!("fresh-{page}") }, "total": 1_500 })
    });
    rig.front.clear();
    let outcome = rig.read(channel(PETIT_PIXEL), lea).await.outcome.unwrap();
    assert_eq!((outcome.complete, outcome.reason.as_deref()), (false, Some("too_many_pages")));
    // Twice the two pages that the total asks for, and eight more.
    assert_eq!((outcome.pages, outcome.received, rig.front.count(CHATTERS)), (12, 1_200, 12));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_in_a_hurry_is_told_at_once() {
    let rig = Rig::start().await;
    let lea = rig.login(LEA).await;
    rig.front.misbehave(CHATTERS, 0, 1, Fault::Limited(0, 60));
    let url = format!("internal/v1/channels/{PETIT_PIXEL}/chatters?as={lea}");
    let request =
        rig.http.get(rig.api_url.join(&url).unwrap()).bearer_auth("0123456789abcdef0123456789abcdef");
    let answer = request.header("x-deadline-ms", "500").send().await.unwrap();
    assert_eq!(answer.status(), 429);
    assert!(answer.headers().contains_key("retry-after"));
    let problem: Value = answer.json().await.unwrap();
    assert_eq!(problem["code"], "budget_exhausted");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_would_wait_too_long_is_told_at_once() {
    let rig = Rig::start_with(&[("RATE_LIMIT_REQUESTS_PER_SECOND", "1")]).await;
    let lea = rig.login(LEA).await;
    // A point a second for forty callers, none of whom says how long they would wait.
    let mut asking: FuturesUnordered<_> = (0..40).map(|_| rig.try_read(channel(PETIT_PIXEL), lea)).collect();
    let (mut read, mut told) = (0, 0);
    while told < 9 {
        match asking.next().await.unwrap() {
            Ok(_) => read += 1,
            Err(error) => {
                assert_eq!(error.code(), "budget_exhausted");
                assert!(error.retry_after().unwrap() >= PATIENCE);
                told += 1;
            }
        }
    }
    assert!(read < 20, "{read} were read before the last was told");
}
