//! Streams, raids, operators, moderators: what happens to channels.

use std::sync::{Arc, PoisonError};

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::error::ControlError;
use super::world::channel;
use crate::clock::{rfc3339, rfc3339_nanos};
use crate::sim::Sim;
use crate::world::accounts::TwitchId;
use crate::world::operators::{Operator, Order, Started};

/// Makes a channel live for four hours, unless it is; answers its stream.
pub(crate) async fn go_live(
    State(sim): State<Arc<Sim>>,
    Path(id): Path<String>,
) -> Result<Json<Value>, ControlError> {
    let channel = channel(&sim, &id)?;
    let now_ms = sim.clock.now_ms();
    let stream = channel.live_stream(now_ms).unwrap_or_else(|| {
        let stream = channel.overlay_mut().streams.start(channel.key(), now_ms);
        sim.world.mark(&channel, now_ms);
        stream
    });
    sim.announce_streams();
    Ok(Json(json!({ "stream_id": stream.id(), "started_at": rfc3339(stream.occasion.start) })))
}

/// Ends the stream of a channel.
pub(crate) async fn go_offline(
    State(sim): State<Arc<Sim>>,
    Path(id): Path<String>,
) -> Result<StatusCode, ControlError> {
    let channel = channel(&sim, &id)?;
    let now_ms = sim.clock.now_ms();
    while let Some(stream) = channel.live_stream(now_ms) {
        channel.overlay_mut().streams.end(&stream, now_ms);
    }
    sim.world.mark(&channel, now_ms);
    sim.announce_streams();
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Raid {
    from: String,
    to: String,
    viewers: usize,
    /// Size in the event; as many as moved if absent.
    announced: Option<usize>,
    /// People move, but no event tells.
    #[serde(default)]
    silent: bool,
    /// The raiding channel goes offline.
    #[serde(default)]
    end_stream: bool,
}

/// Moves people from one room to another and tells those who listen.
pub(crate) async fn raid(
    State(sim): State<Arc<Sim>>,
    Json(wanted): Json<Raid>,
) -> Result<(StatusCode, Json<Value>), ControlError> {
    let (from, to) = (channel(&sim, &wanted.from)?, channel(&sim, &wanted.to)?);
    if from.id() == to.id() {
        return Err(ControlError::invalid("a channel cannot raid itself"));
    }
    let now_ms = sim.clock.now_ms();
    let moved = sim.world.raid(&from, &to, wanted.viewers, now_ms, &mut sim.rng());
    let announced = wanted.announced.unwrap_or(moved);
    let notified = if wanted.silent { 0 } else { sim.announce_raid(from.id(), to.id(), announced) };
    if wanted.end_stream {
        go_offline(State(Arc::clone(&sim)), Path(wanted.from.clone())).await?;
    }
    let row = json!({
        "from": wanted.from,
        "to": wanted.to,
        "at": rfc3339_nanos(now_ms),
        "at_ms": now_ms,
        "moved": moved,
        "announced": announced,
        "silent": wanted.silent,
        "notified": notified,
    });
    sim.raids.lock().unwrap_or_else(PoisonError::into_inner).push(row.clone());
    Ok((StatusCode::CREATED, Json(row)))
}

pub(crate) async fn raids(State(sim): State<Arc<Sim>>) -> Json<Value> {
    let raids = sim.raids.lock().unwrap_or_else(PoisonError::into_inner).clone();
    Json(json!({ "raids": raids }))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Operate {
    kind: Operator,
    size: Option<usize>,
    /// Waves: one now, the others at the next streams.
    #[serde(default = "three")]
    waves: usize,
    minutes: Option<i64>,
}

fn three() -> usize {
    3
}

/// Starts an operator in a channel; answers its accounts and waves.
pub(crate) async fn operate(
    State(sim): State<Arc<Sim>>,
    Path(id): Path<String>,
    Json(wanted): Json<Operate>,
) -> Result<(StatusCode, Json<Started>), ControlError> {
    let channel = channel(&sim, &id)?;
    if wanted.size.is_some_and(|size| size > 20_000) || wanted.minutes.is_some_and(|minutes| minutes < 1) {
        return Err(ControlError::invalid("size is at most 20,000 and minutes at least 1"));
    }
    let Operate { kind, size, waves, minutes } = wanted;
    let order = Order { kind, size, waves, minutes };
    let started = sim.world.operate(&channel, order, sim.clock.now_ms(), &mut sim.rng());
    Ok((StatusCode::CREATED, Json(started)))
}

pub(crate) async fn operators(State(sim): State<Arc<Sim>>) -> Json<Value> {
    let operators = sim.world.operators().clone();
    Json(json!({ "operators": operators }))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Hiccup {
    share: f64,
}

/// A share of the room drops out at once.
pub(crate) async fn hiccup(
    State(sim): State<Arc<Sim>>,
    Path(id): Path<String>,
    Json(wanted): Json<Hiccup>,
) -> Result<Json<Value>, ControlError> {
    let channel = channel(&sim, &id)?;
    let left = sim.world.hiccup(&channel, wanted.share, sim.clock.now_ms(), &mut sim.rng());
    Ok(Json(json!({ "left": left })))
}

/// Gives somebody the role of a moderator.
pub(crate) async fn add_moderator(
    State(sim): State<Arc<Sim>>,
    Path((id, user)): Path<(String, String)>,
) -> Result<StatusCode, ControlError> {
    let user = TwitchId::parse(&user).ok_or_else(|| ControlError::not_found("user"))?;
    channel(&sim, &id)?.overlay_mut().moderators.insert(user);
    Ok(StatusCode::NO_CONTENT)
}

/// Takes the role away; subscriptions that need it are revoked.
pub(crate) async fn remove_moderator(
    State(sim): State<Arc<Sim>>,
    Path((id, user)): Path<(String, String)>,
) -> Result<StatusCode, ControlError> {
    let removed = TwitchId::parse(&user)
        .is_some_and(|user| channel(&sim, &id).is_ok_and(|one| one.overlay_mut().moderators.remove(&user)));
    if !removed {
        return Err(ControlError::not_found("moderator"));
    }
    sim.hub.lock().revoke("moderator_removed", sim.clock.now_ms(), |one| {
        one.condition.get("moderator_user_id") == Some(&user)
            && one.condition.get("broadcaster_user_id") == Some(&id)
    });
    Ok(StatusCode::NO_CONTENT)
}
