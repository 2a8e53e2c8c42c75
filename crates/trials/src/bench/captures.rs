//! Captures of one room through the whole system: cold (nobody known) and warm (everybody known).
//!
//! The time is the worker's own, from the claimed job to the stored roster, as it logs it. Rooms are the simulator's,
//! which answers at once and counts no points.

use std::time::Duration;

use devstack::{Service, Stack, wait};
use serde_json::{Value, json};

use crate::{Result, figures::Figures, person::Person, scrape::resident_mb, sim::Sim};

/// The simulator's person who moderates the rooms.
pub(super) const MODERATOR: &str = "10000001";
const DEADLINE: Duration = Duration::from_mins(1);

/// Measures rooms of 10,000 and of 100,000.
///
/// # Errors
/// When the stack does not start or a capture fails.
pub async fn run(figures: &mut Figures) -> Result<()> {
    let stack = Stack::builder()
        .simulator_env("SIM_RATE_LIMIT", "off")
        .env(Service::TwitchApi, "RATE_LIMIT_REQUESTS_PER_SECOND", "10000")
        .env(Service::Gateway, "GATEWAY_REQUESTS_PER_MINUTE", "1000000")
        .env(Service::Worker, "LOG_FORMAT", "json")
        .start()
        .await?;
    idle_memory(&stack, figures).await?;
    let sim = Sim::of(&stack)?;
    let (small, large) = (rooms(&sim, 9, 10_000).await?, rooms(&sim, 3, 100_000).await?);
    let person = Person::log_in(stack.public_url(), MODERATOR).await?;
    for (name, rooms, target) in [("10,000", &small, 150.0), ("100,000", &large, 1_500.0)] {
        let cold = capture_all(&stack, &person, rooms).await?;
        figures.at_most(
            &format!("capture of {name} chatters, nobody known, median"),
            "ms",
            median(cold),
            target,
        );
        next_slot().await;
        let warm = capture_all(&stack, &person, rooms).await?;
        figures.report(&format!("capture of {name} chatters, everybody known, median"), "ms", median(warm));
    }
    stack.shut_down(Duration::from_secs(10)).await;
    Ok(())
}

/// Rooms of their own people.
async fn rooms(sim: &Sim, channels: u32, chatters: u32) -> Result<Vec<String>> {
    let wanted =
        json!({ "channels": channels, "chatters": chatters, "moderator": MODERATOR.parse::<u64>()? });
    Ok(sim.rooms(&wanted).await?.iter().map(ToString::to_string).collect())
}

/// Captures the rooms one after the other; milliseconds of each.
async fn capture_all(stack: &Stack, person: &Person, rooms: &[String]) -> Result<Vec<f64>> {
    let mut times = Vec::new();
    for room in rooms {
        let asked = person.post("/api/v1/captures", &json!({ "channel_ids": [room] })).await?;
        let job = asked["jobs"][0].clone();
        let path = format!("/api/v1/jobs/{}", job["id"].as_str().unwrap_or_default());
        let deadline = tokio::time::Instant::now() + DEADLINE;
        loop {
            let job = person.get(&path).await?;
            match job["state"].as_str() {
                Some("done") => break,
                Some("dead") => return Err(format!("the capture failed: {}", job["last_error"]).into()),
                _ if tokio::time::Instant::now() > deadline => {
                    return Err("the capture takes too long".into());
                }
                _ => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
        let capture = job["capture_id"].as_str().unwrap_or_default();
        // The job is done a moment before the worker says so.
        let told = wait::until("the worker's log", DEADLINE, || async { stored_in(stack, capture).ok() });
        times.push(told.await?);
    }
    Ok(times)
}

/// How long the worker says the capture took.
fn stored_in(stack: &Stack, capture: &str) -> Result<f64> {
    let log = stack.service(Service::Worker, 0)?.process().log()?;
    log.lines()
        .rev()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .find(|line| line["message"] == "capture.stored" && line["capture"] == capture)
        .and_then(|line| line["millis"].as_f64())
        .ok_or_else(|| format!("the worker's log does not tell about capture {capture}").into())
}

/// A channel is captured at most once in a slot of ten seconds.
pub(super) async fn next_slot() {
    tokio::time::sleep(Duration::from_secs(11)).await;
}

async fn idle_memory(stack: &Stack, figures: &mut Figures) -> Result<()> {
    tokio::time::sleep(Duration::from_secs(3)).await;
    for service in Service::ALL {
        let resident = resident_mb(stack.service(service, 0)?)?;
        figures.at_most(&format!("resident memory of idle {}", service.name()), "MB", resident, 30.0);
    }
    Ok(())
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or(f64::NAN)
}
