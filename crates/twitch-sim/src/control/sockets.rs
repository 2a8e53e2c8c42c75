//! EventSub from behind: sessions, and what goes wrong with them.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};

use super::error::ControlError;
use crate::eventsub::hub::{Outgoing, Subscription};
use crate::sim::Sim;

/// `{"sessions":["…"],"subscriptions":[…]}`
pub(crate) async fn show(State(sim): State<Arc<Sim>>) -> Json<Value> {
    let hub = sim.hub.lock();
    let sessions: Vec<&String> = hub.sessions.keys().collect();
    let subscriptions: Vec<Value> = hub.subscriptions.iter().map(Subscription::to_json).collect();
    Json(json!({ "sessions": sessions, "subscriptions": subscriptions }))
}

/// Which socket; all if absent.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Which {
    session_id: Option<String>,
    /// For `close`.
    code: Option<u16>,
}

/// `session_reconnect`, then 4004 for those who stay.
pub(crate) async fn reconnect(State(sim): State<Arc<Sim>>, Json(which): Json<Which>) -> Json<Value> {
    let ids = sim.hub.lock().reconnect(which.session_id.as_deref(), sim.clock.now_ms());
    Json(json!({ "session_ids": ids }))
}

/// Closes with a code (4000).
pub(crate) async fn close(State(sim): State<Arc<Sim>>, Json(which): Json<Which>) -> Json<Value> {
    tell(&sim, &which, &Outgoing::Close(which.code.unwrap_or(4_000), "closed by the simulator"))
}

/// Ends the connection without a close frame.
pub(crate) async fn cut(State(sim): State<Arc<Sim>>, Json(which): Json<Which>) -> Json<Value> {
    tell(&sim, &which, &Outgoing::Drop)
}

/// Leaves the socket open and says nothing any more.
pub(crate) async fn silence(State(sim): State<Arc<Sim>>, Json(which): Json<Which>) -> Json<Value> {
    tell(&sim, &which, &Outgoing::Silence)
}

fn tell(sim: &Sim, which: &Which, what: &Outgoing) -> Json<Value> {
    let ids = sim.hub.lock().tell(which.session_id.as_deref(), what);
    Json(json!({ "session_ids": ids }))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Revoke {
    status: String,
    subscription_id: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
}

/// Revokes the subscriptions that match.
pub(crate) async fn revoke(
    State(sim): State<Arc<Sim>>,
    Json(wanted): Json<Revoke>,
) -> Result<Json<Value>, ControlError> {
    let known = ["authorization_revoked", "user_removed", "version_removed", "moderator_removed"];
    if !known.contains(&wanted.status.as_str()) {
        return Err(ControlError::invalid(format!("status must be one of {}", known.join(", "))));
    }
    let revoked = sim.hub.lock().revoke(&wanted.status, sim.clock.now_ms(), |one| {
        wanted.subscription_id.as_ref().is_none_or(|id| *id == one.id)
            && wanted.kind.as_ref().is_none_or(|kind| kind == one.kind)
    });
    Ok(Json(json!({ "revoked": revoked })))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Notify {
    #[serde(rename = "type")]
    kind: String,
    event: Value,
}

/// Sends an event of any type, as it is given, to those who subscribed to it.
pub(crate) async fn notify(State(sim): State<Arc<Sim>>, Json(wanted): Json<Notify>) -> Json<Value> {
    Json(json!({ "notified": sim.emit(&wanted.kind, &wanted.event) }))
}
