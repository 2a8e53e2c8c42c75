//! `GET /users`.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use serde_json::{Value, json};

use super::error::ApiError;
use super::guard::Caller;
use crate::clock::rfc3339;
use crate::faults::{Hits, Kind};
use crate::params::Params;
use crate::sim::Sim;
use crate::world::accounts::{Account, Ix, TwitchId};
use crate::world::hash::mix;

pub(crate) async fn list(
    State(sim): State<Arc<Sim>>,
    Extension(hits): Extension<Hits>,
    caller: Caller,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    let now_ms = sim.clock.now_ms();
    let ids: Vec<&str> = params.all("id").collect();
    let logins: Vec<&str> = params.all("login").collect();
    if ids.len() + logins.len() > 100 {
        return Err(ApiError::bad_request(
            "The parameter \"id\" was malformed: the value must be less than or equal to 100",
        ));
    }
    let mut found: Vec<Ix> = Vec::new();
    if ids.is_empty() && logins.is_empty() {
        let owner = caller
            .access
            .user
            .ok_or_else(|| ApiError::bad_request("Must provide an ID, Login or OAuth Token"))?;
        found.extend(sim.world.accounts.find(owner, now_ms));
    }
    for id in ids {
        // One malformed identifier fails the whole batch.
        found.extend(sim.world.accounts.find(TwitchId::parse(id).ok_or_else(bad_identifiers)?, now_ms));
    }
    for login in logins {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        if login.is_empty() || login.len() > 25 || !login.bytes().all(plain) {
            return Err(bad_identifiers());
        }
        found.extend(sim.world.find_login(login));
    }
    // No order is promised; repeated identifiers are answered once.
    found.sort_unstable_by_key(|ix| mix(u64::from(ix.0)));
    found.dedup();
    if let Some(hit) = hits.get(Kind::AbsentUsers) {
        let left_out = found.len() * hit.amount.unwrap_or(10) as usize / 100;
        found.truncate(found.len().saturating_sub(left_out.max(1)));
    }
    let with_email = caller.has_scope(&["user:read:email"]);
    let rows: Vec<Value> = found
        .into_iter()
        .map(|ix| {
            let account = sim.world.accounts.get(ix);
            let own = with_email && caller.access.user == Some(account.id);
            user(&account, own)
        })
        .collect();
    Ok(Json(json!({ "data": rows })))
}

pub(crate) fn bad_identifiers() -> ApiError {
    ApiError::bad_request("Invalid username(s), email(s), or ID(s). Bad Identifiers.")
}

fn user(account: &Account, with_email: bool) -> Value {
    let mut row = json!({
        "id": account.id.to_string(),
        "login": account.login,
        "display_name": account.display_name,
        "type": "",
        "broadcaster_type": account.broadcaster_type,
        "description": account.description,
        "profile_image_url": picture(account),
        "offline_image_url": "",
        "view_count": 0,
        "created_at": rfc3339(account.created_ms),
    });
    if with_email {
        row["email"] = json!(format!("{}@example.com", account.login));
    }
    row
}

fn picture(account: &Account) -> String {
    let hash = mix(u64::from(account.id.0));
    let other = mix(hash);
    let uuid = format!(
        "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
        hash >> 32,
        hash >> 16 & 0xffff,
        hash & 0xfff,
        other >> 52,
        other & 0xffff_ffff_ffff
    );
    if account.default_picture {
        format!("https://static-cdn.jtvnw.net/user-default-pictures-uv/{uuid}-profile_image-300x300.png")
    } else {
        format!("https://static-cdn.jtvnw.net/jtv_user_pictures/{uuid}-profile_image-300x300.png")
    }
}
