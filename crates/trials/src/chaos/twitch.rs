//! 15: Twitch at its worst.
//!
//! Rooms in which people come and go, captured by their moderators through the whole system, while a tenth of Twitch's
//! answers goes wrong in each way: the call, the body, the rows, the cursor. What is stored must be what the simulator
//! says was there at that moment.

use std::time::Duration;

use devstack::Service;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::sleep;

use super::people;
use crate::{
    Result,
    figures::{Figures, float},
    invariants,
    options::Options,
    person::Person,
    sim::Sim,
    stage::Stage,
    truth::{self, Verdict},
};

const CHATTERS: &str = "GET /chat/chatters";
/// A share of each of the faults.
const SHARE: f64 = 0.1;
/// What happens to calls, of captures and of enrichment.
const OF_CALLS: [&str; 6] = [
    "rate_limited_bucket",
    "rate_limited_endpoint",
    "server_error",
    "unavailable",
    "garbage_body",
    "cut_body",
];
/// What happens to lists; the second half only to pages after the first.
const OF_LISTS: [(&str, bool); 5] = [
    ("blank_chatter", false),
    ("looping_cursor", false),
    ("lost_page", false),
    ("repeated_page", true),
    ("token_expired", true),
];
/// A room of one, of two and of four pages, or so.
const SIZES: [u32; 3] = [700, 1_700, 3_300];
/// A room is captured at most once in ten seconds.
const SLOT: Duration = Duration::from_secs(10);

/// Moderators with rooms of their own.
struct Cast {
    moderators: Vec<(Person, Vec<String>)>,
}

pub async fn at_its_worst(options: &Options, figures: &mut Figures) -> Result<()> {
    let (moderators, rooms, rounds) = options.pick((20, 5, 10), (4, 5, 1));
    let stage = people::stage(|builder| {
        builder
            .replicas(Service::Worker, 2)
            .env(Service::Worker, "TWITCH_TIMEOUT_SECONDS", "10")
            .env(Service::Worker, "JOB_LEASE_SECONDS", "30")
            .env(Service::Worker, "WORKER_CONCURRENCY", "32")
    })
    .await?;
    let sim = Sim::of(&stage.stack)?;
    let cast = Cast::gather(&stage, &sim, moderators, rooms).await?;
    sim.ask(Method::POST, "faults", &rules()).await?;
    let mut asked = 0;
    for _ in 0..rounds {
        asked += cast.ask_for_captures().await?;
        sleep(SLOT).await;
    }
    stage.captures_ended(Duration::from_mins(15)).await?;
    let hits = hits(&sim).await?;
    figures.exactly("faults of which there was none", "", float_count(&hits, |hits| hits == 0), 0);
    figures.report("faults in all", "", float(hits.iter().sum::<u64>()));
    sim.ask(Method::DELETE, "faults", &Value::Null).await?;
    // Enrichment, which the faults have held up.
    stage.at_rest(Duration::from_mins(10)).await?;

    let ended = truth::ended(&stage, 0).await?;
    figures.exactly("captures", "", i64::try_from(ended.len())?, asked);
    let verdict = Verdict::on(&ended, &sim).await?;
    verdict.judge(figures);
    figures.at_least("rosters equal to the truth", "", float(verdict.right), float(asked) / 2.0);
    figures.report("captures marked as failed, with the reason", "", float(verdict.failed));
    let lost = stage.number("SELECT COUNT(*) FROM twitch_tokens WHERE lost_at IS NOT NULL").await?;
    figures.exactly("grants given up", "", lost, 0);
    invariants::check(&stage, figures).await
}

impl Cast {
    async fn gather(stage: &Stage, sim: &Sim, moderators: u64, rooms: usize) -> Result<Self> {
        let mut cast = Vec::new();
        for moderator in sim.people(moderators).await? {
            let mut theirs = Vec::new();
            for chatters in SIZES.into_iter().cycle().take(rooms) {
                let room =
                    json!({ "channels": 1, "chatters": chatters, "moderator": moderator, "churn": true });
                theirs.extend(sim.rooms(&room).await?.iter().map(ToString::to_string));
            }
            let person = Person::log_in(stage.stack.public_url(), &moderator.to_string()).await?;
            // Asked for before the trouble begins: this is about rosters.
            person.get("/api/v1/channels").await?;
            cast.push((person, theirs));
        }
        Ok(Self { moderators: cast })
    }

    /// Every room once; how many captures were promised.
    async fn ask_for_captures(&self) -> Result<i64> {
        let mut promised = 0;
        for (person, rooms) in &self.moderators {
            let answer = person.post("/api/v1/captures", &json!({ "channel_ids": rooms })).await?;
            promised += answer["jobs"].as_array().map_or(0, Vec::len);
        }
        Ok(i64::try_from(promised)?)
    }
}

fn rules() -> Value {
    // Both kinds of 429 are a tenth together.
    let share = |kind: &str| if kind.starts_with("rate_limited") { SHARE / 2.0 } else { SHARE };
    let of_calls = OF_CALLS.iter().flat_map(|kind| {
        [CHATTERS, "GET /users"]
            .map(|endpoint| json!({ "endpoint": endpoint, "kind": kind, "probability": share(kind) }))
    });
    let of_lists = OF_LISTS.iter().map(|(kind, paging)| {
        json!({ "endpoint": CHATTERS, "kind": kind, "probability": SHARE, "paging": paging })
    });
    of_calls.chain(of_lists).collect()
}

/// How often each rule for chatters has hit.
async fn hits(sim: &Sim) -> Result<Vec<u64>> {
    let told = sim.ask(Method::GET, "faults", &Value::Null).await?;
    let rules = told["faults"].as_array().into_iter().flatten();
    let of_chatters = rules.filter(|rule| rule["endpoint"] == CHATTERS);
    Ok(of_chatters.filter_map(|rule| rule["hits"].as_u64()).collect())
}

fn float_count(values: &[u64], is: impl Fn(u64) -> bool) -> i64 {
    values.iter().filter(|value| is(**value)).count().try_into().unwrap_or(i64::MAX)
}
