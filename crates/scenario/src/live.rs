//! What happens while one watches: every ten minutes a few raids, and accounts that were registered on the same day.

use std::time::Duration;

use common::config::{AppEnv, TelemetryConfig, load};
use serde_json::json;
use tokio::time::{Instant, sleep_until};
use twitch_sim::{
    TwitchId,
    people::{HARBOR_LIGHT, LEA, NIGHT_SHIFT, PETIT_PIXEL},
};

use crate::{
    Result,
    cast::{CAST, NEIGHBOUR},
    sim::Sim,
};

/// Until it all happens again.
const ROUND: Duration = Duration::from_mins(10);

/// What happens how many seconds into a round.
pub const PLAN: [(u64, Act); 7] = [
    (0, Act::KeepLive),
    (30, Act::Raid { from: HARBOR_LIGHT, to: LEA, viewers: 180 }),
    (70, Act::Raid { from: NEIGHBOUR, to: NIGHT_SHIFT, viewers: 400 }),
    (100, Act::Raid { from: NEIGHBOUR, to: HARBOR_LIGHT, viewers: 900 }),
    (150, Act::Flood(LEA, 140)),
    (170, Act::Flood(HARBOR_LIGHT, 300)),
    (200, Act::Raid { from: NIGHT_SHIFT, to: PETIT_PIXEL, viewers: 90 }),
];

/// One thing that happens.
#[derive(Clone, Copy, Debug)]
pub enum Act {
    /// Channels whose broadcast has ended go live again.
    KeepLive,
    /// Viewers go from one channel to another, which is told.
    Raid { from: TwitchId, to: TwitchId, viewers: u32 },
    /// So many fresh accounts, all within a few minutes.
    Flood(TwitchId, u32),
}

/// `scenario live`: acts on the simulator of `SIM_URL` until the process is ended.
///
/// # Errors
/// When `SIM_URL` is missing.
pub async fn main() -> Result<()> {
    common::telemetry::init(&load(|env| TelemetryConfig::from_env(env, "scenario", AppEnv::Development))?);
    let sim = Sim::from_env()?;
    let mut round = Instant::now();
    loop {
        for (second, act) in PLAN {
            sleep_until(round + Duration::from_secs(second)).await;
            // The next act may find the simulator again.
            match perform(&sim, act).await {
                Ok(()) => tracing::info!(?act, "scenario.performed"),
                Err(error) => tracing::warn!(?act, %error, "scenario.not_performed"),
            }
        }
        round += ROUND;
    }
}

/// Makes it happen.
///
/// # Errors
/// When the simulator does not do it.
pub async fn perform(sim: &Sim, act: Act) -> Result<()> {
    match act {
        Act::KeepLive => {
            for part in CAST {
                sim.go_live(part.channel).await?;
            }
            Ok(())
        }
        Act::Raid { from, to, viewers } => sim.raid(from, to, viewers).await,
        Act::Flood(channel, size) => {
            sim.operate(channel, json!({ "kind": "B6", "size": size, "waves": 1 })).await
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plan_is_in_order_and_fits_into_a_round() {
        assert!(PLAN.is_sorted_by_key(|(second, _)| *second));
        assert!(PLAN.iter().all(|(second, _)| Duration::from_secs(*second) < ROUND));
    }
}
