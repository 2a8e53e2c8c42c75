//! Fault rules, token policy and buckets.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::error::ControlError;
use crate::faults::Rule;
use crate::limits::CAPACITY;
use crate::oauth::grant::Rotation;
use crate::sim::Sim;
use crate::world::accounts::TwitchId;

/// Adds a rule, or a list of them; answers `{"ids":[1]}`.
pub(crate) async fn add(
    State(sim): State<Arc<Sim>>,
    Json(wanted): Json<Value>,
) -> Result<(StatusCode, Json<Value>), ControlError> {
    let rules = if wanted.is_array() { wanted } else { json!([wanted]) };
    let rules: Vec<Rule> =
        serde_json::from_value(rules).map_err(|error| ControlError::invalid(error.to_string()))?;
    let bad = |rule: &Rule| rule.probability.is_some_and(|p| !(0.0..=1.0).contains(&p));
    if rules.iter().any(bad) {
        return Err(ControlError::invalid("probability must be between 0 and 1"));
    }
    let ids: Vec<u64> = rules.into_iter().map(|rule| sim.faults.add(rule)).collect();
    Ok((StatusCode::CREATED, Json(json!({ "ids": ids }))))
}

pub(crate) async fn list(State(sim): State<Arc<Sim>>) -> Json<Value> {
    Json(json!({ "faults": sim.faults.list() }))
}

pub(crate) async fn remove(
    State(sim): State<Arc<Sim>>,
    Path(id): Path<u64>,
) -> Result<StatusCode, ControlError> {
    let removed = sim.faults.remove(id);
    removed.then_some(StatusCode::NO_CONTENT).ok_or_else(|| ControlError::not_found("fault"))
}

pub(crate) async fn clear(State(sim): State<Arc<Sim>>) -> StatusCode {
    sim.faults.clear();
    StatusCode::NO_CONTENT
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Policy {
    rotation: Option<Rotation>,
    user_token_seconds: Option<i64>,
}

/// How refresh tokens rotate and how long user tokens live from now on.
pub(crate) async fn set_oauth(
    State(sim): State<Arc<Sim>>,
    Json(policy): Json<Policy>,
) -> Result<Json<Value>, ControlError> {
    if policy.user_token_seconds.is_some_and(|seconds| seconds < 1) {
        return Err(ControlError::invalid("user_token_seconds must be at least 1"));
    }
    if let Some(rotation) = policy.rotation {
        sim.vault.set_rotation(rotation);
    }
    if let Some(seconds) = policy.user_token_seconds {
        sim.vault.set_user_token_seconds(seconds);
    }
    Ok(Json(json!({ "rotation": sim.vault.rotation() })))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetPoints {
    client_id: String,
    /// Absent for the bucket of the app token.
    user_id: Option<u32>,
    points: f64,
}

/// Leaves so many points in a bucket.
pub(crate) async fn set_points(
    State(sim): State<Arc<Sim>>,
    Json(wanted): Json<SetPoints>,
) -> Result<StatusCode, ControlError> {
    if !(0.0..=CAPACITY).contains(&wanted.points) {
        return Err(ControlError::invalid("points must be between 0 and 800"));
    }
    sim.limits.set(wanted.user_id.map(TwitchId), &wanted.client_id, wanted.points);
    Ok(StatusCode::NO_CONTENT)
}

/// `{"buckets":[{"client_id","user_id"|null,"remaining"}]}`
pub(crate) async fn points(State(sim): State<Arc<Sim>>) -> Json<Value> {
    let rows: Vec<Value> = sim
        .limits
        .remaining()
        .into_iter()
        .map(|((client, user), remaining)| {
            json!({ "client_id": client, "user_id": user.map(|id| id.to_string()), "remaining": remaining })
        })
        .collect();
    Json(json!({ "buckets": rows }))
}

/// Fills every bucket.
pub(crate) async fn refill(State(sim): State<Arc<Sim>>) -> StatusCode {
    sim.limits.refill();
    StatusCode::NO_CONTENT
}
