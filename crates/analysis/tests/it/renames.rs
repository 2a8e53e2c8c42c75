//! Who changed their names often, and what they were called.

use common::{clients::twitch_api::Chatter, db::accounts};
use serde_json::{Value, json};

use crate::support::{World, time};

/// Accounts, and what they call themselves after `User<n>`: a new display name an hour. The login is the same in small
/// letters, so one of these changes leaves it as it was.
const STORY: [(u32, &[&str]); 4] = [
    (1, &["Ada", "Lovelace", "Ada"]),
    (2, &["Bob", "BOB", "Bobby", "Rob"]),
    (3, &["Cy", "Cyd"]),
    // Nobody of the session.
    (4, &["Dee", "Di", "Dora", "Dot", "Dana"]),
];

async fn rename(world: &World, account: u32, hour: usize, name: &str) {
    let renamed = Chatter((1000 + u64::from(account)).into(), name.to_lowercase(), name.to_owned());
    let at = time(&format!("2026-11-02 {hour:02}:00:00"));
    let mut connection = world.pool.acquire().await.unwrap();
    accounts::rename(&mut connection, &[renamed], at).await.unwrap();
}

/// What is to be told of an account with this story.
fn told(account: u32, later: &[&str]) -> Value {
    let first = format!("User{account}");
    let mut names: Vec<&str> = std::iter::once(first.as_str()).chain(later.iter().copied()).collect();
    let now = names.pop().unwrap();
    let former: Vec<Value> = (1..)
        .zip(names)
        .map(|(hour, name)| {
            let replaced_at = format!("2026-11-02T{hour:02}:00:00Z");
            json!({ "login": name.to_lowercase(), "display_name": name, "replaced_at": replaced_at })
        })
        .collect();
    json!({ "login": now.to_lowercase(), "display_name": now, "names": former })
}

async fn ask(world: &World, question: &str) -> Value {
    let said = world.service.get(&format!("/internal/v1/{question}")).await;
    assert_eq!(said.cache(), "MISS", "{question}");
    said.body
}

fn people(body: &Value) -> Vec<Value> {
    let people = body["people"].as_array().unwrap().iter();
    people
        .map(|person| {
            json!({ "login": person["login"], "display_name": person["display_name"], "names": person["names"] })
        })
        .collect()
}

#[tokio::test]
async fn those_who_were_renamed_often_are_told_with_their_former_names() {
    let world = World::new().await;
    let session = world.session().await;
    world.accounts(6).await;
    world.capture(session, 7, "2026-11-01 20:00:00", &[1, 3, 5]).await;
    world.capture(session, 9, "2026-11-01 20:00:00", &[2, 3]).await;
    world.capture(world.session().await, 7, "2026-11-01 20:05:00", &[4]).await;
    for (account, later) in STORY {
        for (hour, name) in (1..).zip(later) {
            rename(&world, account, hour, name).await;
        }
    }
    let renames = format!("sessions/{session}/renames");
    let [ada, bob, cy] = [0, 1, 2].map(|place: usize| told(STORY[place].0, STORY[place].1));

    for (parameters, expected) in [
        ("", vec![&ada, &bob]),
        ("?min=1", vec![&ada, &bob, &cy]),
        ("?min=4", vec![&bob]),
        ("?min=5", vec![]),
        ("?min=2&channel=7", vec![&ada, &cy]),
        ("?min=2&channel=9", vec![&bob, &cy]),
    ] {
        let body = ask(&world, &format!("{renames}{parameters}")).await;
        assert_eq!(body["accounts"], expected.len(), "{parameters}");
        let people = people(&body);
        assert!(people.iter().eq(expected), "{parameters}: {people:?}");
    }

    let first = ask(&world, &format!("{renames}?min=2&limit=2")).await;
    assert_eq!((people(&first), &first["accounts"]), (vec![ada.clone(), bob.clone()], &json!(3)));
    let cursor = first["next_cursor"].as_str().unwrap();
    let next = ask(&world, &format!("{renames}?min=2&limit=2&cursor={cursor}")).await;
    assert_eq!((people(&next), &next["next_cursor"]), (vec![cy], &json!(null)));

    // A third new name is often.
    rename(&world, 3, 3, "Cyril").await;
    assert_eq!(people(&ask(&world, &renames).await), [ada, bob, told(3, &["Cy", "Cyd", "Cyril"])]);
}
