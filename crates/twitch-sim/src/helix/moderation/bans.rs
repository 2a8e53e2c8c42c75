//! `POST`/`DELETE /moderation/bans` and `GET /moderation/banned`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::clock::{machine_ms, rfc3339};
use crate::faults::Hits;
use crate::helix::error::ApiError;
use crate::helix::guard::{Caller, Moderated};
use crate::helix::{Sent, page};
use crate::params::Params;
use crate::sim::Sim;
use crate::world::accounts::TwitchId;
use crate::world::moderation::Ban;

const SCOPE: [&str; 1] = ["moderator:manage:banned_users"];
/// Bans that one channel takes in 30 s, as measured by others.
const BANS_PER_30_S: usize = 100;

#[derive(Debug, Deserialize)]
pub(crate) struct BanRequest {
    data: BanData,
}

#[derive(Debug, Deserialize)]
struct BanData {
    #[serde(default)]
    user_id: String,
    duration: Option<i64>,
    reason: Option<String>,
}

pub(crate) async fn ban(
    State(sim): State<Arc<Sim>>,
    caller: Caller,
    params: Params,
    body: Sent<BanRequest>,
) -> Result<Json<Value>, ApiError> {
    let acting = caller.moderator(&sim, &params, &SCOPE)?;
    let BanRequest { data } = body.parse()?;
    let user = known_user(&sim, &data.user_id)?;
    let reason = data.reason.unwrap_or_default();
    if reason.chars().count() > 500 {
        return Err(ApiError::bad_request("The text in the reason field is too long."));
    }
    if data.duration.is_some_and(|seconds| !(1..=1_209_600).contains(&seconds)) {
        return Err(ApiError::bad_request("The value in the duration field is not valid."));
    }
    let channel = acting.room()?;
    if channel.is_moderated_by(user) {
        return Err(ApiError::bad_request("The user specified in the user_id field may not be banned."));
    }
    let now_ms = sim.clock.now_ms();
    let ends_ms = data.duration.map(|seconds| now_ms + seconds * 1_000);
    {
        let mut overlay = channel.overlay_mut();
        let moderation = &mut overlay.moderation;
        let current = moderation.bans.get(&user).filter(|ban| ban.is_in_force(now_ms));
        // A timeout can be made longer or permanent; a ban cannot be made a timeout.
        if current.is_some_and(|ban| ban.ends_ms.is_none()) {
            return Err(ApiError::bad_request("user is already banned"));
        }
        throttle(&mut moderation.recent_bans)?;
        let ban = Ban { moderator: acting.moderator, created_ms: now_ms, ends_ms, reason };
        moderation.bans.insert(user, ban);
    }
    if let Some(ix) = sim.world.accounts.find(user, now_ms) {
        sim.world.shut_out(channel, ix, now_ms, ends_ms);
    }
    sim.announce_ban(&acting, user);
    Ok(Json(json!({ "data": [{
        "broadcaster_id": acting.broadcaster.to_string(),
        "moderator_id": acting.moderator.to_string(),
        "user_id": user.to_string(),
        "created_at": rfc3339(now_ms),
        "end_time": ends_ms.map(rfc3339),
    }] })))
}

fn throttle(recent: &mut Vec<i64>) -> Result<(), ApiError> {
    let now_ms = machine_ms();
    recent.retain(|&at| now_ms - at < 30_000);
    if recent.len() >= BANS_PER_30_S {
        let why = "Too many bans for this broadcaster. Please retry later.";
        return Err(ApiError::new(StatusCode::TOO_MANY_REQUESTS, why));
    }
    recent.push(now_ms);
    Ok(())
}

/// A user named in a body.
pub(super) fn known_user(sim: &Sim, id: &str) -> Result<TwitchId, ApiError> {
    TwitchId::parse(id)
        .filter(|&id| sim.world.accounts.find(id, sim.clock.now_ms()).is_some())
        .ok_or_else(|| ApiError::bad_request("The ID in user_id is not valid."))
}

pub(crate) async fn unban(
    State(sim): State<Arc<Sim>>,
    caller: Caller,
    params: Params,
) -> Result<StatusCode, ApiError> {
    let acting = caller.moderator(&sim, &params, &SCOPE)?;
    let user = params.id("user_id")?;
    let now_ms = sim.clock.now_ms();
    let channel = acting.room()?;
    let removed = channel.overlay_mut().moderation.bans.remove(&user);
    if !removed.is_some_and(|ban| ban.is_in_force(now_ms)) {
        return Err(ApiError::bad_request("user is not banned"));
    }
    if let Some(ix) = sim.world.accounts.find(user, now_ms) {
        sim.world.let_in(channel, ix, now_ms);
    }
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn banned(
    State(sim): State<Arc<Sim>>,
    Extension(hits): Extension<Hits>,
    caller: Caller,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    let Moderated { broadcaster, channel, .. } =
        caller.broadcaster(&sim, &params, &["moderation:read", "moderator:manage:banned_users"])?;
    let now_ms = sim.clock.now_ms();
    let only = params.ids("user_id")?;
    let bans: Vec<(TwitchId, Ban)> = channel.map_or_else(Vec::new, |channel| {
        channel.overlay().moderation.bans.iter().map(|(&user, ban)| (user, ban.clone())).collect()
    });
    let rows = bans
        .iter()
        .filter(|(user, ban)| ban.is_in_force(now_ms) && (only.is_empty() || only.contains(user)))
        .map(|(user, ban)| {
            let (login, name) = sim.names(*user);
            let (moderator_login, moderator_name) = sim.names(ban.moderator);
            json!({
                "user_id": user.to_string(),
                "user_login": login,
                "user_name": name,
                "expires_at": ban.ends_ms.map_or_else(String::new, rfc3339),
                "created_at": rfc3339(ban.created_ms),
                "reason": ban.reason,
                "moderator_id": ban.moderator.to_string(),
                "moderator_login": moderator_login,
                "moderator_name": moderator_name,
            })
        })
        .collect();
    page(&format!("banned:{broadcaster}"), &params, (20, 100), rows, &hits)
}
