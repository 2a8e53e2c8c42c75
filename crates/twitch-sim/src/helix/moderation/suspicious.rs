//! `POST`/`DELETE /moderation/suspicious_users`: reversible, and softer than a ban.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};

use super::bans::known_user;
use crate::clock::rfc3339;
use crate::helix::Sent;
use crate::helix::error::ApiError;
use crate::helix::guard::{Caller, Moderated};
use crate::params::Params;
use crate::sim::Sim;
use crate::world::accounts::TwitchId;
use crate::world::moderation::Treatment;

const SCOPE: [&str; 1] = ["moderator:manage:suspicious_users"];

#[derive(Debug, Deserialize)]
pub(crate) struct MarkRequest {
    #[serde(default)]
    user_id: String,
    #[serde(default)]
    status: String,
}

pub(crate) async fn mark(
    State(sim): State<Arc<Sim>>,
    caller: Caller,
    params: Params,
    body: Sent<MarkRequest>,
) -> Result<Json<Value>, ApiError> {
    let acting = acting(&sim, &caller, &params)?;
    let body = body.parse()?;
    let user = known_user(&sim, &body.user_id)?;
    let treatment: Treatment = serde_json::from_value(json!(body.status))
        .map_err(|_| ApiError::bad_request("status must be either ACTIVE_MONITORING or RESTRICTED"))?;
    let channel = acting.room()?;
    if channel.is_moderated_by(user) {
        return Err(ApiError::bad_request("The status update is not allowed for this user."));
    }
    channel.overlay_mut().moderation.suspicions.insert(user, treatment);
    sim.announce_suspicion(&acting, user, treatment.low_trust_status());
    Ok(answer(&sim, &acting, user, &body.status))
}

pub(crate) async fn clear(
    State(sim): State<Arc<Sim>>,
    caller: Caller,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    let acting = acting(&sim, &caller, &params)?;
    let user = params.id("user_id")?;
    if acting.room()?.overlay_mut().moderation.suspicions.remove(&user).is_none() {
        return Err(ApiError::bad_request("The status update is not allowed for this user."));
    }
    sim.announce_suspicion(&acting, user, "none");
    Ok(answer(&sim, &acting, user, "NO_TREATMENT"))
}

/// An app token may act for a moderator who granted the scope to the application.
fn acting(sim: &Sim, caller: &Caller, params: &Params) -> Result<Moderated, ApiError> {
    if caller.access.user.is_some() {
        return caller.moderator(sim, params, &SCOPE);
    }
    let (broadcaster, moderator) = (params.id("broadcaster_id")?, params.id("moderator_id")?);
    let granted = sim.vault.consented(&caller.access.client, moderator).unwrap_or_default();
    if !granted.iter().any(|scope| SCOPE.contains(&scope.as_str())) {
        return Err(ApiError::unauthorized(format!("Missing scope: {}", SCOPE[0])));
    }
    let channel = sim.world.channel(broadcaster);
    if !channel.as_ref().is_some_and(|channel| channel.is_moderated_by(moderator)) {
        return Err(ApiError::not_a_moderator());
    }
    Ok(Moderated { broadcaster, moderator, channel })
}

fn answer(sim: &Sim, acting: &Moderated, user: TwitchId, status: &str) -> Json<Value> {
    Json(json!({ "data": [{
        "user_id": user.to_string(),
        "broadcaster_id": acting.broadcaster.to_string(),
        "moderator_id": acting.moderator.to_string(),
        "updated_at": rfc3339(sim.clock.now_ms()),
        "status": status,
        "types": ["MANUALLY_ADDED"],
    }] }))
}
