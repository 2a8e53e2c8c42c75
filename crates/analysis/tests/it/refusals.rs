//! Questions that cannot be answered get a clear problem document.

use uuid::Uuid;

use crate::support::{TOKEN, World};

#[tokio::test]
async fn questions_that_make_no_sense_are_refused() {
    let world = World::new().await;
    let session = world.session().await;
    world.capture(session, 7, "2026-11-01 20:00:00", &[]).await;
    let many = (0..10_000).map(|n| n.to_string()).collect::<Vec<_>>().join(",");
    let repeated = "channel=1&".repeat(5_000);
    for (query, problem) in [
        ("?channel=8", (404, "channel_not_in_session")),
        ("?channel=zoe", (400, "channel_invalid")),
        ("?channel=-7", (400, "channel_invalid")),
        ("?channel=", (400, "channel_invalid")),
        (&format!("?channel={many}"), (400, "too_many_channels")),
        (&format!("?{repeated}"), (400, "too_many_channels")),
        ("?chanel=7", (400, "parameter_unknown")),
    ] {
        let said = world.service.summary(session, query).await;
        assert_eq!(said.problem(), problem, "{}", &query[..query.len().min(40)]);
        assert!(!said.body["request_id"].as_str().unwrap().is_empty());
    }
    assert_eq!(world.service.summary(Uuid::now_v7(), "").await.problem(), (404, "session_not_found"));
    let bad = world.service.get("/internal/v1/sessions/not-a-uuid/summary").await;
    assert_eq!(bad.problem(), (404, "session_not_found"));

    sqlx::query("UPDATE sessions SET status = 'deleted'").execute(&world.pool).await.unwrap();
    assert_eq!(world.service.summary(session, "").await.problem(), (404, "session_not_found"));
}

#[tokio::test]
async fn only_services_may_ask() {
    let world = World::new().await;
    let path = format!("/internal/v1/sessions/{}/summary", world.session().await);
    for token in [None, Some("wrong"), Some(&TOKEN[1..])] {
        assert_eq!(world.service.ask(&path, token).await.problem(), (401, "internal_token_invalid"));
    }
    assert_eq!(world.service.ask("/healthz", None).await.status, 200);
    assert_eq!(world.service.get("/internal/v1/nothing").await.problem(), (404, "route_not_found"));
}

#[tokio::test]
async fn a_roster_that_does_not_match_its_count_is_not_counted() {
    let world = World::new().await;
    let session = world.session().await;
    let capture = world.capture(session, 7, "2026-11-01 20:00:00", &[1, 2]).await;
    for (sql, problem) in [
        ("UPDATE captures SET chatters_count = 3 WHERE id = ?", (503, "captures_unsettled")),
        (
            "UPDATE rosters SET bytes = 'garbage' WHERE id = (SELECT roster_id FROM captures WHERE id = ?)",
            (500, "internal"),
        ),
    ] {
        sqlx::query(sql).bind(capture).execute(&world.pool).await.unwrap();
        assert_eq!(world.service.summary(session, "").await.problem(), problem);
    }
}

#[tokio::test]
async fn parameters_out_of_bounds_are_refused() {
    let world = World::new().await;
    let session = world.session().await;
    world.capture(session, 7, "2026-11-01 20:00:00", &[]).await;
    for (question, code) in [
        ("newcomers?cursor=zz", "cursor_invalid"),
        ("newcomers?cursor=1", "cursor_invalid"),
        ("newcomers?limit=100000", "limit_invalid"),
        ("participation?list=all", "list_invalid"),
        ("participation?limit=1&limit=2", "parameter_repeated"),
        ("evolution?points=1", "points_invalid"),
        ("evolution?from=yesterday", "time_invalid"),
        ("evolution?from=2026-11-02T00:00:00Z&to=2026-11-01T00:00:00Z", "range_inverted"),
        ("retention?horizon=0", "horizon_invalid"),
        ("creations?unit=year", "unit_invalid"),
        ("renames?min=0", "min_invalid"),
        ("export?what=everything", "what_invalid"),
    ] {
        let said = world.service.get(&format!("/internal/v1/sessions/{session}/{question}")).await;
        assert_eq!(said.problem(), (400, code), "{question}");
    }
    for (path, problem) in [
        ("streams/1/evolution", (404, "stream_not_found")),
        ("captures/999999/creations", (404, "capture_not_found")),
        ("captures/x/creations", (404, "capture_not_found")),
        ("channels/999999/newcomers", (404, "channel_not_found")),
        ("accounts/999999", (404, "account_not_found")),
        ("accounts/zoe", (404, "account_not_found")),
        ("compare?a=capture:1", (400, "parameter_missing")),
        ("compare?a=capture:1&b=room:2", (400, "subject_invalid")),
        ("compare?a=capture:999999&b=capture:999999", (404, "capture_not_found")),
    ] {
        assert_eq!(world.service.get(&format!("/internal/v1/{path}")).await.problem(), problem, "{path}");
    }
}
