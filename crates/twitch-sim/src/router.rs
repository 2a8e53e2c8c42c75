//! All routes. Real addresses and those of the official mock lead to the same handlers.

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::routing::{delete, get, post, put};

use crate::control::{accounts, events, failures, sockets, world};
use crate::eventsub::{socket, subscriptions};
use crate::helix::error::ApiError;
use crate::helix::moderation::{bans, roles, shield, suspicious};
use crate::helix::{channels, chat, chatters, guard, streams, users};
use crate::oauth::{authorize, token};
use crate::sim::Sim;

pub(crate) fn router(sim: Arc<Sim>) -> Router {
    Router::new()
        .nest("/oauth2", oauth(&sim))
        .nest("/auth", oauth(&sim))
        .nest("/helix", helix(&sim))
        .nest("/mock", helix(&sim))
        .merge(eventsub(&sim))
        .merge(websocket(&sim))
        .nest("/sim", control())
        .route("/healthz", get(|| async { StatusCode::NO_CONTENT }))
        .with_state(sim)
}

fn oauth(sim: &Arc<Sim>) -> Router<Arc<Sim>> {
    Router::new()
        .route("/authorize", get(authorize::show).post(authorize::answer))
        .route("/token", post(token::issue))
        .route("/validate", get(token::validate))
        .route("/revoke", post(token::revoke))
        .route_layer(from_fn_with_state(Arc::clone(sim), guard::without_token))
}

fn helix(sim: &Arc<Sim>) -> Router<Arc<Sim>> {
    Router::new()
        .route("/authorization/users", get(roles::authorizations))
        .route("/channels", get(channels::list))
        .route("/channels/followers", get(roles::followers))
        .route("/chat/announcements", post(chat::announce))
        .route("/chat/chatters", get(chatters::list))
        .route("/chat/settings", get(chat::settings).patch(chat::change_settings))
        .route("/moderation/banned", get(bans::banned))
        .route("/moderation/bans", post(bans::ban).delete(bans::unban))
        .route("/moderation/channels", get(channels::moderated))
        .route("/moderation/moderators", get(roles::moderators))
        .route("/moderation/shield_mode", get(shield::get).put(shield::put))
        .route("/moderation/suspicious_users", post(suspicious::mark).delete(suspicious::clear))
        .route("/moderation/warnings", post(chat::warn))
        .route("/streams", get(streams::list))
        .route("/users", get(users::list))
        .route_layer(from_fn_with_state(Arc::clone(sim), guard::guard))
        .merge(eventsub(sim))
        .fallback(|| async { ApiError::new(StatusCode::NOT_FOUND, "") })
}

fn eventsub(sim: &Arc<Sim>) -> Router<Arc<Sim>> {
    let methods = get(subscriptions::list).post(subscriptions::create).delete(subscriptions::delete);
    Router::new()
        .route("/eventsub/subscriptions", methods)
        .route_layer(from_fn_with_state(Arc::clone(sim), guard::guard))
}

fn websocket(sim: &Arc<Sim>) -> Router<Arc<Sim>> {
    Router::new()
        .route("/ws", get(socket::connect))
        .route_layer(from_fn_with_state(Arc::clone(sim), guard::without_token))
}

fn control() -> Router<Arc<Sim>> {
    Router::new()
        .route("/clock", get(world::clock).put(world::set_clock))
        .route("/settings", get(world::settings).put(world::set_settings))
        .route("/people", get(world::people))
        .route("/clients", post(world::add_client))
        .route("/requests", get(world::requests).delete(world::clear_requests))
        .route("/channels", get(world::channels).post(world::add_channels))
        .route("/channels/{id}/truth", get(world::truth))
        .route("/channels/{id}/live", post(events::go_live))
        .route("/channels/{id}/offline", post(events::go_offline))
        .route("/channels/{id}/operators", post(events::operate))
        .route("/channels/{id}/hiccup", post(events::hiccup))
        .route(
            "/channels/{id}/moderators/{user}",
            put(events::add_moderator).delete(events::remove_moderator),
        )
        .route("/raids", get(events::raids).post(events::raid))
        .route("/operators", get(events::operators))
        .route("/faults", get(failures::list).post(failures::add).delete(failures::clear))
        .route("/faults/{id}", delete(failures::remove))
        .route("/oauth", put(failures::set_oauth))
        .route("/limits", get(failures::points).put(failures::set_points).delete(failures::refill))
        .route("/users/{id}/expire_tokens", post(accounts::expire_tokens))
        .route("/users/{id}/kill_refresh", post(accounts::kill_refresh))
        .route("/users/{id}/change_password", post(accounts::sever))
        .route("/users/{id}/disconnect", post(accounts::sever))
        .route("/users/{id}/rename", post(accounts::rename))
        .route("/users/{id}/suspend", post(accounts::suspend))
        .route("/eventsub", get(sockets::show))
        .route("/eventsub/reconnect", post(sockets::reconnect))
        .route("/eventsub/close", post(sockets::close))
        .route("/eventsub/cut", post(sockets::cut))
        .route("/eventsub/silence", post(sockets::silence))
        .route("/eventsub/revoke", post(sockets::revoke))
        .route("/eventsub/notify", post(sockets::notify))
}
