//! How much of Twitch's budget two replicas use for many users at once, and whether Twitch ever has to refuse.
//!
//! Twenty users ask as fast as they are let, at both replicas, for ten minutes of the simulator's time, whose buckets run
//! on the machine's clock.

use std::time::Duration;

use common::{
    clients::{TwitchApi, twitch_api::ChattersLine},
    ids::{ChannelId, UserId},
};
use devstack::{Service, Stack};
use futures_util::{StreamExt as _, future::try_join_all};
use tokio::time::Instant;

use crate::{
    Result, backstage,
    figures::{Figures, float},
    options::Options,
    sim::Sim,
};

/// Points that Twitch gives each user a second: 800 a minute.
const FLOW: f64 = 800.0 / 60.0;
/// The share of it that must be usable.
const ENOUGH: f64 = 0.7;
/// Requests of one user that are under way at one replica.
const AT_ONCE: usize = 2;

/// Plays it with everything as it is by default.
///
/// # Errors
/// When the stack does not start or a reading fails.
pub async fn run(options: &Options, figures: &mut Figures) -> Result<()> {
    let length = options.pick(Duration::from_mins(10), Duration::from_secs(12));
    let stack = Stack::builder()
        .without(Service::Gateway)
        .without(Service::Worker)
        .without(Service::Analysis)
        .replicas(Service::TwitchApi, 2)
        .start()
        .await?;
    let sim = Sim::of(&stack)?;
    let replicas = [backstage::replica(&stack, 0)?, backstage::replica(&stack, 1)?];
    let mut users = Vec::new();
    for user in sim.people(20).await? {
        users.push(backstage::log_in(&replicas[0], user).await?);
    }
    sim.count_anew().await?;
    let end = Instant::now() + length;
    let asking = users.iter().flat_map(|user| {
        replicas.iter().flat_map(move |api| (0..AT_ONCE).map(move |_| ask_until(api, *user, end)))
    });
    let read: u32 = try_join_all(asking).await?.iter().sum();
    let counts = sim.counts().await?;
    let spent = float(counts.user_points()) / float(users.len()) / length.as_secs_f64();
    figures.exactly("refused by Twitch's buckets (429)", "", i64::try_from(counts.answers(429))?, 0);
    figures.at_least("points spent by each user", "1/s", spent, ENOUGH * FLOW);
    figures.report("of Twitch's budget used", "%", 100.0 * spent / FLOW);
    figures.report("rosters read", "", float(read));
    Ok(())
}

/// The user's own room, of one page, again and again.
async fn ask_until(api: &TwitchApi, user: UserId, end: Instant) -> Result<u32> {
    let mut read = 0;
    while Instant::now() < end {
        let mut lines = api.chatters(ChannelId(user.0), user).await?;
        while let Some(line) = lines.next().await {
            match line? {
                ChattersLine::Failed { problem } => {
                    return Err(format!("not read: {}", problem.detail).into());
                }
                ChattersLine::End { .. } => read += 1,
                ChattersLine::Page(_) => {}
            }
        }
    }
    Ok(read)
}
