//! `GET`/`PUT /moderation/shield_mode`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::clock::rfc3339;
use crate::helix::Sent;
use crate::helix::error::ApiError;
use crate::helix::guard::Caller;
use crate::params::Params;
use crate::sim::Sim;
use crate::world::moderation::Shield;

const MANAGE: &str = "moderator:manage:shield_mode";

#[derive(Debug, Deserialize)]
pub(crate) struct ShieldRequest {
    is_active: bool,
}

pub(crate) async fn get(
    State(sim): State<Arc<Sim>>,
    caller: Caller,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    let acting = caller.moderator(&sim, &params, &["moderator:read:shield_mode", MANAGE])?;
    let shield = acting.room()?.overlay().moderation.shield.clone();
    Ok(answer(&sim, &shield))
}

pub(crate) async fn put(
    State(sim): State<Arc<Sim>>,
    caller: Caller,
    params: Params,
    body: Sent<ShieldRequest>,
) -> Result<Json<Value>, ApiError> {
    let acting = caller.moderator(&sim, &params, &[MANAGE])?;
    let ShieldRequest { is_active } = body.parse()?;
    let now_ms = sim.clock.now_ms();
    let (shield, changed) = {
        let mut overlay = acting.room()?.overlay_mut();
        let shield = &mut overlay.moderation.shield;
        let changed = shield.is_active != is_active;
        shield.is_active = is_active;
        shield.moderator = Some(acting.moderator);
        if is_active && changed {
            shield.last_activated_ms = Some(now_ms);
        }
        (shield.clone(), changed)
    };
    if changed {
        sim.announce_shield(&acting, is_active);
    }
    Ok(answer(&sim, &shield))
}

/// Empty strings where shield mode was never used.
fn answer(sim: &Sim, shield: &Shield) -> Json<Value> {
    let (login, name) = shield.moderator.map(|id| sim.names(id)).unwrap_or_default();
    Json(json!({ "data": [{
        "is_active": shield.is_active,
        "moderator_id": shield.moderator.map(|id| id.to_string()).unwrap_or_default(),
        "moderator_login": login,
        "moderator_name": name,
        "last_activated_at": shield.last_activated_ms.map(rfc3339).unwrap_or_default(),
    }] }))
}
