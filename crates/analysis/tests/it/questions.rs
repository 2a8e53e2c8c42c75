//! Every question over HTTP, on one small world whose answers are known.

use serde_json::json;
use uuid::Uuid;

use crate::support::{World, time};

/// Channel 7 has three broadcasts (captured 2026-11-01, -02 and -03 at 20:00, 20:05 …), channel 9 one.
async fn story(world: &World) -> (Uuid, Vec<u64>) {
    let session = world.session().await;
    world.channel(7, "zoe").await;
    world.channel(9, "adam").await;
    world.accounts(50).await;
    // Somebody else's session saw account 1 on channel 7 long before.
    let other = world.session().await;
    world.capture(other, 7, "2026-10-01 20:00:00", &[1]).await;
    let mut ids = Vec::new();
    for (channel, at, who) in [
        (7, "2026-11-01 20:00:00", &[1, 2, 3][..]),
        (7, "2026-11-01 20:05:00", &[1, 2, 4]),
        (7, "2026-11-02 20:00:00", &[1, 3]),
        (7, "2026-11-02 20:05:00", &[1, 3, 10, 11, 12]),
        (7, "2026-11-02 20:40:00", &[1, 10]),
        (7, "2026-11-03 20:00:00", &[1, 10, 11]),
        (9, "2026-11-02 19:50:00", &[10, 11, 20]),
    ] {
        ids.push(world.capture(session, channel, at, who).await);
    }
    world.capture_without_roster(session, 7, "2026-11-01 20:02:00", "failed").await;
    sqlx::query(
        "INSERT INTO raids (message_id, from_channel_id, to_channel_id, from_login, viewers, raided_at)
         VALUES ('m', 9, 7, 'adam', 40, ?)",
    )
    .bind(time("2026-11-02 20:03:00"))
    .execute(&world.pool)
    .await
    .unwrap();
    world.enrich(&[(1, "2020-05-01"), (2, "2020-05-02"), (10, "2026-11-01"), (11, "2026-11-01")]).await;
    (session, ids)
}

#[tokio::test]
async fn evolution_tells_who_is_new_and_where_something_is_missing() {
    let world = World::new().await;
    let (session, ids) = story(&world).await;
    let said = world.service.get(&format!("/internal/v1/sessions/{session}/evolution?channel=7")).await;
    assert_eq!(said.cache(), "MISS");
    let points: Vec<_> = said.body["points"]
        .as_array()
        .unwrap()
        .iter()
        .map(|point| {
            json!([point["capture_id"], point["new"], point["arrived"], point["left"], point["gap_before"]])
        })
        .collect();
    let id = |place: usize| ids[place].to_string();
    assert_eq!(
        points,
        [
            json!([id(0), 2, null, null, false]),
            json!([id(1), 1, 1, 1, true]),
            json!([id(2), 0, 1, 2, true]),
            json!([id(3), 3, 3, 0, false]),
            json!([id(4), 0, 0, 3, true]),
            json!([id(5), 0, 1, 0, true]),
        ]
    );
    assert_eq!((&said.body["coverage"]["captures"], &said.body["coverage"]["gaps"]), (&json!(6), &json!(1)));
    assert_eq!(said.body["markers"][0]["kind"], "raid");
    let channel = world.service.get("/internal/v1/channels/7/evolution").await;
    assert_eq!(channel.body["coverage"]["gaps"], 1);
    assert_eq!(channel.body["points"][2]["gap_before"], true, "the one of October comes first");
    let short = format!(
        "/internal/v1/sessions/{session}/evolution?channel=7&from=2026-11-02T00:00:00Z&to=2026-11-03T00:00:00Z"
    );
    let said = world.service.get(&short).await;
    assert_eq!(said.body["points"].as_array().unwrap().len(), 3);
    assert_eq!(said.body["points"][0]["new"], 0, "what was seen before the time asked about counts");
}

