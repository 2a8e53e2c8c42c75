//! The channels that a user may look into. The list changes seldom and costs points: it is kept in Redis for
//! `CACHE_TTL_SECONDS`, and forgotten when its owner logs in or out.

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use common::{ids::UserId, metrics, redis_keys, redis_store::tolerated};
use redis::AsyncTypedCommands as _;

use super::DEFAULT_DEADLINE;
use crate::{
    App, TwitchError,
    extract::{Deadline, Path},
};

/// The user's own channel, then those moderated. `X-Cache` says where the answer comes from.
pub(crate) async fn list(
    State(app): State<App>,
    deadline: Deadline,
    Path(user): Path<UserId>,
) -> Result<Response, TwitchError> {
    if let Some(json) = kept(&app, user).await {
        return Ok(answer("HIT", json));
    }
    let mut session = app.helix.as_user(user, deadline.or(DEFAULT_DEADLINE)).await?;
    let channels = session.channels().await?;
    let json = serde_json::to_string(&channels).map_err(|error| TwitchError::Protocol(error.to_string()))?;
    keep(&app, user, &json).await;
    Ok(answer("MISS", json))
}

fn answer(cache: &'static str, json: String) -> Response {
    ([(header::CONTENT_TYPE, "application/json"), (header::HeaderName::from_static("x-cache"), cache)], json)
        .into_response()
}

async fn kept(app: &App, user: UserId) -> Option<String> {
    let kept = app.redis.shared().get(redis_keys::moderated_channels(user)).await;
    let kept = kept.inspect_err(|error| tolerated("channels.kept", error)).ok().flatten();
    let outcome = if kept.is_some() { "hit" } else { "miss" };
    metrics::storage::CACHE.with_label_values(&["channels", outcome]).inc();
    kept
}

async fn keep(app: &App, user: UserId, json: &str) {
    let key = redis_keys::moderated_channels(user);
    if let Err(error) = app.redis.shared().set_ex(key, json, app.cache_ttl.as_secs()).await {
        tolerated("channels.keep", &error);
    }
}

/// Drops the list that is kept for `user`.
pub(super) async fn forget(app: &App, user: UserId) {
    if let Err(error) = app.redis.shared().del(redis_keys::moderated_channels(user)).await {
        tolerated("channels.forget", &error);
    }
}
