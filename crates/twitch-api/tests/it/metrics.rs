//! What `/metrics` tells, and the circuit breaker.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use common::{ids::TwitchUserId, lifecycle::Shutdown};
use serde_json::json;
use tokio::net::TcpListener;
use twitch_sim::people::{HARBOR_LIGHT, LEA, PETIT_PIXEL};

use crate::{
    front::Fault,
    rig::{Rig, channel},
};

const CHATTERS: &str = "chat/chatters";

/// For how long the circuit breaker stays open at first.
const FIRST_PAUSE: Duration = Duration::from_secs(2);

/// The metrics of this process, series by series.
struct Metrics(HashMap<String, f64>);

impl Metrics {
    /// Reads them where Prometheus would.
    async fn scrape(rig: &Rig) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/metrics", listener.local_addr().unwrap());
        let serving = tokio::spawn(common::metrics::serve(listener, Shutdown::manual()));
        let text = rig.http.get(url).send().await.unwrap().text().await.unwrap();
        serving.abort();
        let series = text.lines().filter(|line| !line.starts_with('#'));
        let series = series.filter_map(|line| line.rsplit_once(' '));
        Self(series.map(|(name, value)| (name.to_owned(), value.parse().unwrap())).collect())
    }

    fn get(&self, series: &str) -> f64 {
        self.0.get(series).copied().unwrap_or(0.0)
    }
}

/// Whether this test has the process, and so its metrics, to itself; under `cargo test` others count as well.
fn is_alone() -> bool {
    std::env::var_os("NEXTEST").is_some()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_asked_waited_for_refreshed_and_lost_is_counted() {
    let rig = Rig::start().await;
    let (lea, harbor) = (rig.login(LEA).await, rig.login(HARBOR_LIGHT).await);
    let before = Metrics::scrape(&rig).await;
    let room = channel(PETIT_PIXEL);
    let mut pages = 0;

    pages += rig.read(room, lea).await.outcome.unwrap().pages;
    let left = Metrics::scrape(&rig).await.0["tca_helix_points_left{bucket=\"user\"}"];
    assert!((0.0..800.0).contains(&left), "{left}");
    rig.front.misbehave(CHATTERS, 0, 1, Fault::Limited(0, 30));
    pages += rig.read(room, lea).await.outcome.unwrap().pages;
    rig.sim("PUT", "sim/clock", json!({ "advance_seconds": 5 * 3600 })).await;
    pages += rig.read(room, lea).await.outcome.unwrap().pages;

    rig.sim("POST", &format!("sim/users/{harbor}/change_password"), json!({})).await;
    let age =
        sqlx::query("UPDATE twitch_tokens SET validated_at = TIMESTAMPADD(MINUTE, -90, UTC_TIMESTAMP(6))");
    age.execute(&rig.pool).await.unwrap();
    let validated = "tca_token_validations_total{outcome=\"lost\"}";
    rig.eventually("the validation is counted", || async {
        Metrics::scrape(&rig).await.get(validated) > before.get(validated)
    })
    .await;

    let after = Metrics::scrape(&rig).await;
    let grown = |series: &str| after.get(series) - before.get(series);
    let expected = [
        ("tca_helix_requests_total{endpoint=\"chatters\",status=\"200\"}", pages),
        ("tca_helix_requests_total{endpoint=\"chatters\",status=\"429\"}", 1),
        ("tca_helix_requests_total{endpoint=\"chatters\",status=\"401\"}", 1),
        ("tca_helix_requests_total{endpoint=\"oauth_token\",status=\"200\"}", 1),
        ("tca_helix_requests_total{endpoint=\"oauth_token\",status=\"401\"}", 1),
        ("tca_token_refreshes_total{outcome=\"ok\"}", 1),
        ("tca_token_refreshes_total{outcome=\"lost\"}", 1),
        ("tca_grants_lost_total{reason=\"grant_revoked\"}", 1),
        (validated, 1),
    ];
    for (series, times) in expected {
        let (grown, times) = (grown(series), f64::from(times));
        let right = if is_alone() { (grown - times).abs() < 0.5 } else { grown >= times };
        assert!(right, "{series} grew by {grown}, not {times}");
    }
    // Three readings, and two calls made again.
    assert!(grown("tca_helix_wait_seconds_count{priority=\"now\"}") >= 5.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_circuit_is_open_nothing_reaches_twitch() {
    let rig = Rig::start().await;
    let lea = rig.login(LEA).await;
    let attempt = || async { rig.try_read(channel(PETIT_PIXEL), lea).await.map(drop) };
    rig.front.misbehave(CHATTERS, 0, usize::MAX, Fault::Status(503, "down"));
    rig.front.clear();
    let mut asked = Instant::now();
    // Two calls each: the eighth failure in a row opens it.
    for _ in 0..4 {
        asked = Instant::now();
        assert_eq!(attempt().await.unwrap_err().code(), "twitch_unavailable");
    }
    assert_eq!(rig.front.count("helix/"), 8);

    let chatters = attempt().await.unwrap_err();
    let accounts = rig.api.accounts(vec![TwitchUserId(LEA.0.into())]).await.unwrap_err();
    for error in [chatters, accounts] {
        assert_eq!(error.code(), "twitch_unavailable");
        assert!(error.retry_after().is_some());
    }
    // On a machine so slow that the pause is over, one call may have gone to see.
    assert!(
        rig.front.count("helix/") == 8 || asked.elapsed() >= FIRST_PAUSE,
        "Twitch was asked while the circuit was open"
    );
    let open = "tca_circuit_open{upstream=\"helix\"}";
    let shown = Metrics::scrape(&rig).await.get(open);
    assert!(shown > 0.5 || !is_alone(), "{shown}");

    rig.front.behave();
    rig.eventually("the circuit closes", || async { attempt().await.is_ok() }).await;
    let shown = Metrics::scrape(&rig).await.get(open);
    assert!(shown < 0.5 || !is_alone(), "{shown}");
}
