//! `GET /streams`.

use std::cmp::Reverse;
use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use serde_json::{Value, json};

use super::error::ApiError;
use super::guard::Caller;
use super::page;
use crate::clock::rfc3339;
use crate::faults::Hits;
use crate::params::Params;
use crate::sim::Sim;
use crate::world::channel::Channel;
use crate::world::hash::named;
use crate::world::streams::Stream;

pub(crate) async fn list(
    State(sim): State<Arc<Sim>>,
    Extension(hits): Extension<Hits>,
    _caller: Caller,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    if params.get("type").is_some_and(|kind| kind != "all" && kind != "live") {
        return Err(ApiError::bad_request("The parameter \"type\" was malformed: value must be all or live"));
    }
    let now_ms = sim.clock.now_ms();
    let ids = params.ids("user_id")?;
    let logins: Vec<&str> = params.all("user_login").collect();
    let chosen = if ids.is_empty() && logins.is_empty() {
        sim.world.channels()
    } else {
        let mut chosen: Vec<Arc<Channel>> = ids.iter().filter_map(|&id| sim.world.channel(id)).collect();
        chosen.extend(logins.iter().filter_map(|login| {
            let account = sim.world.accounts.get(sim.world.accounts.find_login(&login.to_ascii_lowercase())?);
            sim.world.channel(account.id)
        }));
        chosen.sort_unstable_by_key(|channel| channel.id());
        chosen.dedup_by_key(|channel| channel.id());
        chosen
    };
    let one_of =
        |key: &str, value: &str| params.get(key).is_none() || params.all(key).any(|wanted| wanted == value);
    let mut live: Vec<(u32, Value)> = chosen
        .iter()
        .filter(|channel| {
            one_of("language", channel.spec.language) && one_of("game_id", &game_id(&channel.spec.game))
        })
        .filter_map(|channel| {
            let stream = channel.live_stream(now_ms)?;
            let viewers = channel.viewer_count(&sim.world.accounts, now_ms);
            Some((viewers, row(channel, &stream, viewers)))
        })
        .collect();
    live.sort_by_key(|&(viewers, _)| Reverse(viewers));
    page("streams", &params, (20, 100), live.into_iter().map(|(_, row)| row).collect(), &hits)
}

fn row(channel: &Channel, stream: &Stream, viewers: u32) -> Value {
    let spec = &channel.spec;
    let preview = format!(
        "https://static-cdn.jtvnw.net/previews-ttv/live_user_{}-{{width}}x{{height}}.jpg",
        spec.login
    );
    json!({
        "id": stream.id(),
        "user_id": spec.id.to_string(),
        "user_login": spec.login,
        "user_name": spec.display_name,
        "game_id": game_id(&spec.game),
        "game_name": spec.game,
        "type": "live",
        "title": spec.title,
        "tags": [if spec.language == "fr" { "Français" } else { "English" }],
        "viewer_count": viewers,
        "started_at": rfc3339(stream.occasion.start),
        "language": spec.language,
        "thumbnail_url": preview,
        "tag_ids": [],
        "is_mature": false,
    })
}

/// A category's id: made of its name, empty for none.
pub(crate) fn game_id(name: &str) -> String {
    if name.is_empty() { String::new() } else { (named(0, name) % 1_000_000).to_string() }
}
