//! Comparisons of a part of what two sides have.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Said, World};

/// A session with two evenings on channels 7 and 9.
async fn story(world: &World) -> Uuid {
    let session = world.session().await;
    world.channel(7, "zoe").await;
    world.channel(9, "adam").await;
    world.accounts(20).await;
    for (channel, at, who) in [
        (7, "2026-11-01 20:00:00", &[1, 2, 3][..]),
        (7, "2026-11-02 20:00:00", &[1, 4]),
        (9, "2026-11-01 20:00:00", &[10, 11]),
        (9, "2026-11-02 20:00:00", &[1, 10]),
    ] {
        world.capture(session, channel, at, who).await;
    }
    session
}

/// How many are in `a` and `b`, and how many arrived, left and stayed.
fn sizes(said: &Said) -> Value {
    let Said { body, .. } = said;
    json!([body["a"]["accounts"], body["b"]["accounts"], body["arrived"], body["left"], body["stayed"]])
}

#[tokio::test]
async fn a_filter_holds_for_both_sides() {
    let world = World::new().await;
    let session = story(&world).await;
    let base = format!("/internal/v1/compare?a=session:{session}&b=channel:7");
    for (filter, expected) in [
        ("", [6, 4, 0, 2, 4]),
        ("&channel=7", [4, 4, 0, 0, 4]),
        ("&channel=9", [3, 0, 0, 3, 0]),
        ("&channel=7,9", [6, 4, 0, 2, 4]),
        ("&from=2026-11-02T00:00:00Z", [3, 2, 0, 1, 2]),
        ("&to=2026-11-02T00:00:00Z", [5, 3, 0, 2, 3]),
        ("&channel=7&from=2026-11-02T00:00:00Z", [2, 2, 0, 0, 2]),
        ("&channel=9&to=2026-11-02T00:00:00Z", [2, 0, 0, 2, 0]),
        ("&channel=7&from=2027-01-01T00:00:00Z", [0, 0, 0, 0, 0]),
    ] {
        let said = world.service.get(&format!("{base}{filter}")).await;
        assert_eq!((said.cache(), sizes(&said)), ("MISS", json!(expected)), "{filter}");
        assert_eq!(world.service.get(&format!("{base}{filter}")).await.cache(), "HIT", "{filter}");
    }
    let other_order = world.service.get(&format!("{base}&channel=9&channel=7")).await;
    assert_eq!(other_order.cache(), "HIT");

    let one = world.service.get(&format!("{base}&channel=9&list=left&limit=2")).await;
    let coverage = |side: &str| one.body[side]["coverage"]["captures"].clone();
    assert_eq!((coverage("a"), coverage("b")), (json!(2), json!(0)));
    let logins = |said: &Said| -> Vec<Value> {
        said.body["people"].as_array().unwrap().iter().map(|person| person["login"].clone()).collect()
    };
    assert_eq!(logins(&one), ["user1", "user10"]);
    let cursor = one.body["next_cursor"].as_str().unwrap();
    let rest = format!("{base}&channel=9&list=left&limit=2&cursor={cursor}");
    assert_eq!(logins(&world.service.get(&rest).await), ["user11"]);

    world.capture(session, 7, "2026-11-02 20:05:00", &[5]).await;
    let said = world.service.get(&format!("{base}&channel=7&from=2026-11-02T00:00:00Z")).await;
    assert_eq!((said.cache(), sizes(&said)), ("MISS", json!([3, 3, 0, 0, 3])));
}

#[tokio::test]
async fn a_stream_without_captures_is_nobody() {
    let world = World::new().await;
    let session = story(&world).await;
    world.stream(70, 11, "2026-11-03 20:00:00", "2026-11-03 21:00:00").await;
    let base = format!("/internal/v1/compare?a=session:{session}&b=stream:70");
    for (filter, expected) in
        [("", [6, 0, 0, 6, 0]), ("&channel=7", [4, 0, 0, 4, 0]), ("&channel=11", [0; 5])]
    {
        let said = world.service.get(&format!("{base}{filter}")).await;
        assert_eq!((said.cache(), sizes(&said)), ("MISS", json!(expected)), "{filter}");
    }
    let absent = world.service.get(&format!("{base}&channel=12")).await;
    assert_eq!(absent.problem(), (404, "channel_not_in_session"));
}

#[tokio::test]
async fn filters_that_make_no_sense_are_refused() {
    let world = World::new().await;
    let session = story(&world).await;
    let base = format!("/internal/v1/compare?a=session:{session}&b=channel:7");
    let many = (0..101).map(|id| id.to_string()).collect::<Vec<_>>().join(",");
    for (filter, problem) in [
        ("channel=8", (404, "channel_not_in_session")),
        ("channel=7,8", (404, "channel_not_in_session")),
        ("channel=zoe", (400, "channel_invalid")),
        (&format!("channel={many}"), (400, "too_many_channels")),
        ("from=yesterday", (400, "time_invalid")),
        ("from=2026-11-02T00:00:00Z&to=2026-11-01T00:00:00Z", (400, "range_inverted")),
        ("chanel=7", (400, "parameter_unknown")),
        ("a=channel:7", (400, "parameter_repeated")),
    ] {
        assert_eq!(world.service.get(&format!("{base}&{filter}")).await.problem(), problem, "{filter}");
    }
    // A channel that is asked about is known, also when nothing is left of it.
    let empty = "/internal/v1/compare?a=channel:7&b=channel:7&channel=7&from=2027-01-01T00:00:00Z";
    assert_eq!(sizes(&world.service.get(empty).await), json!([0, 0, 0, 0, 0]));
}
