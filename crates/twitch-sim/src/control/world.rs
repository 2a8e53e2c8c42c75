//! Clock, settings, channels, truth, counters.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value, json};

use super::error::ControlError;
use crate::clock::{Pace, rfc3339, rfc3339_nanos};
use crate::config::Client;
use crate::params::Params;
use crate::settings::Settings;
use crate::sim::Sim;
use crate::world::accounts::TwitchId;
use crate::world::channel::Channel;
use crate::world::people::PEOPLE;
use crate::world::{EARLIEST_MS, Synthetic};

/// `{"now":"…","mode":"real"|"rate"|"stepped","rate":1.0}`
pub(crate) async fn clock(State(sim): State<Arc<Sim>>) -> Json<Value> {
    let (mode, rate) = match sim.clock.pace() {
        Pace::Stepped => ("stepped", 0.0),
        Pace::Rate(1.0) => ("real", 1.0),
        Pace::Rate(rate) => ("rate", rate),
    };
    let now_ms = sim.clock.now_ms();
    Json(json!({ "now": rfc3339_nanos(now_ms), "now_ms": now_ms, "mode": mode, "rate": rate }))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetClock {
    now: Option<DateTime<Utc>>,
    mode: Option<String>,
    rate: Option<f64>,
    advance_seconds: Option<f64>,
}

/// Any of `now`, `mode` (`real`, `stepped`), `rate` and `advance_seconds`, applied in this order.
pub(crate) async fn set_clock(
    State(sim): State<Arc<Sim>>,
    Json(wanted): Json<SetClock>,
) -> Result<Json<Value>, ControlError> {
    let mut pace = match wanted.mode.as_deref() {
        None => None,
        Some("real") => Some(Pace::Rate(1.0)),
        Some("stepped") => Some(Pace::Stepped),
        Some(other) => return Err(ControlError::invalid(format!("no such mode: {other}"))),
    };
    if let Some(rate) = wanted.rate {
        if !rate.is_finite() || rate <= 0.0 {
            return Err(ControlError::invalid("rate must be positive"));
        }
        pace = Some(Pace::Rate(rate));
    }
    let now_ms = wanted.now.map(|now| now.timestamp_millis());
    if now_ms.is_some_and(|now| now < EARLIEST_MS) {
        return Err(ControlError::invalid(format!("the world begins on {}", rfc3339(EARLIEST_MS))));
    }
    sim.clock.set(now_ms, pace);
    if let Some(seconds) = wanted.advance_seconds {
        let by = Duration::try_from_secs_f64(seconds)
            .map_err(|_| ControlError::invalid("advance_seconds must not be negative"))?;
        sim.clock.advance(by);
    }
    Ok(clock(State(sim)).await)
}

pub(crate) async fn settings(State(sim): State<Arc<Sim>>) -> Json<Settings> {
    Json(sim.settings())
}

/// Changes the settings that are given and leaves the others.
pub(crate) async fn set_settings(
    State(sim): State<Arc<Sim>>,
    Json(wanted): Json<Value>,
) -> Result<Json<Settings>, ControlError> {
    let mut all = serde_json::to_value(sim.settings()).unwrap_or_default();
    let (Some(all_map), Some(wanted)) = (all.as_object_mut(), wanted.as_object()) else {
        return Err(ControlError::invalid("an object is expected"));
    };
    all_map.extend(wanted.clone());
    let settings = serde_json::from_value(all).map_err(|error| ControlError::invalid(error.to_string()))?;
    sim.set_settings(settings);
    Ok(Json(settings))
}

/// People, their channels and what they moderate.
pub(crate) async fn people(State(sim): State<Arc<Sim>>) -> Json<Value> {
    let rows: Vec<Value> = PEOPLE
        .iter()
        .map(|person| {
            let moderates: Vec<String> =
                sim.world.moderated_by(person.id).iter().map(|channel| channel.id().to_string()).collect();
            json!({
                "id": person.id.to_string(),
                "login": person.login,
                "display_name": person.display_name,
                "about": person.about[1],
                "moderates": moderates,
            })
        })
        .collect();
    Json(json!({ "people": rows }))
}

/// Every channel with its size and its stream.
pub(crate) async fn channels(State(sim): State<Arc<Sim>>) -> Json<Value> {
    let now_ms = sim.clock.now_ms();
    let rows: Vec<Value> =
        sim.world.channels().iter().map(|channel| describe(&sim, channel, now_ms)).collect();
    Json(json!({ "channels": rows }))
}

fn describe(sim: &Sim, channel: &Channel, now_ms: i64) -> Value {
    let live = channel
        .live_stream(now_ms)
        .map(|stream| json!({ "id": stream.id(), "started_at": rfc3339(stream.occasion.start) }));
    let moderators: Vec<String> = channel.overlay().moderators.iter().map(TwitchId::to_string).collect();
    json!({
        "id": channel.id().to_string(),
        "login": channel.spec.login,
        "chatters_estimate": channel.estimate(&sim.world.accounts, now_ms),
        "live": live,
        "moderators": moderators,
    })
}

/// Adds channels for a load test: see [`Synthetic`]. Answers `{"channel_ids":["…"]}`.
pub(crate) async fn add_channels(
    State(sim): State<Arc<Sim>>,
    Json(wanted): Json<Synthetic>,
) -> Result<(StatusCode, Json<Value>), ControlError> {
    if wanted.chatters > 1_000_000 || wanted.channels > 100_000 || wanted.shared_pool > 1 << 22 {
        return Err(ControlError::invalid("too many"));
    }
    let ids: Vec<String> = sim.world.add_synthetic(&wanted).iter().map(TwitchId::to_string).collect();
    Ok((StatusCode::CREATED, Json(json!({ "channel_ids": ids }))))
}

pub(crate) fn channel(sim: &Sim, id: &str) -> Result<Arc<Channel>, ControlError> {
    TwitchId::parse(id).and_then(|id| sim.world.channel(id)).ok_or_else(|| ControlError::not_found("channel"))
}

/// Who is really in a room: `?t=` RFC 3339 or Unix milliseconds, now if absent.
pub(crate) async fn truth(
    State(sim): State<Arc<Sim>>,
    Path(id): Path<String>,
    params: Params,
) -> Result<Json<Value>, ControlError> {
    let channel = channel(&sim, &id)?;
    let at = match params.get("t") {
        None => sim.clock.now_ms(),
        Some(text) => text
            .parse::<i64>()
            .ok()
            .or_else(|| Some(DateTime::parse_from_rfc3339(text).ok()?.timestamp_millis()))
            .ok_or_else(|| ControlError::invalid("t must be RFC 3339 or Unix milliseconds"))?,
    };
    let roster = sim.roster(&channel, at).await;
    let ids: Vec<String> = roster.accounts.iter().map(|&ix| sim.world.accounts.id(ix).to_string()).collect();
    Ok(Json(json!({
        "channel_id": id,
        "at": rfc3339_nanos(roster.at),
        "at_ms": roster.at,
        "total": ids.len(),
        "ids": ids,
    })))
}

pub(crate) async fn requests(State(sim): State<Arc<Sim>>) -> Json<Value> {
    Json(sim.requests.report())
}

pub(crate) async fn clear_requests(State(sim): State<Arc<Sim>>) -> StatusCode {
    sim.requests.clear();
    StatusCode::NO_CONTENT
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewClient {
    id: String,
    secret: String,
    redirect_urls: Vec<String>,
    #[serde(default)]
    name: Option<String>,
}

/// Registers another application.
pub(crate) async fn add_client(State(sim): State<Arc<Sim>>, Json(new): Json<NewClient>) -> StatusCode {
    let name = new.name.unwrap_or_else(|| new.id.clone());
    sim.add_client(Client { id: new.id, secret: new.secret, redirect_urls: new.redirect_urls, name });
    StatusCode::CREATED
}
