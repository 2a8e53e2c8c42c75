//! `GET /channels` and `GET /moderation/channels`.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use serde_json::{Value, json};

use super::error::ApiError;
use super::guard::Caller;
use super::page;
use super::streams::game_id;
use crate::faults::Hits;
use crate::params::Params;
use crate::sim::Sim;
use crate::world::accounts::TwitchId;

pub(crate) async fn list(
    State(sim): State<Arc<Sim>>,
    _caller: Caller,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    params.required("broadcaster_id")?;
    let mut ids = params.ids("broadcaster_id")?;
    ids.sort_unstable();
    ids.dedup();
    let rows: Vec<Value> = ids.into_iter().filter_map(|id| channel(&sim, id)).collect();
    Ok(Json(json!({ "data": rows })))
}

fn channel(sim: &Sim, id: TwitchId) -> Option<Value> {
    let account = sim.world.accounts.get(sim.world.accounts.find(id, sim.clock.now_ms())?);
    let spec = sim.world.channel(id);
    let spec = spec.as_ref().map(|channel| &channel.spec);
    let game = spec.map_or("", |spec| &spec.game);
    Some(json!({
        "broadcaster_id": id.to_string(),
        "broadcaster_login": account.login,
        "broadcaster_name": account.display_name,
        "broadcaster_language": spec.map_or("en", |spec| spec.language),
        "game_id": game_id(game),
        "game_name": game,
        "title": spec.map_or("", |spec| &spec.title),
        "delay": 0,
        "tags": [],
        "content_classification_labels": [],
        "is_branded_content": false,
    }))
}

/// Channels that the token's user moderates; their own is not among them.
pub(crate) async fn moderated(
    State(sim): State<Arc<Sim>>,
    Extension(hits): Extension<Hits>,
    caller: Caller,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    let user = params.id("user_id")?;
    if caller.user()? != user {
        return Err(ApiError::unauthorized(
            "The ID in user_id must match the user ID found in the request's OAuth token.",
        ));
    }
    caller.scope(&["user:read:moderated_channels"])?;
    let rows = sim
        .world
        .moderated_by(user)
        .iter()
        .map(|channel| {
            json!({
                "broadcaster_id": channel.id().to_string(),
                "broadcaster_login": channel.spec.login,
                "broadcaster_name": channel.spec.display_name,
            })
        })
        .collect();
    page(&format!("moderated:{user}"), &params, (20, 100), rows, &hits)
}
