//! `POST`, `GET` and `DELETE /eventsub/subscriptions`.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

use super::hub::{State as HubState, Subscription, Transport};
use super::kinds::{Condition, Kind};
use crate::helix::Sent;
use crate::helix::error::ApiError;
use crate::helix::guard::Caller;
use crate::params::Params;
use crate::sim::Sim;
use crate::world::accounts::TwitchId;

/// Cost that a user of an application may have on sockets, and an application on webhooks.
const MAX_SOCKET_COST: u32 = 10;
const MAX_WEBHOOK_COST: u32 = 10_000;
const MAX_PER_SESSION: usize = 300;
const MAX_SESSIONS: usize = 3;
/// Subscriptions that may share type and condition.
const MAX_ALIKE: usize = 3;

#[derive(Debug, Deserialize)]
pub(crate) struct Wanted {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    version: String,
    #[serde(default, deserialize_with = "without_nulls")]
    condition: Condition,
    #[serde(default)]
    transport: WantedTransport,
}

/// Clients write `null` for what a condition leaves open.
fn without_nulls<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Condition, D::Error> {
    let given: BTreeMap<String, Option<String>> = Deserialize::deserialize(deserializer)?;
    Ok(given.into_iter().filter_map(|(key, value)| Some((key, value?))).collect())
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WantedTransport {
    method: String,
    session_id: String,
    callback: String,
    secret: String,
}

pub(crate) async fn create(
    State(sim): State<Arc<Sim>>,
    caller: Caller,
    body: Sent<Wanted>,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let wanted = body.parse()?;
    let kind = Kind::find(&wanted.kind, &wanted.version).ok_or_else(|| {
        ApiError::bad_request("The combination of values in the version and type fields is not valid.")
    })?;
    let condition = kind.condition(&wanted.condition).ok_or_else(|| {
        ApiError::bad_request("The condition object is missing one or more required fields.")
    })?;
    check_user_ids(&sim, &condition)?;
    authorize(&sim, &caller, kind, &condition)?;
    let client = caller.access.client.to_string();
    let cost = cost(&sim, &client, kind, &condition);
    let now_ms = sim.clock.now_ms();
    let mut hub = sim.hub.lock();
    let (transport, status) = transport(&hub, &caller, kind, &wanted.transport)?;
    check_limits(&hub, &caller, kind, &condition, &transport, cost)?;
    let subscription = Subscription {
        id: hub.uuid(),
        client,
        user: caller.access.user,
        kind: kind.name,
        version: kind.version,
        condition,
        status: status.to_owned(),
        created_ms: now_ms,
        cost,
        transport,
    };
    sim.watch(&mut hub, &subscription);
    let row = subscription.to_json();
    hub.subscriptions.push(subscription);
    let mut answer = totals(&hub, &caller);
    answer["data"] = json!([row]);
    Ok((StatusCode::ACCEPTED, Json(answer)))
}

/// Ids in a condition belong to people who exist.
fn check_user_ids(sim: &Sim, condition: &Condition) -> Result<(), ApiError> {
    let ids = condition.iter().filter(|(key, _)| key.ends_with("user_id"));
    for (_, id) in ids {
        TwitchId::parse(id).and_then(|id| sim.world.accounts.find(id, sim.clock.now_ms())).ok_or_else(
            || ApiError::bad_request("The user specified in the condition object does not exist."),
        )?;
    }
    Ok(())
}

/// Scopes of the token, and of the role that the type needs. App tokens act for users who
/// granted the application those scopes.
fn authorize(sim: &Sim, caller: &Caller, kind: &Kind, condition: &Condition) -> Result<(), ApiError> {
    let refused = || ApiError::forbidden("subscription missing proper authorization");
    let Some(acting) = kind.acting.and_then(|key| TwitchId::parse(condition.get(key)?)) else {
        return Ok(());
    };
    let granted = match caller.access.user {
        Some(user) if user != acting => return Err(refused()),
        Some(_) => caller.access.scopes.to_vec(),
        None => sim.vault.consented(&caller.access.client, acting).unwrap_or_default(),
    };
    if kind.missing_scope(&granted).is_some() {
        return Err(refused());
    }
    let channel = condition.get("broadcaster_user_id").and_then(|id| TwitchId::parse(id));
    let moderates = |channel: TwitchId| {
        channel == acting || sim.world.channel(channel).is_some_and(|one| one.is_moderated_by(acting))
    };
    let needs_role = kind.acting == Some("moderator_user_id");
    if needs_role && !channel.is_some_and(moderates) { Err(refused()) } else { Ok(()) }
}

/// Nothing where the user of the condition has authorised the application, else 1.
fn cost(sim: &Sim, client: &str, kind: &Kind, condition: &Condition) -> u32 {
    let authorised =
        |id: &String| TwitchId::parse(id).is_some_and(|id| sim.vault.consented(client, id).is_some());
    u32::from(kind.scopes.is_empty() && !condition.values().any(authorised))
}

fn transport(
    hub: &HubState,
    caller: &Caller,
    kind: &Kind,
    wanted: &WantedTransport,
) -> Result<(Transport, &'static str), ApiError> {
    match wanted.method.as_str() {
        "websocket" => {
            caller.user().map_err(|_| ApiError::bad_request("invalid transport and auth combination"))?;
            if kind.name == "user.authorization.revoke" {
                return Err(ApiError::bad_request("invalid transport for this subscription type"));
            }
            let session = hub.sessions.get(&wanted.session_id).ok_or_else(|| {
                ApiError::bad_request(
                    "websocket transport session does not exist or has already disconnected",
                )
            })?;
            let transport = Transport::Socket {
                session: wanted.session_id.clone(),
                connected_ms: session.connected_ms,
                disconnected_ms: None,
            };
            Ok((transport, "enabled"))
        }
        "webhook" => {
            caller.app().map_err(|_| ApiError::bad_request("invalid transport and auth combination"))?;
            if !wanted.callback.starts_with("https://") {
                return Err(ApiError::bad_request("The callback must use HTTPS and port 443."));
            }
            if !(10..=100).contains(&wanted.secret.len()) || !wanted.secret.is_ascii() {
                return Err(ApiError::bad_request(
                    "The length of the string in the secret field is not valid.",
                ));
            }
            let transport = Transport::Webhook { callback: wanted.callback.clone() };
            Ok((transport, "webhook_callback_verification_pending"))
        }
        _ => Err(ApiError::bad_request("The value specified in the method field is not valid.")),
    }
}

fn check_limits(
    hub: &HubState,
    caller: &Caller,
    kind: &Kind,
    condition: &Condition,
    transport: &Transport,
    cost: u32,
) -> Result<(), ApiError> {
    let too_many = |why: &'static str| Err(ApiError::new(StatusCode::TOO_MANY_REQUESTS, why));
    let mine: Vec<&Subscription> = mine(hub, caller).filter(|one| counts(one)).collect();
    let alike = || mine.iter().filter(|one| one.kind == kind.name && one.condition == *condition);
    if alike().any(|one| one.shares_transport(transport)) {
        return Err(ApiError::new(StatusCode::CONFLICT, "subscription already exists"));
    }
    if alike().count() >= MAX_ALIKE {
        return too_many("too many subscriptions with the same type and condition");
    }
    if let Transport::Socket { session, .. } = transport {
        let on_session = mine.iter().filter(|one| one.session() == Some(session)).count();
        let mut sessions: Vec<&str> = mine.iter().filter_map(|one| one.session()).collect();
        sessions.push(session);
        sessions.sort_unstable();
        sessions.dedup();
        if on_session >= MAX_PER_SESSION {
            return too_many("number of subscriptions on this session exceeded");
        }
        if sessions.len() > MAX_SESSIONS {
            return too_many("number of websocket transports limit exceeded");
        }
    }
    if mine.iter().map(|one| one.cost).sum::<u32>() + cost > max_cost(caller) {
        return too_many("total cost exceeded");
    }
    Ok(())
}

fn max_cost(caller: &Caller) -> u32 {
    if caller.access.user.is_some() { MAX_SOCKET_COST } else { MAX_WEBHOOK_COST }
}

/// A user token sees its socket subscriptions, an app token those of webhooks.
fn mine<'a>(hub: &'a HubState, caller: &'a Caller) -> impl Iterator<Item = &'a Subscription> {
    hub.subscriptions
        .iter()
        .filter(|one| *one.client == *caller.access.client && one.user == caller.access.user)
}

/// Whether a subscription counts against limits.
fn counts(one: &Subscription) -> bool {
    one.is_enabled() || one.status == "webhook_callback_verification_pending"
}

fn totals(hub: &HubState, caller: &Caller) -> Value {
    let total = mine(hub, caller).count();
    let cost: u32 = mine(hub, caller).filter(|one| counts(one)).map(|one| one.cost).sum();
    json!({ "total": total, "total_cost": cost, "max_total_cost": max_cost(caller) })
}

pub(crate) async fn list(
    State(sim): State<Arc<Sim>>,
    caller: Caller,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    let filters = ["status", "type", "user_id", "subscription_id"];
    let given: Vec<(&str, &str)> =
        filters.iter().filter_map(|&filter| Some((filter, params.get(filter)?))).collect();
    if given.len() > 1 {
        return Err(ApiError::bad_request("The request may specify only one filter query parameter."));
    }
    let matches = |one: &Subscription| {
        given.first().is_none_or(|&(filter, value)| match filter {
            "status" => one.status == value,
            "type" => one.kind == value,
            "subscription_id" => one.id == value,
            _ => one.condition.values().any(|id| id == value),
        })
    };
    let hub = sim.hub.lock();
    let mut answer = totals(&hub, &caller);
    let rows: Vec<Value> =
        mine(&hub, &caller).filter(|one| matches(one)).map(Subscription::to_json).collect();
    answer["data"] = json!(rows);
    answer["pagination"] = json!({});
    Ok(Json(answer))
}

pub(crate) async fn delete(
    State(sim): State<Arc<Sim>>,
    caller: Caller,
    params: Params,
) -> Result<StatusCode, ApiError> {
    let id = params.required("id")?;
    let mut hub = sim.hub.lock();
    let known = mine(&hub, &caller).any(|one| one.id == id);
    if !known {
        return Err(ApiError::new(StatusCode::NOT_FOUND, "subscription not found"));
    }
    hub.subscriptions.retain(|one| one.id != id);
    Ok(StatusCode::NO_CONTENT)
}
