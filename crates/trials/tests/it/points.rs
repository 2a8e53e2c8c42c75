//! What captures cost, counted by the one who charges for it.

use std::time::Duration;

use devstack::{Service, Stack};
use reqwest::Method;
use serde_json::json;
use trials::{person::Person, sim::Sim, stage::Stage};

/// Rooms of people of their own; together they are no multiple of a hundred, and one page is exactly full.
const SIZES: [u64; 4] = [2_501, 1_000, 999, 37];
const CAPTURES: &str = "SELECT COUNT(*) FROM captures WHERE status = 'complete'";
const UNKNOWN: &str = "SELECT COUNT(*) FROM accounts WHERE enriched_at IS NULL AND gone_at IS NULL";
const LIMIT: Duration = Duration::from_mins(1);

/// A capture of N chatters of whom m are unknown costs ceil(N / 1000) points of its moderator, and the m of all captures
/// together ceil(m / 100) of the application's. Whoever is gone is not asked about again.
#[tokio::test]
async fn captures_cost_no_more_points_than_they_must() {
    let builder =
        Stack::builder().relaxed().env(Service::TwitchApi, "RATE_LIMIT_REQUESTS_PER_SECOND", "1000");
    let stage = Stage::of(builder.start().await.expect("a stack")).await.expect("its stores");
    let sim = Sim::of(&stage.stack).expect("a simulator");
    let moderator = sim.people(1).await.expect("somebody")[0];
    let mut rooms = Vec::new();
    for chatters in SIZES {
        let room = json!({ "channels": 1, "chatters": chatters, "moderator": moderator });
        rooms.extend(sim.rooms(&room).await.expect("a room").iter().map(ToString::to_string));
    }
    let person = Person::log_in(stage.stack.public_url(), &moderator.to_string()).await.expect("a login");
    person.get("/api/v1/channels").await.expect("channels");

    let pages: u64 = SIZES.iter().map(|chatters| chatters.div_ceil(1_000)).sum();
    let batches = SIZES.iter().sum::<u64>().div_ceil(100);
    // Of each batch some are gone: that is an answer too.
    let gone = json!({ "endpoint": "GET /users", "kind": "absent_users", "probability": 1 });
    sim.ask(Method::POST, "faults", &gone).await.expect("a fault");
    assert_eq!(cost(&stage, &sim, &person, &rooms, 4).await, (pages, batches), "nobody was known");
    let gone =
        stage.number("SELECT COUNT(*) FROM accounts WHERE gone_at IS NOT NULL").await.expect("a count");
    assert!(gone > 100, "{gone} are gone");

    // A worker that remembers nobody, so that the table has to.
    let worker = stage.workers()[0];
    worker.kill9();
    worker.start().await.expect("a worker");
    assert_eq!(
        cost(&stage, &sim, &person, &rooms, 8).await,
        (pages, 0),
        "everybody was known, or known as gone"
    );
}

/// Captures all rooms, until there are `captures` and nobody waits to be enriched: calls for chatters and for users.
async fn cost(stage: &Stage, sim: &Sim, person: &Person, rooms: &[String], captures: i64) -> (u64, u64) {
    sim.count_anew().await.expect("an answer");
    let asked = json!({ "channel_ids": rooms });
    // Within ten seconds it is the same capture: asked again until there are new ones.
    devstack::wait::until("the next slot", LIMIT, || async {
        person.post("/api/v1/captures", &asked).await.expect("a promise");
        let all = stage.number("SELECT COUNT(*) FROM captures").await.expect("a count");
        (all == captures).then_some(())
    })
    .await
    .expect("new captures");
    stage.until("the captures", CAPTURES, captures, LIMIT).await.expect("rosters");
    stage.until("enrichment", UNKNOWN, 0, LIMIT).await.expect("profiles");
    let counts = sim.counts().await.expect("an answer");
    assert_eq!(counts.answers(429), 0);
    (counts.requests("GET /chat/chatters"), counts.requests("GET /users"))
}
