//! Two evenings that are over and a broadcast that runs, on the channels of the [`cast`].

use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};
use common::{
    clock::Clock,
    config::{AppEnv, TelemetryConfig, load},
    db::{self, sessions::Saving},
    telemetry,
};
use serde_json::json;
use twitch_sim::TwitchId;
use twitch_sim::people::{HARBOR_LIGHT, LEA, NIGHT_SHIFT, PETIT_PIXEL};

use crate::{
    Result,
    cast::{self, CAST, NEIGHBOUR},
    past::Past,
    sim::Sim,
};

/// How long the running broadcast has been running when the demo opens.
const LIVE_FOR: TimeDelta = TimeDelta::minutes(40);
/// How many saved sessions a person may have here.
const SAVED_SESSIONS: u32 = 10;

/// A broadcast of all channels at once.
struct Evening {
    /// How long before now it began.
    ago: TimeDelta,
    /// How many captures, and how many minutes from one to the next.
    captures: u32,
    interval: u8,
    happenings: &'static [(u32, Happening)],
    then: Then,
}

/// What happens before the capture of that number.
#[derive(Clone, Copy)]
enum Happening {
    Raid {
        from: TwitchId,
        to: TwitchId,
        viewers: u32,
    },
    /// Accounts that act together; the same ones come to several broadcasts.
    Ring(TwitchId),
    /// Accounts that were registered on the same day.
    Flood(TwitchId, u32),
    /// The capture is not made, because nothing runs at that time.
    Outage,
}
use Happening::{Flood, Outage, Raid, Ring};

/// What becomes of it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Then {
    /// It ends, and everybody saves the session.
    Saved,
    /// It ends.
    Over,
    /// It goes on.
    Live,
}

const EVENINGS: [Evening; 3] = [
    Evening {
        ago: TimeDelta::hours(49),
        captures: 30,
        interval: 5,
        happenings: &[
            (3, Ring(HARBOR_LIGHT)),
            (12, Raid { from: NEIGHBOUR, to: HARBOR_LIGHT, viewers: 700 }),
            (19, Raid { from: HARBOR_LIGHT, to: LEA, viewers: 150 }),
        ],
        then: Then::Saved,
    },
    Evening {
        ago: TimeDelta::hours(25),
        captures: 30,
        interval: 5,
        happenings: &[
            (9, Raid { from: NIGHT_SHIFT, to: PETIT_PIXEL, viewers: 90 }),
            (15, Flood(LEA, 90)),
            (20, Outage),
            (21, Outage),
            (24, Raid { from: NEIGHBOUR, to: NIGHT_SHIFT, viewers: 350 }),
        ],
        then: Then::Over,
    },
    Evening {
        ago: LIVE_FOR,
        captures: 40,
        interval: 1,
        happenings: &[(14, Raid { from: HARBOR_LIGHT, to: NIGHT_SHIFT, viewers: 220 })],
        then: Then::Live,
    },
];

/// `scenario history`: makes the past that the stores do not hold yet, in the simulator of `SIM_URL`.
///
/// # Errors
/// When a variable is missing, or a part of the past does not happen as it should.
pub async fn main() -> Result<()> {
    telemetry::init(&load(|env| TelemetryConfig::from_env(env, "scenario", AppEnv::Development))?);
    make(Sim::from_env()?, Clock::system().now(), |name| std::env::var(name).ok()).await
}

/// Makes everything that has happened until `now`; what is made already only gets the simulator to agree with it.
///
/// # Errors
/// As [`main`].
pub async fn make(
    sim: Sim,
    now: DateTime<Utc>,
    lookup: impl Fn(&str) -> Option<String> + Clone + 'static,
) -> Result<()> {
    let now = now.duration_trunc(TimeDelta::minutes(1))?;
    let mut past = Past::open(sim, now - EVENINGS[0].ago, lookup).await?;
    let is_known = has_history(&past).await?;
    if is_known {
        // The simulator has started anew and knows no token of before.
        past.go_to(now).await?;
    }
    for person in cast::people() {
        past.log_in(person).await?;
    }
    if is_known {
        begin(&past, 1).await?;
    } else {
        past.listen().await?;
        for evening in &EVENINGS {
            spend(&past, now, evening).await?;
        }
        past.describe_all().await?;
    }
    let sim = past.sim.clone();
    past.close().await;
    sim.let_run(Clock::system().now()).await
}

/// Whether the stores hold a broadcast of these days, as they do when a demo's data are kept.
async fn has_history(past: &Past) -> Result<bool> {
    let (from, to) = (past.now() - TimeDelta::days(1), past.now() + TimeDelta::days(4));
    Ok(!db::streams::during(past.pool(), &[cast::channel(LEA)], from, to, 1).await?.is_empty())
}

/// All channels go live, and everybody's schedules begin.
async fn begin(past: &Past, interval: u8) -> Result<()> {
    // Some have been live for a while, uncaptured: that broadcast is known, and ends here.
    past.poll().await?;
    for part in CAST {
        past.sim.go_offline(part.channel).await?;
        past.sim.go_live(part.channel).await?;
        for watcher in part.watchers {
            let (channel, user) = (cast::channel(part.channel), cast::user(*watcher));
            db::schedules::set(past.pool(), channel, user, interval, true, past.now()).await?;
        }
    }
    Ok(())
}

async fn spend(past: &Past, now: DateTime<Utc>, evening: &Evening) -> Result<()> {
    let step = TimeDelta::minutes(evening.interval.into());
    let start = (now - evening.ago).duration_trunc(step)?;
    past.go_to(start).await?;
    begin(past, evening.interval).await?;
    for capture in 1..=evening.captures {
        // A second into the slot, as schedulers are.
        past.go_to(start + step * i32::try_from(capture)? + TimeDelta::seconds(1)).await?;
        let mut outage = false;
        for (_, happening) in evening.happenings.iter().filter(|(at, _)| *at == capture) {
            match *happening {
                Raid { from, to, viewers } => past.raid(from, to, viewers).await?,
                Ring(channel) => {
                    // At every broadcast of the next days, almost from its beginning to its end.
                    let order = json!({ "kind": "B1", "size": 80, "waves": 16, "minutes": 330 });
                    past.sim.operate(channel, order).await?;
                }
                Flood(channel, size) => {
                    past.sim.operate(channel, json!({ "kind": "B6", "size": size, "waves": 1 })).await?;
                }
                Outage => outage = true,
            }
        }
        if !outage {
            past.step().await?;
        }
    }
    if evening.then != Then::Live {
        past.go_to(past.now() + step).await?;
        for part in CAST {
            past.sim.go_offline(part.channel).await?;
        }
        // Three polls without it, and a broadcast is over.
        past.step().await?;
    }
    if evening.then == Then::Saved {
        save_sessions(past, start).await?;
    }
    Ok(())
}

async fn save_sessions(past: &Past, start: DateTime<Utc>) -> Result<()> {
    let name = start.format("%Y-%m-%d").to_string();
    for person in cast::people() {
        let user = cast::user(person);
        for session in db::sessions::of_user(past.pool(), user, past.now()).await? {
            let how = Saving { name: Some(&name), replace: None, limit: SAVED_SESSIONS };
            db::sessions::save(past.pool(), user, session.uuid, &how, past.now()).await?;
        }
    }
    Ok(())
}
