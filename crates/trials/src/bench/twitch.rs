//! What `twitch-api` adds to each page of chatters, over the simulator's own time.
//!
//! Rooms of 30,000 and of 100,000, read alternately straight from the simulator and through the service, by as many
//! moderators as it takes to leave every budget unspent: this is about the way, not about waiting.

use std::time::Instant;

use common::{
    clients::{TwitchApi, twitch_api::ChattersLine},
    ids::{ChannelId, UserId},
};
use devstack::{Service, Stack};
use futures_util::StreamExt as _;
use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::{
    Result, backstage,
    figures::{Figures, quantile},
    options::Options,
    sim::Sim,
};

/// The simulator's rooms of about 30,000 and 100,000.
const ROOMS: [(&str, u64); 2] = [("30,000", 10_000_004), ("100,000", 10_000_005)];
/// Readings of both rooms that one moderator's points allow for.
const READINGS_EACH: usize = 4;
const TARGET_MS: f64 = 2.0;

/// Somebody who asks the simulator itself.
struct Direct {
    http: Client,
    helix: String,
    client: String,
    token: String,
    user: u64,
}

/// Measures both rooms.
///
/// # Errors
/// When the stack does not start or a reading fails.
pub async fn run(options: &Options, figures: &mut Figures) -> Result<()> {
    let stack = Stack::builder()
        .without(Service::Gateway)
        .without(Service::Worker)
        .without(Service::Analysis)
        .simulator_env("SIM_RATE_LIMIT", "off")
        .env(Service::TwitchApi, "RATE_LIMIT_REQUESTS_PER_SECOND", "10000")
        .start()
        .await?;
    let (sim, api) = (Sim::of(&stack)?, backstage::replica(&stack, 0)?);
    let mut moderators = Vec::new();
    for user in sim.people(options.pick(5, 1)).await? {
        for (_, room) in ROOMS {
            sim.ask(Method::PUT, &format!("channels/{room}/moderators/{user}"), &Value::Null).await?;
        }
        let direct = Direct::log_in(&stack, user).await?;
        moderators.push((backstage::log_in(&api, user).await?, direct));
    }
    for (name, room) in ROOMS {
        // The simulator writes a room's rows when it is first asked.
        let (_, first) = moderators.first().ok_or("nobody logged in")?;
        first.read(room).await?;
        let (mut direct, mut through) = (Vec::new(), Vec::new());
        for (user, asker) in &moderators {
            for _ in 0..options.pick(READINGS_EACH, 1) {
                direct.extend(asker.read(room).await?);
                through.extend(read_through(&api, room, *user).await?);
            }
        }
        let (direct, through) = (quantile(&mut direct, 0.5), quantile(&mut through, 0.5));
        figures.report(&format!("page of a room of {name}, from the simulator, median"), "ms", direct);
        figures.report(&format!("page of a room of {name}, through twitch-api, median"), "ms", through);
        figures.at_most(&format!("added to a page of a room of {name}"), "ms", through - direct, TARGET_MS);
    }
    Ok(())
}

impl Direct {
    /// A token of the official mock's grant.
    async fn log_in(stack: &Stack, user: u64) -> Result<Self> {
        let (http, base) = (crate::http()?, stack.simulator()?.url());
        let (client, secret) = stack.twitch_client();
        let form = json!({
            "client_id": client, "client_secret": secret, "grant_type": "user_token", "user_id": user.to_string(),
            "scope": "moderator:read:chatters",
        });
        let answer =
            http.post(format!("{base}/oauth2/token")).form(&form).send().await?.error_for_status()?;
        let token: Value = answer.json().await?;
        let token = token["access_token"].as_str().ok_or("no token")?.to_owned();
        Ok(Self { http, helix: format!("{base}/helix"), client: client.to_owned(), token, user })
    }

    /// Milliseconds of each page.
    async fn read(&self, room: u64) -> Result<Vec<f64>> {
        let (mut pages, mut after) = (Vec::new(), None::<String>);
        loop {
            let started = Instant::now();
            let mut query = vec![
                ("broadcaster_id", room.to_string()),
                ("moderator_id", self.user.to_string()),
                ("first", "1000".to_owned()),
            ];
            query.extend(after.take().map(|cursor| ("after", cursor)));
            let request = self.http.get(format!("{}/chat/chatters", self.helix)).query(&query);
            let request = request.bearer_auth(&self.token).header("client-id", &self.client);
            let body = request.send().await?.error_for_status()?.bytes().await?;
            pages.push(started.elapsed().as_secs_f64() * 1e3);
            // Not counted: what a client makes of the page.
            let page: Value = serde_json::from_slice(&body)?;
            match page["pagination"]["cursor"].as_str() {
                Some(cursor) => after = Some(cursor.to_owned()),
                None => return Ok(pages),
            }
        }
    }
}

/// Milliseconds until each page, reading as the worker does.
async fn read_through(api: &TwitchApi, room: u64, user: UserId) -> Result<Vec<f64>> {
    let mut asked = Instant::now();
    let mut pages = Vec::new();
    let mut lines = api.chatters(ChannelId(room), user).await?;
    while let Some(line) = lines.next().await {
        match line? {
            ChattersLine::Page(_) => {
                pages.push(asked.elapsed().as_secs_f64() * 1e3);
                asked = Instant::now();
            }
            ChattersLine::End { outcome } if outcome.complete => return Ok(pages),
            other => return Err(format!("the reading is not complete: {other:?}").into()),
        }
    }
    Err("the reading ended without an outcome".into())
}
