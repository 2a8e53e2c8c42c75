//! Who is usually there, and who of them is missing.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::World;

/// Who was there, evening by evening. Account 1 is always there. Account 5 stayed away from the last two evenings,
/// account 2 from the last three, and from one before. Account 6 came in half of the evenings up to its last one,
/// account 4 twice, account 3 once.
const EVENINGS: [&[u32]; 9] = [
    &[1, 2, 3, 4, 5, 6],
    &[1, 2, 4, 5],
    &[1, 2, 5, 6],
    &[1, 5],
    &[1, 2, 5],
    &[1, 2, 5, 6],
    &[1, 5],
    &[1],
    &[1],
];

/// A broadcast of channel 7 with two captures five minutes apart: it counts for ten minutes.
async fn evening(world: &World, session: Uuid, day: u64, who: &[u32]) {
    let (stream, at) = (70 + day, |time: &str| format!("2026-11-{day:02} {time}"));
    world.stream(stream, 7, &at("20:00:00"), &at("22:00:00")).await;
    for time in ["20:05:00", "20:10:00"] {
        world.capture_of(session, 7, stream, &at(time), who).await;
    }
}

async fn evenings() -> (World, Uuid) {
    let world = World::new().await;
    let session = world.session().await;
    world.channel(7, "zoe").await;
    world.accounts(6).await;
    for (day, who) in (1..).zip(EVENINGS) {
        evening(&world, session, day, who).await;
    }
    (world, session)
}

async fn ask(world: &World, question: &str) -> Value {
    let said = world.service.get(&format!("/internal/v1/{question}")).await;
    assert_eq!(said.status, 200, "{}", said.body);
    said.body
}

/// Login; captures, minutes, broadcasts; broadcasts since the first one, streak, absent for.
fn people(body: &Value) -> Vec<Value> {
    let people = body["people"].as_array().unwrap().iter();
    people
        .map(|person| {
            json!([
                person["login"],
                person["captures"],
                person["minutes"],
                person["broadcasts"],
                person["broadcasts_since_first"],
                person["streak"],
                person["absent_for"]
            ])
        })
        .collect()
}

#[tokio::test]
async fn a_regular_who_stays_away_is_missing_until_they_come_back() {
    let (world, session) = evenings().await;
    let (second, fifth) = (json!(["user2", 10, 50, 5, 9, 0, 3]), json!(["user5", 14, 70, 7, 9, 0, 2]));
    for subject in [format!("sessions/{session}"), "channels/7".to_owned()] {
        let missing = format!("{subject}/participation?list=missing");
        for (absent, expected) in [
            ("", vec![&second]),
            ("&absent=3", vec![&second]),
            ("&absent=2", vec![&fifth, &second]),
            ("&absent=1", vec![&fifth, &second]),
            ("&absent=4", vec![]),
        ] {
            let told = people(&ask(&world, &format!("{missing}{absent}")).await);
            assert!(told.iter().eq(expected), "{subject} {absent}: {told:?}");
        }
        let first = ask(&world, &format!("{missing}&absent=2&limit=1")).await;
        let cursor = first["next_cursor"].as_str().unwrap();
        let next = ask(&world, &format!("{missing}&absent=2&limit=1&cursor={cursor}")).await;
        assert_eq!((people(&next), &next["next_cursor"]), (vec![second.clone()], &json!(null)));
    }

    evening(&world, session, 10, &[1, 2]).await;
    let missing = ask(&world, "channels/7/participation?list=missing").await;
    assert_eq!(people(&missing), [json!(["user5", 14, 70, 7, 10, 0, 3])]);
}

#[tokio::test]
async fn the_list_of_regulars_tells_of_everybody() {
    let (world, session) = evenings().await;
    let regulars = ask(&world, &format!("sessions/{session}/participation")).await;
    assert_eq!(regulars["accounts"], 6);
    assert_eq!(
        people(&regulars),
        [
            json!(["user1", 18, 90, 9, 9, 9, 0]),
            json!(["user5", 14, 70, 7, 9, 0, 2]),
            json!(["user2", 10, 50, 5, 9, 0, 3]),
            json!(["user6", 6, 30, 3, 9, 0, 3]),
            json!(["user4", 4, 20, 2, 9, 0, 7]),
            json!(["user3", 2, 10, 1, 9, 0, 8]),
        ]
    );
}
