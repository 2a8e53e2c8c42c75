//! `GET /moderation/moderators`, `GET /channels/followers`, `GET /authorization/users`.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use serde_json::{Value, json};

use crate::clock::rfc3339;
use crate::faults::Hits;
use crate::helix::cursor::Cursor;
use crate::helix::error::ApiError;
use crate::helix::guard::{Caller, Moderated};
use crate::helix::page;
use crate::params::Params;
use crate::sim::Sim;
use crate::world::accounts::TwitchId;
use crate::world::channel::Channel;

/// Only the broadcaster may ask; a moderator cannot list the others.
pub(crate) async fn moderators(
    State(sim): State<Arc<Sim>>,
    Extension(hits): Extension<Hits>,
    caller: Caller,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    let Moderated { broadcaster, channel, .. } =
        caller.broadcaster(&sim, &params, &["moderation:read", "channel:manage:moderators"])?;
    let only = params.ids("user_id")?;
    let all: Vec<TwitchId> =
        channel.map_or_else(Vec::new, |channel| channel.overlay().moderators.iter().copied().collect());
    let rows = all
        .into_iter()
        .filter(|user| only.is_empty() || only.contains(user))
        .map(|user| {
            let (login, name) = sim.names(user);
            json!({ "user_id": user.to_string(), "user_login": login, "user_name": name })
        })
        .collect();
    page(&format!("moderators:{broadcaster}"), &params, (20, 100), rows, &hits)
}

/// Without the scope or the role, only the total is told, unless one user is asked for.
pub(crate) async fn followers(
    State(sim): State<Arc<Sim>>,
    caller: Caller,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    let broadcaster = params.id("broadcaster_id")?;
    let user = params.get("user_id").map(|_| params.id("user_id")).transpose()?;
    let asking = caller.user()?;
    let size = params.page_size(20, 100)? as u32;
    let list = format!("followers:{broadcaster}");
    let start = match params.get("after") {
        Some(after) => Cursor::decode(&list, after)?.offset as u32,
        None => 0,
    };
    let Some(channel) = sim.world.channel(broadcaster) else {
        return Ok(Json(json!({ "total": 0, "data": [], "pagination": {} })));
    };
    let total = channel.follower_count();
    if !caller.has_scope(&["moderator:read:followers"]) || !channel.is_moderated_by(asking) {
        if user.is_some() {
            return Err(ApiError::unauthorized("Missing scope: moderator:read:followers"));
        }
        return Ok(Json(json!({ "total": total, "data": [], "pagination": {} })));
    }
    if let Some(user) = user {
        let row = (0..total).map(|n| follower(&sim, &channel, n)).find(|(id, _)| *id == user);
        let data: Vec<Value> = row.into_iter().map(|(_, row)| row).collect();
        return Ok(Json(json!({ "total": total, "data": data, "pagination": {} })));
    }
    let end = (start + size).min(total);
    let data: Vec<Value> = (start..end).map(|n| follower(&sim, &channel, n).1).collect();
    let pagination = if end < total {
        json!({ "cursor": Cursor { at: 0, offset: end as usize }.encode(&list) })
    } else {
        json!({})
    };
    Ok(Json(json!({ "total": total, "data": data, "pagination": pagination })))
}

fn follower(sim: &Sim, channel: &Channel, n: u32) -> (TwitchId, Value) {
    let (ix, since) = channel.follower(&sim.world.accounts, n);
    let account = sim.world.accounts.get(ix);
    let row = json!({
        "user_id": account.id.to_string(),
        "user_login": account.login,
        "user_name": account.display_name,
        "followed_at": rfc3339(since),
    });
    (account.id, row)
}

/// Which scopes up to ten users have granted this application; app token only.
pub(crate) async fn authorizations(
    State(sim): State<Arc<Sim>>,
    caller: Caller,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    caller.app()?;
    params.required("user_id")?;
    let users = params.ids("user_id")?;
    if users.len() > 10 {
        return Err(ApiError::bad_request(
            "The parameter \"user_id\" was malformed: the value must be less than or equal to 10",
        ));
    }
    let rows: Vec<Value> = users
        .into_iter()
        .filter_map(|user| {
            let scopes = sim.vault.consented(&caller.access.client, user)?;
            let (login, name) = sim.names(user);
            Some(json!({ "user_id": user.to_string(), "user_login": login, "user_name": name, "scopes": scopes }))
        })
        .collect();
    Ok(Json(json!({ "data": rows })))
}
