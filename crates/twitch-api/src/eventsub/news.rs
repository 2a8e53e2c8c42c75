//! What an event changes here.

use chrono::{DateTime, Utc};
use common::{
    db::{self, raids::NewRaid},
    events::{self, Event},
    ids::{ChannelId, StreamId},
};
use serde::Deserialize;

use super::socket::Event as Told;
use crate::{App, TwitchError};

#[derive(Deserialize)]
struct Raid {
    from_broadcaster_user_id: ChannelId,
    from_broadcaster_user_login: String,
    to_broadcaster_user_id: ChannelId,
    viewers: u32,
}

#[derive(Deserialize)]
struct Online {
    id: StreamId,
    broadcaster_user_id: ChannelId,
    #[serde(rename = "type")]
    kind: String,
    started_at: DateTime<Utc>,
}

#[derive(Deserialize)]
struct Offline {
    broadcaster_user_id: ChannelId,
}

/// Stores what an event tells, again while MariaDB fails transiently: Twitch seldom tells it again.
pub(super) async fn take_in(app: &App, event: Told) -> Result<(), TwitchError> {
    match event.kind.as_str() {
        "channel.raid" => raid(app, event).await,
        "stream.online" => {
            let told: Online = read(event)?;
            if told.kind == "live" {
                let (channel, now) = (told.broadcaster_user_id, app.clock.now());
                db::retrying(|| db::streams::began(&app.pool, told.id, channel, told.started_at, now))
                    .await?;
            }
            changed(app, told.broadcaster_user_id, "eventsub.online").await;
            Ok(())
        }
        "stream.offline" => {
            let at = event.at;
            let told: Offline = read(event)?;
            db::retrying(|| db::streams::ended(&app.pool, told.broadcaster_user_id, at)).await?;
            changed(app, told.broadcaster_user_id, "eventsub.offline").await;
            Ok(())
        }
        _ => Ok(()),
    }
}

async fn raid(app: &App, event: Told) -> Result<(), TwitchError> {
    let (message_id, raided_at) = (event.message_id.clone(), event.at);
    let told: Raid = read(event)?;
    let raid = NewRaid {
        message_id,
        from: told.from_broadcaster_user_id,
        to: told.to_broadcaster_user_id,
        from_login: told.from_broadcaster_user_login,
        viewers: told.viewers,
        raided_at,
    };
    if db::retrying(|| db::raids::store(&app.pool, &raid)).await? {
        tracing::info!(from = %raid.from, to = %raid.to, viewers = raid.viewers, "eventsub.raid");
        tell(app, raid.to).await;
    }
    Ok(())
}

async fn changed(app: &App, channel: ChannelId, what: &'static str) {
    app.live.forget(channel).await;
    tracing::info!(%channel, what, "eventsub.stream");
    tell(app, channel).await;
}

/// Tells the open pages of everybody who may look into the channel; who is not told sees it at the next look.
async fn tell(app: &App, channel: ChannelId) {
    match db::channels::people(&app.pool, channel, app.clock.now() - db::channels::TOLD).await {
        Ok(users) => {
            events::publish(&app.redis, &users, &Event::ChannelChanged { channel_id: channel }).await;
        }
        Err(error) => tracing::warn!(%error, "eventsub.not_told"),
    }
}

fn read<T: serde::de::DeserializeOwned>(event: Told) -> Result<T, TwitchError> {
    serde_json::from_value(event.body)
        .map_err(|error| TwitchError::Protocol(format!("{}: {error}", event.kind)))
}
