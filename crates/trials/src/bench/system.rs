//! How many captures a second the whole system makes: the gateway is asked, the queue carries, twitch-api reads the
//! simulator, a worker stores. Everything on this machine, the simulator and the stores included.
//!
//! Rooms of 1,000 out of one crowd of 100,000, as moderators' channels share their viewers. Each is captured once before
//! it counts, so that nobody is new: what is measured is the second hour of an evening, not the first minute.

use std::time::Duration;

use devstack::{Service, Stack};
use serde_json::json;
use tokio::time::{Instant, sleep, sleep_until};

use crate::{
    Result,
    bench::captures::{MODERATOR, next_slot},
    figures::{Figures, float},
    options::Options,
    person::Person,
    scrape::cpu_seconds,
    sim::Sim,
    stage::Stage,
};

/// Within it a channel is captured once, whoever asks.
const SLOT: Duration = Duration::from_secs(10);
/// How many channels one request names.
const AT_ONCE: usize = 100;

/// Asks for more captures than can be made in a slot, slot after slot.
///
/// # Errors
/// When the stack does not start or a capture fails.
pub async fn run(options: &Options, figures: &mut Figures) -> Result<()> {
    let (channels, slots) = options.pick((4_000, 6), (200, 1));
    let stack = Stack::builder()
        .simulator_env("SIM_RATE_LIMIT", "off")
        .env(Service::TwitchApi, "RATE_LIMIT_REQUESTS_PER_SECOND", "10000")
        .env(Service::Gateway, "GATEWAY_REQUESTS_PER_MINUTE", "1000000")
        .env(Service::Gateway, "LOG_LEVEL", "warn")
        .env(Service::TwitchApi, "LOG_LEVEL", "warn")
        .env(Service::Worker, "LOG_LEVEL", "warn")
        .start()
        .await?;
    let stage = Stage::of(stack).await?;
    let rooms = rooms(&stage.stack, channels).await?;
    let person = Person::log_in(stage.stack.public_url(), MODERATOR).await?;
    ask_for_all(&person, &rooms).await?;
    stage.captures_ended(Duration::from_mins(5)).await?;
    let known = "SELECT COUNT(*) FROM accounts WHERE enrich_due_at <= UTC_TIMESTAMP()";
    stage.until("everybody to be enriched", known, 0, Duration::from_mins(5)).await?;
    next_slot().await;

    let warm = stage.number("SELECT COUNT(*) FROM captures").await?;
    let cpu = |stage: &Stage| -> Result<Vec<(String, f64)>> {
        stage.stack.servers().map(|server| Ok((server.name().to_owned(), cpu_seconds(server)?))).collect()
    };
    let (before, began) = (cpu(&stage)?, Instant::now());
    for slot in 1..=slots {
        ask_for_all(&person, &rooms).await?;
        sleep_until(began + SLOT * slot).await;
    }
    let (after, took) = (cpu(&stage)?, began.elapsed().as_secs_f64());
    let done =
        stage.number("SELECT COUNT(*) FROM captures WHERE status = 'complete'").await? - i64::from(channels);
    figures.at_least(
        "captures of 1,000 chatters, the whole system",
        "1/s",
        float(done) / took,
        options.pick(300.0, 1.0),
    );
    for ((process, before), (_, after)) in before.into_iter().zip(after) {
        figures.report(&format!("CPU of {process}"), "%", 100.0 * (after - before) / took);
    }
    stage.captures_ended(Duration::from_mins(5)).await?;
    let lost = "SELECT COUNT(*) FROM captures WHERE status <> 'complete' OR chatters_count <> 1000";
    figures.exactly("captures lost or wrong", "", stage.number(lost).await?, 0);
    let made = stage.number("SELECT COUNT(*) FROM captures").await? - warm;
    figures.report("captures asked for meanwhile", "", float(made));
    Ok(())
}

async fn rooms(stack: &Stack, channels: u32) -> Result<Vec<String>> {
    let moderator: u64 = MODERATOR.parse()?;
    let wanted =
        json!({ "channels": channels, "chatters": 1_000, "moderator": moderator, "shared_pool": 100_000 });
    Ok(Sim::of(stack)?.rooms(&wanted).await?.iter().map(ToString::to_string).collect())
}

async fn ask_for_all(person: &Person, rooms: &[String]) -> Result<()> {
    for some in rooms.chunks(AT_ONCE) {
        person.post("/api/v1/captures", &json!({ "channel_ids": some })).await?;
        sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}