#[tokio::test]
async fn newcomers_raids_and_retention_agree() {
    let world = World::new().await;
    let (session, ids) = story(&world).await;
    let base = format!("/internal/v1/sessions/{session}");
    let said = world.service.get(&format!("{base}/newcomers?channel=7&limit=4")).await;
    assert_eq!(said.cache(), "MISS");
    assert_eq!(
        (&said.body["newcomers"], &said.body["by_raid"], &said.body["came_back"]),
        (&json!(6), &json!(3), &json!(3))
    );
    let logins = |said: &crate::support::Said| -> Vec<String> {
        said.body["people"]
            .as_array()
            .unwrap()
            .iter()
            .map(|person| person["login"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(logins(&said), ["user2", "user3", "user4", "user10"]);
    let tenth = &said.body["people"][3];
    assert_eq!(
        (&tenth["origin"], &tenth["age_days"], &tenth["came_back"]),
        (&json!("raid"), &json!(1), &json!(true))
    );
    let cursor = said.body["next_cursor"].as_str().unwrap();
    let rest = world.service.get(&format!("{base}/newcomers?channel=7&limit=4&cursor={cursor}")).await;
    assert_eq!(
        (logins(&rest), &rest.body["next_cursor"]),
        (vec!["user11".to_owned(), "user12".to_owned()], &json!(null))
    );

    let raids = world.service.get(&format!("{base}/raids?channel=7")).await;
    let raid = &raids.body["raids"][0];
    assert_eq!(
        json!([
            raid["announced"],
            raid["before"],
            raid["after"],
            raid["arrived"],
            raid["seen_at_source"],
            raid["stayed"],
            raid["came_back"]
        ]),
        json!([40, ids[2].to_string(), ids[3].to_string(), 3, 2, 1, 2])
    );

    let retention = world.service.get(&format!("{base}/retention?channel=7")).await;
    let cohorts: Vec<_> = retention.body["cohorts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|cohort| json!([cohort["newcomers"], cohort["back"]]))
        .collect();
    assert_eq!(cohorts, [json!([3, [1, 0]]), json!([3, [2]]), json!([0, []])]);
}

#[tokio::test]
async fn participation_shows_regulars_and_who_is_missing() {
    let world = World::new().await;
    let (session, _) = story(&world).await;
    let path = format!("/internal/v1/sessions/{session}/participation?channel=7");
    let said = world.service.get(&format!("{path}&limit=1")).await;
    assert_eq!((said.cache(), &said.body["accounts"]), ("MISS", &json!(7)));
    let first = &said.body["people"][0];
    assert_eq!(
        json!([first["login"], first["captures"], first["broadcasts"], first["streak"], first["absent_for"]]),
        json!(["user1", 6, 3, 3, 0])
    );
    let cursor = said.body["next_cursor"].as_str().unwrap();
    let next = world.service.get(&format!("{path}&limit=1&cursor={cursor}")).await;
    assert_eq!(next.body["people"][0]["login"], "user3");
    let missing = world.service.get(&format!("{path}&list=missing&absent=1")).await;
    assert_eq!(missing.body["people"], json!([]));
}

#[tokio::test]
async fn any_two_subjects_compare() {
    let world = World::new().await;
    let (session, ids) = story(&world).await;
    let path = format!("/internal/v1/compare?a=capture:{}&b=capture:{}", ids[0], ids[1]);
    let said = world.service.get(&path).await;
    let sizes = json!([said.body["arrived"], said.body["left"], said.body["stayed"], said.body["jaccard"]]);
    assert_eq!((said.cache(), sizes), ("MISS", json!([1, 1, 2, 0.5])));
    assert_eq!(said.body["people"][0]["login"], "user4");
    let left = world.service.get(&format!("{path}&list=left")).await;
    assert_eq!(left.body["people"][0]["login"], "user3");
    let same =
        world.service.get(&format!("/internal/v1/compare?a=session:{session}&b=session:{session}")).await;
    assert_eq!(same.body["jaccard"], 1.0);
    let channel = world.service.get(&format!("/internal/v1/compare?a=channel:7&b=session:{session}")).await;
    assert_eq!((&channel.body["arrived"], &channel.body["left"]), (&json!(1), &json!(0)));

    let overlap = world.service.get(&format!("/internal/v1/sessions/{session}/overlap")).await;
    assert_eq!((overlap.cache(), &overlap.body["pairs"][0]["common"]), ("MISS", &json!(2)));

    world.channel(8, "nobody").await;
    let of = async |query: &str| world.service.get(&format!("/internal/v1/overlap?{query}")).await;
    let channels = of("channel=9,7,8").await;
    let named: Vec<_> =
        channels.body["channels"].as_array().unwrap().iter().map(|one| &one["login"]).collect();
    assert_eq!(named, ["zoe", "adam"]);
    assert_eq!(channels.cache(), "MISS");
    assert_eq!(channels.body["pairs"], overlap.body["pairs"]);
    assert_eq!(of("channel=7,8,9").await.cache(), "HIT");
    let october = of("channel=7,9&to=2026-11-01T00:00:00Z").await;
    assert_eq!((&october.body["coverage"]["captures"], &october.body["pairs"]), (&json!(1), &json!([])));
    assert_eq!(of("").await.problem(), (400, "parameter_missing"));
    sqlx::query("UPDATE channels SET login = 'eve' WHERE id = 9").execute(&world.pool).await.unwrap();
    assert_eq!(of("channel=7,8,9").await.body["channels"][1]["login"], "eve");
}

#[tokio::test]
async fn a_channel_that_has_nothing_in_that_time_is_no_other_channel() {
    let world = World::new().await;
    story(&world).await;
    let path = "/internal/v1/channels/7/evolution?from=2027-01-01T00:00:00Z&channel=";
    let said = world.service.get(&format!("{path}7")).await;
    assert_eq!((said.status.as_u16(), &said.body["points"]), (200, &json!([])), "{}", said.body);
    assert_eq!(world.service.get(&format!("{path}9")).await.problem(), (404, "channel_not_in_session"));
}

#[tokio::test]
async fn only_answers_that_name_accounts_are_made_anew_when_accounts_change() {
    let world = World::new().await;
    let (session, _) = story(&world).await;
    let ask = async |question: &str| {
        let said = world.service.get(&format!("/internal/v1/sessions/{session}/{question}")).await;
        said.cache().to_owned()
    };
    let questions = ["evolution", "retention", "raids", "overlap", "newcomers", "accounts", "summary"];
    for question in questions {
        assert_eq!(ask(question).await, "MISS", "{question}");
    }
    world.enrich(&[(50, "2020-01-01")]).await;
    for (place, question) in questions.into_iter().enumerate() {
        assert_eq!(ask(question).await, if place < 4 { "HIT" } else { "MISS" }, "{question}");
    }
}

#[tokio::test]
async fn creation_dates_lead_to_their_accounts() {
    let world = World::new().await;
    let (session, ids) = story(&world).await;
    let base = format!("/internal/v1/sessions/{session}");
    let said = world.service.get(&format!("{base}/creations?unit=month")).await;
    assert_eq!((said.cache(), &said.body["enriched"]), ("MISS", &json!(4)));
    let bars: Vec<_> = said.body["bars"]
        .as_array()
        .unwrap()
        .iter()
        .map(|bar| json!([bar["start"], bar["accounts"]]))
        .collect();
    assert_eq!(bars, [json!(["2020-05-01T00:00:00Z", 2]), json!(["2026-11-01T00:00:00Z", 2])]);
    let behind = format!("{base}/accounts?created_from=2026-11-01T00:00:00Z&limit=1");
    let said = world.service.get(&behind).await;
    assert_eq!((&said.body["accounts"], &said.body["people"][0]["login"]), (&json!(2), &json!("user10")));
    let cursor = said.body["next_cursor"].as_str().unwrap();
    assert_eq!(
        world.service.get(&format!("{behind}&cursor={cursor}")).await.body["people"][0]["login"],
        "user11"
    );
    for (span, accounts) in
        [("", 8), ("?created_from=1970-01-01T00:00:00Z", 4), ("?created_to=2107-01-01T00:00:00Z", 4)]
    {
        let said = world.service.get(&format!("{base}/accounts{span}")).await;
        assert_eq!(
            said.body["accounts"], accounts,
            "who has no creation date was created at no time: {span}"
        );
    }
    let one = world.service.get(&format!("/internal/v1/captures/{}/creations?unit=day", ids[5])).await;
    assert_eq!((one.cache(), &one.body["baseline"]["broadcasts"]), ("MISS", &json!(3)));
}

#[tokio::test]
async fn accounts_are_rows_with_what_was_seen_of_them() {
    let world = World::new().await;
    let (_, ids) = story(&world).await;
    let said = world.service.get(&format!("/internal/v1/captures/{}/accounts?limit=10000", ids[5])).await;
    assert_eq!(said.cache(), "MISS");
    // The capture's own broadcast does not count; that of October and the two before it do.
    assert_eq!((&said.body["accounts"], &said.body["other_broadcasts"]), (&json!(3), &json!(3)));
    let rows: Vec<_> = said.body["people"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| json!([row["login"], row["captures"], row["other_broadcasts"], row["regular"]]))
        .collect();
    assert_eq!(
        rows,
        [json!(["user1", 1, 3, true]), json!(["user10", 1, 1, false]), json!(["user11", 1, 1, false])]
    );
    assert_eq!(said.body["people"][0]["first_seen_at"], "2026-11-03T20:00:00Z");
    let day = "/internal/v1/channels/7/accounts?from=2026-11-02T00:00:00Z&to=2026-11-03T00:00:00Z";
    let said = world.service.get(day).await;
    let rows: Vec<_> = said.body["people"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| json!([row["login"], row["captures"], row["created_at"].is_null()]))
        .collect();
    assert_eq!(
        rows,
        [
            json!(["user1", 3, false]),
            json!(["user10", 2, false]),
            json!(["user11", 1, false]),
            json!(["user3", 2, true]),
            json!(["user12", 1, true]),
        ]
    );
}

#[tokio::test]
async fn a_viewer_has_names_and_presences() {
    let world = World::new().await;
    let (session, ids) = story(&world).await;
    for name in ["one", "two", "three"] {
        let renamed = common::clients::twitch_api::Chatter(1010.into(), name.to_owned(), name.to_owned());
        let mut connection = world.pool.acquire().await.unwrap();
        let at = common::clock::Clock::system().now();
        common::db::accounts::rename(&mut connection, &[renamed], at).await.unwrap();
    }
    let new =
        "UPDATE captures SET new_count = IF(id = ?, 3, IF(captured_at < '2026-11-01', chatters_count, 0))";
    let new = sqlx::query(new).bind(ids[3]);
    new.execute(&world.pool).await.unwrap();
    let said = world.service.get("/internal/v1/accounts/1010?channel=7,9").await;
    assert_eq!(said.status, 200, "{}", said.body);
    assert_eq!((&said.body["login"], &said.body["names"].as_array().unwrap().len()), (&json!("three"), &3));
    let attended: Vec<_> = said.body["channels"]
        .as_array()
        .unwrap()
        .iter()
        .map(|channel| json!([channel["channel_id"], channel["attended"]]))
        .collect();
    assert_eq!(attended, [json!(["7", 3]), json!(["9", 1])]);
    let arrival = |channel: usize| said.body["channels"][channel]["arrival"].clone();
    let came =
        json!({"capture_id": ids[3].to_string(), "origin": "raid", "raid_from": "adam", "newcomers": 3});
    assert_eq!(arrival(0), came);
    assert_eq!(arrival(1), json!(null), "nobody was seen to come to the first capture");
    for cut in ["from=2026-11-02T00:00:00Z", "to=2026-11-03T00:00:00Z"] {
        let part = world.service.get(&format!("/internal/v1/accounts/1010?channel=7&{cut}")).await;
        assert_eq!(part.body["channels"][0]["arrival"], json!(null), "of a part it is not known: {cut}");
    }
    let bare = world.service.get("/internal/v1/accounts/1010").await;
    assert_eq!(bare.body["channels"], json!([]));
    let renames = world.service.get(&format!("/internal/v1/sessions/{session}/renames")).await;
    assert_eq!((renames.cache(), &renames.body["accounts"]), ("MISS", &json!(1)));
    assert_eq!(renames.body["people"][0]["names"][0]["login"], "user10");
}

#[tokio::test]
async fn empty_sessions_and_single_captures_have_every_answer() {
    let world = World::new().await;
    let empty = world.session().await;
    let single = world.session().await;
    world.accounts(3).await;
    world.capture(single, 7, "2026-11-01 20:00:00", &[1, 2]).await;
    for session in [empty, single] {
        for question in [
            "summary",
            "overlap",
            "evolution",
            "newcomers",
            "retention",
            "participation",
            "raids",
            "renames",
            "creations",
            "accounts",
        ] {
            let said = world.service.get(&format!("/internal/v1/sessions/{session}/{question}")).await;
            assert_eq!(said.cache(), "MISS", "{question}");
            assert_eq!(said.body["coverage"]["captures"], u32::from(session == single), "{question}");
        }
    }
}
