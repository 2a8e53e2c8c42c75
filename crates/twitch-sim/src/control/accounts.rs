//! What happens to people: their tokens, their names, their accounts.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;

use super::error::ControlError;
use crate::sim::Sim;
use crate::world::accounts::{Ix, TwitchId};

fn user(sim: &Sim, id: &str) -> Result<(TwitchId, Ix), ControlError> {
    let id = TwitchId::parse(id).ok_or_else(|| ControlError::not_found("user"))?;
    let ix = sim.world.accounts.find(id, sim.clock.now_ms());
    Ok((id, ix.ok_or_else(|| ControlError::not_found("user"))?))
}

/// Access tokens expire now; refresh tokens work.
pub(crate) async fn expire_tokens(
    State(sim): State<Arc<Sim>>,
    Path(id): Path<String>,
) -> Result<StatusCode, ControlError> {
    sim.vault.expire(user(&sim, &id)?.0);
    Ok(StatusCode::NO_CONTENT)
}

/// Refresh tokens are dead (400); access tokens work until they expire.
pub(crate) async fn kill_refresh(
    State(sim): State<Arc<Sim>>,
    Path(id): Path<String>,
) -> Result<StatusCode, ControlError> {
    sim.vault.kill_refresh(user(&sim, &id)?.0);
    Ok(StatusCode::NO_CONTENT)
}

/// A new password, or the application disconnected: every token and grant of the user ends, and
/// their subscriptions are revoked.
pub(crate) async fn sever(
    State(sim): State<Arc<Sim>>,
    Path(id): Path<String>,
) -> Result<StatusCode, ControlError> {
    let (user, _) = user(&sim, &id)?;
    sim.vault.sever(user, None);
    sim.hub.lock().revoke("authorization_revoked", sim.clock.now_ms(), |one| one.user == Some(user));
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rename {
    login: String,
    display_name: Option<String>,
}

pub(crate) async fn rename(
    State(sim): State<Arc<Sim>>,
    Path(id): Path<String>,
    Json(wanted): Json<Rename>,
) -> Result<StatusCode, ControlError> {
    let (_, ix) = user(&sim, &id)?;
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if !(4..=25).contains(&wanted.login.len()) || !wanted.login.bytes().all(plain) {
        return Err(ControlError::invalid("a login has 4 to 25 of a-z, 0-9 and _"));
    }
    if sim.world.accounts.find_login(&wanted.login).is_some_and(|owner| owner != ix) {
        return Err(ControlError(StatusCode::CONFLICT, "the login is taken".to_owned()));
    }
    let name = wanted.display_name.unwrap_or_else(|| wanted.login.clone());
    if name.chars().any(|letter| letter == '"' || letter == '\\' || letter.is_control()) {
        return Err(ControlError::invalid("a display name has no quotes"));
    }
    sim.world.accounts.rename(ix, &wanted.login, &name);
    sim.world.account_changed();
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Suspend {
    suspended: bool,
}

/// A suspended account is in no room and absent from Get Users.
pub(crate) async fn suspend(
    State(sim): State<Arc<Sim>>,
    Path(id): Path<String>,
    Json(wanted): Json<Suspend>,
) -> Result<StatusCode, ControlError> {
    let ix = match user(&sim, &id) {
        Ok((_, ix)) => ix,
        // A suspended account is found by nobody but us.
        Err(error) => {
            TwitchId::parse(&id).and_then(|id| sim.world.accounts.find_suspended(id)).ok_or(error)?
        }
    };
    sim.world.accounts.suspend(ix, wanted.suspended);
    sim.world.account_changed();
    Ok(StatusCode::NO_CONTENT)
}
