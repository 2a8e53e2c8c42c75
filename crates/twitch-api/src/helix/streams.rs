//! Get Streams: who of up to 100 broadcasters is live, for one point. Whoever is not live is absent.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use common::{clients::twitch_api::LiveStream, ids::ChannelId};
use serde::Deserialize;

use super::{Endpoint, Session};
use crate::TwitchError;

const STREAMS: Endpoint = Endpoint { name: "streams", path: "streams" };

#[derive(Deserialize)]
struct Page {
    data: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    id: String,
    user_id: String,
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    title: String,
    viewer_count: u32,
    started_at: DateTime<Utc>,
}

impl Session {
    /// The broadcasts of `channels` that are live; at most 100 channels. No cursor is followed: that many channels have
    /// no more rows than one page takes.
    ///
    /// # Errors
    /// When Twitch does not answer.
    pub async fn streams(&mut self, channels: &[ChannelId]) -> Result<Vec<LiveStream>, TwitchError> {
        if channels.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<String> = channels.iter().map(ToString::to_string).collect();
        let mut query = vec![("type", "live"), ("first", "100")];
        query.extend(ids.iter().map(|id| ("user_id", id.as_str())));
        let page: Page = self.get(STREAMS, &query, |body| serde_json::from_slice(body)).await?;
        let mut seen = HashSet::new();
        let live = page.data.into_iter().filter(|row| row.kind == "live").filter_map(Row::into_stream);
        Ok(live.filter(|stream| seen.insert(stream.broadcaster_id)).collect())
    }
}

impl Row {
    fn into_stream(self) -> Option<LiveStream> {
        Some(LiveStream {
            twitch_id: self.id.parse().ok()?,
            broadcaster_id: self.user_id.parse().ok()?,
            viewer_count: self.viewer_count,
            started_at: self.started_at,
            title: self.title,
        })
    }
}
