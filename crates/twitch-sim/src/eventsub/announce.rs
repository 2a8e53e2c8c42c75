//! What happens in the world, told as events.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::hub::{State as HubState, Subscription};
use crate::clock::rfc3339_nanos;
use crate::helix::guard::Moderated;
use crate::sim::Sim;
use crate::world::accounts::TwitchId;

/// How often the schedule is compared with what was announced.
const LOOK_EVERY: Duration = Duration::from_millis(200);

impl Sim {
    /// Sends an event; returns how many subscriptions got it.
    pub(crate) fn emit(&self, kind: &str, event: &Value) -> usize {
        let twice = self.settings().eventsub_duplicates;
        self.hub.lock().notify(kind, event, self.clock.now_ms(), twice)
    }

    /// `{prefix}user_id`, `{prefix}user_login`, `{prefix}user_name`.
    fn who(&self, prefix: &str, id: TwitchId) -> Map<String, Value> {
        let (login, name) = self.names(id);
        [("id", id.to_string()), ("login", login), ("name", name)]
            .into_iter()
            .map(|(part, value)| (format!("{prefix}user_{part}"), json!(value)))
            .collect()
    }

    fn event(&self, who: &[(&str, TwitchId)], rest: Value) -> Value {
        let mut event = Map::new();
        for &(prefix, id) in who {
            event.extend(self.who(prefix, id));
        }
        if let Value::Object(rest) = rest {
            event.extend(rest);
        }
        Value::Object(event)
    }

    pub(crate) fn announce_raid(&self, from: TwitchId, to: TwitchId, viewers: usize) -> usize {
        let who = [("from_broadcaster_", from), ("to_broadcaster_", to)];
        self.emit("channel.raid", &self.event(&who, json!({ "viewers": viewers })))
    }

    pub(crate) fn announce_ban(&self, acting: &Moderated, user: TwitchId) {
        let Some(ban) =
            acting.channel.as_ref().and_then(|channel| channel.overlay().moderation.bans.get(&user).cloned())
        else {
            return;
        };
        let who = [("", user), ("broadcaster_", acting.broadcaster), ("moderator_", acting.moderator)];
        let ban_event = json!({
            "reason": ban.reason,
            "banned_at": rfc3339_nanos(ban.created_ms),
            "ends_at": ban.ends_ms.map(rfc3339_nanos),
            "is_permanent": ban.ends_ms.is_none(),
        });
        self.emit("channel.ban", &self.event(&who, ban_event));
        let (login, name) = self.names(user);
        let mut detail = json!({
            "user_id": user.to_string(), "user_login": login, "user_name": name, "reason": ban.reason,
        });
        let action = if let Some(end) = ban.ends_ms {
            detail["expires_at"] = json!(rfc3339_nanos(end));
            "timeout"
        } else {
            "ban"
        };
        self.emit("channel.moderate", &self.event(&who[1..], moderate_event(action, &detail)));
    }

    pub(crate) fn announce_suspicion(&self, acting: &Moderated, user: TwitchId, status: &str) {
        let who = [("", user), ("broadcaster_", acting.broadcaster), ("moderator_", acting.moderator)];
        let event = self.event(&who, json!({ "low_trust_status": status }));
        self.emit("channel.suspicious_user.update", &event);
    }

    pub(crate) fn announce_shield(&self, acting: &Moderated, is_active: bool) {
        let who = [("broadcaster_", acting.broadcaster), ("moderator_", acting.moderator)];
        let now = rfc3339_nanos(self.clock.now_ms());
        let (kind, field) = if is_active {
            ("channel.shield_mode.begin", "started_at")
        } else {
            ("channel.shield_mode.end", "ended_at")
        };
        let mut rest = Map::new();
        rest.insert(field.to_owned(), json!(now));
        self.emit(kind, &self.event(&who, Value::Object(rest)));
    }

    /// Remembers the state of a channel whose streams somebody begins to watch, so that only
    /// changes from now on are announced.
    pub(crate) fn watch(&self, hub: &mut HubState, subscription: &Subscription) {
        let watched = subscription.kind.starts_with("stream.");
        let channel = subscription.condition.get("broadcaster_user_id");
        if let (true, Some(id)) = (watched, channel.and_then(|id| TwitchId::parse(id))) {
            hub.announced.entry(id).or_insert_with(|| self.live_stream_id(id));
        }
    }

    fn live_stream_id(&self, channel: TwitchId) -> Option<String> {
        Some(self.world.channel(channel)?.live_stream(self.clock.now_ms())?.id())
    }

    /// Announces streams that began or ended since the last look.
    pub(crate) fn announce_streams(&self) {
        let twice = self.settings().eventsub_duplicates;
        let now_ms = self.clock.now_ms();
        let mut hub = self.hub.lock();
        let watched: Vec<(TwitchId, Option<String>)> =
            hub.announced.iter().map(|(&id, stream)| (id, stream.clone())).collect();
        for (id, before) in watched {
            let live = self.world.channel(id).and_then(|channel| channel.live_stream(now_ms));
            let now = live.map(|stream| stream.id());
            if now == before {
                continue;
            }
            if before.is_some() {
                let event = self.event(&[("broadcaster_", id)], json!({}));
                hub.notify("stream.offline", &event, now_ms, twice);
            }
            if let Some(stream) = live {
                let rest = json!({
                    "id": stream.id(),
                    "type": "live",
                    "started_at": rfc3339_nanos(stream.occasion.start),
                });
                hub.notify("stream.online", &self.event(&[("broadcaster_", id)], rest), now_ms, twice);
            }
            hub.announced.insert(id, now);
        }
    }
}

/// The event of `channel.moderate`: one object of the many is there, the others are null.
fn moderate_event(action: &str, detail: &Value) -> Value {
    let mut event = json!({
        "source_broadcaster_user_id": null,
        "source_broadcaster_user_login": null,
        "source_broadcaster_user_name": null,
        "action": action,
    });
    let objects = [
        "followers",
        "slow",
        "vip",
        "unvip",
        "mod",
        "unmod",
        "ban",
        "unban",
        "timeout",
        "untimeout",
        "raid",
        "unraid",
        "delete",
        "automod_terms",
        "unban_request",
        "warn",
        "shared_chat_ban",
        "shared_chat_unban",
        "shared_chat_timeout",
        "shared_chat_untimeout",
        "shared_chat_delete",
    ];
    for object in objects {
        event[object] = if object == action { detail.clone() } else { Value::Null };
    }
    event
}

/// Compares schedule and announcements until the simulator stops.
pub(crate) async fn keep_announcing(sim: Arc<Sim>) {
    let mut tick = tokio::time::interval(LOOK_EVERY);
    loop {
        tokio::select! {
            _ = tick.tick() => sim.announce_streams(),
            () = sim.stopping.cancelled() => return,
        }
    }
}
