//! 16: tokens that expire, rotate and die; moderators who lose their role; users who disconnect the application.
//!
//! Everybody has a room with a schedule. In each round a tenth of them is hit by each fault just before the slot comes up.
//! Whose permission stands is captured after one refresh; everybody else's schedule pauses, they are told once, and
//! nobody asks Twitch for them again until they log in.

use std::{collections::BTreeMap, time::Duration};

use common::{
    events::{self, Event},
    ids::{ChannelId, UserId},
};
use devstack::Service;
use rand::{rngs::StdRng, seq::SliceRandom as _};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::sleep;

use super::people;
use crate::{
    Result, backstage,
    figures::{Figures, float},
    invariants,
    options::Options,
    person::Person,
    sim::Sim,
    stage::Stage,
    truth::{self, Ended, Verdict},
};

/// So many come and go that two moments an hour apart differ.
const CHATTERS: u32 = 1_200;
/// Slots that come up and have not been opened.
const DUE: &str = "SELECT COUNT(*) FROM schedules
    WHERE paused_reason IS NULL AND next_slot <= UTC_TIMESTAMP(6) + INTERVAL 2 SECOND";
/// How long nobody may ask for those who are paused.
const QUIET: Duration = Duration::from_secs(5);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    None,
    /// The access token; the refresh token goes on or is replaced, as the round says.
    Expired,
    RefreshKilled,
    RoleLost,
    Disconnected,
}

/// A tenth each; expiry twice, with and without a rotation over the rounds.
const TENTHS: [Fault; 10] = [
    Fault::Expired,
    Fault::Expired,
    Fault::RefreshKilled,
    Fault::RoleLost,
    Fault::Disconnected,
    Fault::None,
    Fault::None,
    Fault::None,
    Fault::None,
    Fault::None,
];

/// Somebody with a room.
struct Moderator {
    user: u64,
    room: u64,
    /// The last live event that was looked at.
    heard: String,
}

/// What must not be, counted over all rounds.
#[derive(Default)]
struct Count {
    captured: i64,
    paused: i64,
    /// Captured though it should not be, or the other way round, or for another reason.
    unexpected: i64,
    /// Told of their loss not at all, or more than once.
    misinformed: i64,
    refreshes: i64,
    refreshes_needed: i64,
    asked_again: i64,
}

pub async fn lost_and_renewed(options: &Options, rng: &mut StdRng, figures: &mut Figures) -> Result<()> {
    let (people, rounds) = options.pick((100, 10), (10, 2));
    let stage = people::stage(|builder| {
        builder
            .env(Service::Worker, "TWITCH_TIMEOUT_SECONDS", "10")
            .env(Service::Worker, "JOB_LEASE_SECONDS", "30")
            .env(Service::Worker, "WORKER_CONCURRENCY", "16")
    })
    .await?;
    let sim = Sim::of(&stage.stack)?;
    let mut cast = gather(&stage, &sim, people).await?;
    // The application's own token is asked for at the same address: it must be there before we count.
    backstage::replica(&stage.stack, 0)?.streams(&[ChannelId(1)]).await?;
    let (mut count, mut verdict, mut after) = (Count::default(), Verdict::default(), 0);
    for round in 0..rounds {
        let rotation = if round % 2 == 0 { "never" } else { "always_replay_kills_grant" };
        sim.ask(Method::PUT, "oauth", &json!({ "rotation": rotation })).await?;
        cast.shuffle(rng);
        let fates: Vec<Fault> = TENTHS.into_iter().cycle().take(cast.len()).collect();
        sim.count_anew().await?;
        for (one, fault) in cast.iter().zip(&fates) {
            one.suffer(&sim, *fault).await?;
        }
        stage.next_slots("1 SECOND", "TRUE").await?;
        stage.until("every slot", DUE, 0, Duration::from_mins(1)).await?;
        stage.captures_ended(Duration::from_mins(3)).await?;

        let ended = truth::ended(&stage, after).await?;
        after = ended.last().map_or(after, |capture| capture.id);
        verdict += Verdict::on(&ended, &sim).await?;
        count.refreshes += i64::try_from(sim.counts().await?.requests("POST /token"))?;
        let by_room: BTreeMap<u64, &Ended> = ended.iter().map(|capture| (capture.room, capture)).collect();
        count.unexpected += i64::try_from(ended.len() - by_room.len())?;
        for (one, fault) in cast.iter_mut().zip(&fates) {
            count.look_at(&stage, one, *fault, by_room.get(&one.room)).await?;
        }
        sim.count_anew().await?;
        stage.next_slots("1 SECOND", "paused_reason IS NOT NULL").await?;
        sleep(QUIET).await;
        let asked = sim.counts().await?;
        count.asked_again +=
            i64::try_from(asked.requests("POST /token") + asked.requests("GET /chat/chatters"))?;
        stage.next_slots("1 DAY", "TRUE").await?;
        for (one, fault) in cast.iter().zip(&fates) {
            one.mend(&stage, &sim, *fault).await?;
        }
    }
    figures.at_least("captures of standing grants", "", float(count.captured), 1.0);
    figures.at_least("schedules paused with the reason", "", float(count.paused), 1.0);
    figures.exactly("captures that ended otherwise than they should", "", count.unexpected, 0);
    figures.exactly("people not told exactly once", "", count.misinformed, 0);
    figures.exactly("refreshes", "", count.refreshes, count.refreshes_needed);
    figures.exactly("questions to Twitch for those who are paused", "", count.asked_again, 0);
    verdict.judge(figures);
    stage.at_rest(Duration::from_mins(10)).await?;
    invariants::check(&stage, figures).await
}

