//! `GET`/`PATCH /chat/settings`, `POST /chat/announcements`, `POST /moderation/warnings`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Sent;
use super::error::ApiError;
use super::guard::Caller;
use crate::clock::machine_ms;
use crate::params::Params;
use crate::sim::Sim;
use crate::world::accounts::TwitchId;

pub(crate) async fn settings(
    State(sim): State<Arc<Sim>>,
    caller: Caller,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    let broadcaster = params.id("broadcaster_id")?;
    let delay_scopes = ["moderator:read:chat_settings", "moderator:manage:chat_settings"];
    let moderator = match params.get("moderator_id") {
        Some(_) if caller.has_scope(&delay_scopes) => {
            Some(caller.moderator(&sim, &params, &delay_scopes)?.moderator)
        }
        _ => None,
    };
    let chat = sim.world.channel(broadcaster).map(|channel| channel.overlay().moderation.chat.clone());
    Ok(Json(json!({ "data": [chat.unwrap_or_default().to_json(broadcaster, moderator)] })))
}

#[derive(Debug, Deserialize)]
pub(crate) struct SettingsPatch {
    slow_mode: Option<bool>,
    slow_mode_wait_time: Option<u32>,
    follower_mode: Option<bool>,
    follower_mode_duration: Option<u32>,
    subscriber_mode: Option<bool>,
    emote_mode: Option<bool>,
    unique_chat_mode: Option<bool>,
    non_moderator_chat_delay: Option<bool>,
    non_moderator_chat_delay_duration: Option<u32>,
}

pub(crate) async fn change_settings(
    State(sim): State<Arc<Sim>>,
    caller: Caller,
    params: Params,
    body: Sent<SettingsPatch>,
) -> Result<Json<Value>, ApiError> {
    let acting = caller.moderator(&sim, &params, &["moderator:manage:chat_settings"])?;
    let patch = body.parse()?;
    let mut overlay = acting.room()?.overlay_mut();
    let chat = &mut overlay.moderation.chat;
    let timed = |current: Option<u32>, on: Option<bool>, value: Option<u32>, default: u32| match on {
        Some(false) => None,
        Some(true) => Some(value.or(current).unwrap_or(default)),
        None => current.map(|current| value.unwrap_or(current)),
    };
    chat.slow_wait = timed(chat.slow_wait, patch.slow_mode, patch.slow_mode_wait_time, 30);
    chat.follower_minutes =
        timed(chat.follower_minutes, patch.follower_mode, patch.follower_mode_duration, 0);
    chat.delay_seconds =
        timed(chat.delay_seconds, patch.non_moderator_chat_delay, patch.non_moderator_chat_delay_duration, 2);
    chat.subscriber_mode = patch.subscriber_mode.unwrap_or(chat.subscriber_mode);
    chat.emote_mode = patch.emote_mode.unwrap_or(chat.emote_mode);
    chat.unique_chat_mode = patch.unique_chat_mode.unwrap_or(chat.unique_chat_mode);
    Ok(Json(json!({ "data": [chat.to_json(acting.broadcaster, Some(acting.moderator))] })))
}

#[derive(Debug, Deserialize)]
pub(crate) struct Announcement {
    #[serde(default)]
    message: String,
    color: Option<String>,
}

/// One announcement every two seconds.
pub(crate) async fn announce(
    State(sim): State<Arc<Sim>>,
    caller: Caller,
    params: Params,
    body: Sent<Announcement>,
) -> Result<StatusCode, ApiError> {
    let acting = caller.moderator(&sim, &params, &["moderator:manage:announcements"])?;
    let body = body.parse()?;
    if body.message.is_empty() {
        return Err(ApiError::bad_request("The message field is required."));
    }
    let colors = ["blue", "green", "orange", "purple", "primary"];
    if body.color.is_some_and(|color| !colors.contains(&color.as_str())) {
        return Err(ApiError::bad_request("The specified color is not valid."));
    }
    let now_ms = machine_ms();
    let mut overlay = acting.room()?.overlay_mut();
    let last = &mut overlay.moderation.last_announcement;
    if last.is_some_and(|last| now_ms - last < 2_000) {
        return Err(ApiError::new(StatusCode::TOO_MANY_REQUESTS, "Too many announcements."));
    }
    *last = Some(now_ms);
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Debug, Deserialize)]
pub(crate) struct WarnRequest {
    data: WarnData,
}

#[derive(Debug, Deserialize)]
struct WarnData {
    #[serde(default)]
    user_id: String,
    #[serde(default)]
    reason: String,
}

pub(crate) async fn warn(
    State(sim): State<Arc<Sim>>,
    caller: Caller,
    params: Params,
    body: Sent<WarnRequest>,
) -> Result<Json<Value>, ApiError> {
    let acting = caller.moderator(&sim, &params, &["moderator:manage:warnings"])?;
    let WarnRequest { data } = body.parse()?;
    let user = TwitchId::parse(&data.user_id)
        .filter(|&user| sim.world.accounts.find(user, sim.clock.now_ms()).is_some())
        .ok_or_else(|| ApiError::bad_request("The ID in user_id is not valid."))?;
    if data.reason.is_empty() || data.reason.chars().count() > 500 {
        return Err(ApiError::bad_request("The reason field is required and at most 500 characters."));
    }
    Ok(Json(json!({ "data": [{
        "broadcaster_id": acting.broadcaster.to_string(),
        "user_id": user.to_string(),
        "moderator_id": acting.moderator.to_string(),
        "reason": data.reason,
    }] })))
}
