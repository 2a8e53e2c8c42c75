//! What happens while one watches: the whole plan on the simulator's clock, and what Twitch then shows of it.

use std::{collections::HashSet, future::pending, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::RequestBuilder;
use scenario::{
    cast::CAST,
    live::{Act, PLAN, perform},
    sim::Sim,
};
use serde_json::Value;
use twitch_sim::{Client, Config, TwitchId};

use crate::simulator;

/// For so long the demo's broadcasts have been running when the plan begins.
const LIVE_FOR: TimeDelta = TimeDelta::minutes(40);
/// After the last act: all have arrived by then.
const LATER: TimeDelta = TimeDelta::minutes(5);
/// How many accounts Twitch describes at once.
const BATCH: usize = 100;

/// Twitch, as its applications and whoever stands behind it see it.
struct Watcher {
    http: reqwest::Client,
    origin: String,
    app: Client,
}

impl Watcher {
    async fn start() -> Self {
        let config = Config::default();
        let app = config.clients[0].clone();
        let origin = format!("http://{}", simulator(config, pending()).await);
        Self { http: common::http::client(Duration::from_secs(20)).unwrap(), origin, app }
    }

    /// What the control API says.
    async fn behind(&self, path: &str) -> Value {
        answer(self.http.get(format!("{}/sim/{path}", self.origin))).await
    }

    /// Who is there now.
    async fn room(&self, channel: TwitchId) -> HashSet<String> {
        let truth = self.behind(&format!("channels/{channel}/truth")).await;
        texts(&truth["ids"]).into_iter().collect()
    }

    /// When the accounts were registered, of all that Twitch knows.
    async fn created(&self, ids: &[String]) -> Vec<DateTime<Utc>> {
        let form = [
            ("client_id", self.app.id.as_str()),
            ("client_secret", self.app.secret.as_str()),
            ("grant_type", "client_credentials"),
        ];
        let token = answer(self.http.post(format!("{}/oauth2/token", self.origin)).form(&form)).await;
        let mut dates = Vec::new();
        for batch in ids.chunks(BATCH) {
            let url = format!("{}/helix/users?id={}", self.origin, batch.join("&id="));
            let asked = self.http.get(url).bearer_auth(text(&token["access_token"]));
            let users = answer(asked.header("Client-Id", &self.app.id)).await;
            for user in users["data"].as_array().unwrap() {
                dates.push(text(&user["created_at"]).parse().unwrap());
            }
        }
        dates
    }
}

async fn answer(request: RequestBuilder) -> Value {
    request.send().await.unwrap().error_for_status().unwrap().json().await.unwrap()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().unwrap().iter().map(text).collect()
}

/// A raid of the plan, with who was where before it.
struct Raid {
    from: TwitchId,
    to: TwitchId,
    viewers: u32,
    raiders: HashSet<String>,
    hosts: HashSet<String>,
}

#[tokio::test(flavor = "multi_thread")]
async fn raids_arrive_and_waves_of_accounts_of_the_day() {
    let twitch = Watcher::start().await;
    let sim = Sim::new(twitch.origin.parse().unwrap()).unwrap();
    let begin = "2026-12-01T12:00:00Z".parse::<DateTime<Utc>>().unwrap();
    sim.set_clock(begin - LIVE_FOR).await.unwrap();
    perform(&sim, Act::KeepLive).await.unwrap();
    let channels = twitch.behind("channels").await;
    let channels = channels["channels"].as_array().unwrap();
    for part in CAST {
        let channel = channels.iter().find(|one| text(&one["id"]) == part.channel.to_string()).unwrap();
        assert!(channel["live"].is_object(), "{channel}");
    }

    let (mut raids, mut floods, mut now) = (Vec::new(), Vec::new(), begin);
    for (second, act) in PLAN {
        now = begin + TimeDelta::seconds(second.try_into().unwrap());
        sim.set_clock(now).await.unwrap();
        match act {
            Act::KeepLive => {}
            Act::Raid { from, to, viewers } => {
                let (raiders, hosts) = (twitch.room(from).await, twitch.room(to).await);
                raids.push(Raid { from, to, viewers, raiders, hosts });
            }
            Act::Flood(channel, size) => floods.push((channel, size)),
        }
        perform(&sim, act).await.unwrap();
    }
    assert!(!raids.is_empty() && !floods.is_empty());
    sim.set_clock(now + LATER).await.unwrap();

    let told = twitch.behind("raids").await;
    let told = told["raids"].as_array().unwrap();
    assert_eq!(told.len(), raids.len());
    for (Raid { from, to, viewers, raiders, hosts }, told) in raids.iter().zip(told) {
        assert_eq!((text(&told["from"]), text(&told["to"])), (from.to_string(), to.to_string()));
        assert_eq!((&told["announced"], &told["moved"]), (&Value::from(*viewers), &Value::from(*viewers)));
        let room = twitch.room(*to).await;
        let arrived = room.intersection(raiders).filter(|id| !hosts.contains(*id)).count();
        // Some have left again, or were taken along by the next raid.
        assert!(arrived * 2 > usize::try_from(*viewers).unwrap(), "{arrived} of {told}");
    }

    let operators = twitch.behind("operators").await;
    let operators = operators["operators"].as_array().unwrap();
    assert_eq!(operators.len(), floods.len());
    for ((channel, size), wave) in floods.into_iter().zip(operators) {
        assert_eq!(text(&wave["channel_id"]), channel.to_string());
        let accounts = texts(&wave["account_ids"]);
        assert_eq!(accounts.len(), usize::try_from(size).unwrap());
        let room = twitch.room(channel).await;
        let arrived = accounts.iter().filter(|id| room.contains(*id)).count();
        assert!(arrived * 10 > accounts.len() * 9, "{arrived} of {size} in {channel}");
        let created = twitch.created(&accounts).await;
        assert_eq!(created.len(), accounts.len());
        assert!(created.iter().all(|at| *at > begin - TimeDelta::days(1)), "{created:?}");
    }
}