/// People who have logged in, each with a schedule on a room of somebody else's.
async fn gather(stage: &Stage, sim: &Sim, people: u64) -> Result<Vec<Moderator>> {
    let mut cast = Vec::new();
    for user in sim.people(people).await? {
        let room = json!({ "channels": 1, "chatters": CHATTERS, "moderator": user, "churn": true });
        let room = sim.rooms(&room).await?.pop().ok_or("no room")?;
        Person::log_in(stage.stack.public_url(), &user.to_string()).await?;
        sqlx::query(
            "INSERT INTO schedules (channel_id, user_id, interval_minutes, only_live, next_slot, created_at, updated_at)
             VALUES (?, ?, 60, FALSE, UTC_TIMESTAMP(0) + INTERVAL 1 DAY, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))",
        )
        .bind(room)
        .bind(user)
        .execute(&stage.pool)
        .await?;
        cast.push(Moderator { user, room, heard: "0".to_owned() });
    }
    Ok(cast)
}

impl Stage {
    /// When the next slot of the schedules that match comes up.
    async fn next_slots(&self, after: &str, which: &str) -> Result<()> {
        let statement = format!(
            "UPDATE chatters.schedules SET next_slot = UTC_TIMESTAMP(0) + INTERVAL {after} WHERE {which}"
        );
        self.admin(&statement).await
    }
}

impl Moderator {
    async fn suffer(&self, sim: &Sim, fault: Fault) -> Result<()> {
        let Self { user, room, .. } = self;
        let calls: &[(Method, String)] = &match fault {
            Fault::None => vec![],
            Fault::Expired => vec![(Method::POST, format!("users/{user}/expire_tokens"))],
            Fault::RefreshKilled => vec![
                (Method::POST, format!("users/{user}/kill_refresh")),
                (Method::POST, format!("users/{user}/expire_tokens")),
            ],
            Fault::RoleLost => vec![(Method::DELETE, format!("channels/{room}/moderators/{user}"))],
            Fault::Disconnected => vec![(Method::POST, format!("users/{user}/disconnect"))],
        };
        for (method, path) in calls {
            sim.ask(method.clone(), path, &Value::Null).await?;
        }
        Ok(())
    }

    /// As their owner would: logs in again, or gets the role back and switches the schedule on.
    async fn mend(&self, stage: &Stage, sim: &Sim, fault: Fault) -> Result<()> {
        let Self { user, room, .. } = self;
        match fault {
            Fault::None | Fault::Expired => {}
            Fault::RoleLost => {
                sim.ask(Method::PUT, &format!("channels/{room}/moderators/{user}"), &Value::Null).await?;
                stage
                    .admin(&format!(
                        "UPDATE chatters.schedules SET paused_reason = NULL WHERE user_id = {user}"
                    ))
                    .await?;
            }
            Fault::RefreshKilled | Fault::Disconnected => {
                Person::log_in(stage.stack.public_url(), &user.to_string()).await?;
            }
        }
        Ok(())
    }

    /// How often they were told since last time that something of theirs ended.
    async fn told(&mut self, stage: &Stage) -> Result<usize> {
        let news = events::since(&stage.redis, UserId(self.user), &self.heard).await?;
        if let Some(last) = news.last().and_then(|last| last.id.clone()) {
            self.heard = last;
        }
        let of_loss = |event: &Event| matches!(event, Event::GrantLost { .. } | Event::SchedulePaused { .. });
        Ok(news.iter().filter(|news| of_loss(&news.event)).count())
    }
}

impl Count {
    async fn look_at(
        &mut self,
        stage: &Stage,
        one: &mut Moderator,
        fault: Fault,
        capture: Option<&&Ended>,
    ) -> Result<()> {
        let paused: Option<String> =
            sqlx::query_scalar("SELECT paused_reason FROM schedules WHERE user_id = ?")
                .bind(one.user)
                .fetch_one(&stage.pool)
                .await?;
        let expected = match fault {
            Fault::None | Fault::Expired => None,
            Fault::RefreshKilled | Fault::Disconnected => Some("token_lost"),
            Fault::RoleLost => Some("not_moderator"),
        };
        let captured = capture.is_some_and(|capture| capture.roster.is_some());
        let reason = capture.and_then(|capture| capture.reason.as_deref());
        // EventSub tells of a disconnection at once: the schedule may pause before its slot comes up.
        let in_time = fault == Fault::Disconnected && capture.is_none();
        let as_expected = captured == expected.is_none() && (reason == expected || in_time);
        if !as_expected || paused.as_deref() != expected {
            eprintln!("  ✗ {} after {fault:?}: {capture:?}, paused {paused:?}", one.user);
            self.unexpected += 1;
        }
        self.captured += i64::from(captured);
        self.paused += i64::from(paused.is_some());
        let asks = matches!(fault, Fault::Expired | Fault::RefreshKilled | Fault::Disconnected);
        self.refreshes_needed += i64::from(asks);
        let told = one.told(stage).await?;
        if told != usize::from(expected.is_some()) {
            eprintln!("  ✗ {} after {fault:?} was told {told} times", one.user);
            self.misinformed += 1;
        }
        Ok(())
    }
}
