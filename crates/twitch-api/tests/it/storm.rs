//! Twitch at its worst: every kind of fault at once, and the simulator's truth as the judge.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use twitch_sim::people::{GRANDE_VAGUE, HARBOR_LIGHT, LEA, PETIT_PIXEL};

use crate::rig::{Rig, channel};

const FAULTS: [&str; 17] = [
    "rate_limited_bucket",
    "rate_limited_endpoint",
    "unauthorized",
    "token_expired",
    "server_error",
    "unavailable",
    "invalid_cursor",
    "cut_body",
    "garbage_body",
    "empty_body",
    "blank_chatter",
    "duplicate_row",
    "lost_row",
    "repeated_page",
    "lost_page",
    "lost_cursor",
    "looping_cursor",
];

/// `STORM_READINGS` readings (60 by default) under `STORM_SHARE` of each fault (0.03): what is called complete equals the
/// truth, and a share of `STORM_ENOUGH` (0.25) is.
#[tokio::test(flavor = "multi_thread")]
async fn no_wrong_roster_is_called_complete() {
    let readings: u32 = variable("STORM_READINGS", 60);
    let share: f64 = variable("STORM_SHARE", 0.03);
    let enough: f64 = variable("STORM_ENOUGH", 0.25);
    let rig = Rig::start().await;
    let lea = rig.login(LEA).await;
    let mut rules: Vec<Value> = Vec::new();
    for kind in FAULTS.into_iter().chain(["total_drift", "short_page", "empty_page"]) {
        let paging = ["duplicate_row", "lost_row", "repeated_page", "lost_page"].contains(&kind);
        let rule = json!({ "endpoint": "GET /chat/chatters", "kind": kind, "probability": share, "paging": paging, "seconds": 0.1 });
        rules.push(rule);
    }
    rig.sim("POST", "sim/faults", json!(rules)).await;
    let (mut complete, mut told, mut broken) = (0, 0, 0);
    for reading in 0..readings {
        // Room and hour change, so that the truth does.
        let room = channel(if reading % 4 == 0 { PETIT_PIXEL } else { HARBOR_LIGHT });
        rig.sim("PUT", "sim/clock", json!({ "advance_seconds": 300 })).await;
        let truth = rig.truth(room).await;
        let Ok(read) = rig.try_read(room, lea).await else {
            broken += 1;
            continue;
        };
        match read.outcome {
            Some(outcome) if outcome.complete => {
                assert_eq!(
                    read.ids, truth,
                    "reading {reading}: a wrong roster was called complete: {outcome:?}"
                );
                complete += 1;
            }
            Some(outcome) => {
                assert!(outcome.reason.is_some());
                told += 1;
            }
            None => {
                assert!(read.problem.is_some(), "cut off without a word");
                broken += 1;
            }
        }
    }
    println!("{complete} complete and right, {told} called incomplete, {broken} broken off with a reason");
    assert!(f64::from(complete) >= f64::from(readings) * enough, "{complete} of {readings}");
    assert!(rig.api.grant(lea).await.unwrap().valid, "the grant was given up");
}

/// A room of 30,000 of which rows are lost and totals drift: what is called complete says by how much it may be off.
#[tokio::test(flavor = "multi_thread")]
async fn of_a_large_room_no_more_is_missing_than_is_called_uncertain() {
    let rig = Rig::start().await;
    let lea = rig.login(LEA).await;
    let room = channel(GRANDE_VAGUE);
    let rules: Vec<Value> = ["lost_row", "total_drift"]
        .map(|kind| json!({ "endpoint": "GET /chat/chatters", "kind": kind, "probability": 0.1 }))
        .into();
    rig.sim("POST", "sim/faults", json!(rules)).await;
    let (mut uncertain, mut told) = (0, 0);
    for _ in 0..variable("STORM_LARGE", 12) {
        rig.sim("PUT", "sim/clock", json!({ "advance_seconds": 300 })).await;
        let truth = rig.truth(room).await;
        let read = rig.try_read(room, lea).await.unwrap();
        let outcome = read.outcome.unwrap();
        if !outcome.complete {
            told += 1;
            continue;
        }
        let (truth, ids) = (BTreeSet::from_iter(truth), BTreeSet::from_iter(read.ids));
        let off = truth.symmetric_difference(&ids).count();
        assert!(off <= outcome.uncertain as usize, "{off} people are wrong: {outcome:?}");
        uncertain += usize::from(outcome.uncertain > 0);
    }
    println!("{uncertain} called uncertain, {told} incomplete");
    assert!(uncertain > 0, "totals never drifted");
}

fn variable<T: std::str::FromStr>(name: &str, default: T) -> T {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}
