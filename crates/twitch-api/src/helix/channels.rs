//! Get Moderated Channels.
//!
//! For some weeks of 2026 Twitch cut this list off at 100 and left out the cursor unless pages of one were asked for. A
//! full page without a cursor is therefore not believed to be the end until a page of one says so.

use std::collections::HashSet;

use common::{
    clients::twitch_api::{ChannelsAnswer, ModeratedChannel, Role, TwitchUser},
    ids::ChannelId,
};
use serde::Deserialize;

use super::{Endpoint, Session};
use crate::TwitchError;

const MODERATED: Endpoint = Endpoint { name: "moderated_channels", path: "moderation/channels" };
const PAGE: usize = 100;

/// Pages of 100, or single channels where Twitch insists on those; nobody moderates more.
const MAX_PAGES: usize = 2_000;

#[derive(Deserialize)]
struct Page {
    data: Vec<Row>,
    #[serde(default)]
    pagination: Pagination,
}

#[derive(Deserialize)]
struct Row {
    #[serde(rename = "broadcaster_id")]
    id: String,
    #[serde(rename = "broadcaster_login")]
    login: String,
    #[serde(rename = "broadcaster_name")]
    name: String,
}

#[derive(Default, Deserialize)]
pub(super) struct Pagination {
    #[serde(default)]
    pub(super) cursor: Option<String>,
}

impl Session {
    /// The user's own channel, then those moderated, by login.
    ///
    /// # Errors
    /// When Twitch does not answer, or the user did not allow it.
    pub async fn channels(&mut self) -> Result<ChannelsAnswer, TwitchError> {
        let me = self.myself().await?;
        let mut list = self.walk_moderated(&me, PAGE).await?;
        if list.cut_off && self.has_more(&me).await? {
            tracing::warn!("helix.moderated_channels_cut_off");
            list = self.walk_moderated(&me, 1).await?;
        }
        let own = ChannelId(me.twitch_id.0);
        let mut channels = list.channels;
        channels.retain(|channel| channel.twitch_id != own);
        channels.sort_by(|a, b| a.login.cmp(&b.login));
        let own = ModeratedChannel {
            twitch_id: own,
            login: me.login,
            display_name: me.display_name,
            role: Role::Broadcaster,
        };
        channels.insert(0, own);
        Ok(ChannelsAnswer { channels })
    }

    async fn walk_moderated(&mut self, me: &TwitchUser, first: usize) -> Result<List, TwitchError> {
        let mut list = List::default();
        let mut cursors = HashSet::new();
        let mut after = None;
        for _ in 0..MAX_PAGES {
            let page = self.moderated_page(me, first, after.as_deref()).await?;
            let rows = page.data.len();
            list.add(page.data);
            match page.pagination.cursor.filter(|cursor| !cursor.is_empty()) {
                Some(cursor) if cursors.insert(cursor.clone()) => after = Some(cursor),
                Some(_) => {
                    tracing::warn!("helix.moderated_channels_loop");
                    return Ok(list);
                }
                None => {
                    list.cut_off = first > 1 && rows == first;
                    return Ok(list);
                }
            }
        }
        Ok(list)
    }

    /// Whether there are more than [`PAGE`] channels: what follows the first one fills a page of its own.
    async fn has_more(&mut self, me: &TwitchUser) -> Result<bool, TwitchError> {
        let first = self.moderated_page(me, 1, None).await?;
        let Some(cursor) = first.pagination.cursor else { return Ok(false) };
        let rest = self.moderated_page(me, PAGE, Some(&cursor)).await?;
        Ok(rest.data.len() == PAGE || rest.pagination.cursor.is_some())
    }

    async fn moderated_page(
        &mut self,
        me: &TwitchUser,
        first: usize,
        after: Option<&str>,
    ) -> Result<Page, TwitchError> {
        let (user, first) = (me.twitch_id.to_string(), first.to_string());
        let mut query = vec![("user_id", user.as_str()), ("first", first.as_str())];
        query.extend(after.map(|cursor| ("after", cursor)));
        self.get(MODERATED, &query, |body| serde_json::from_slice(body)).await
    }
}

#[derive(Default)]
struct List {
    channels: Vec<ModeratedChannel>,
    known: HashSet<ChannelId>,
    /// The last page was full and named no next one.
    cut_off: bool,
}

impl List {
    fn add(&mut self, rows: Vec<Row>) {
        for row in rows {
            let Ok(twitch_id) = row.id.parse() else { continue };
            if self.known.insert(twitch_id) {
                self.channels.push(ModeratedChannel {
                    twitch_id,
                    login: row.login,
                    display_name: row.name,
                    role: Role::Moderator,
                });
            }
        }
    }
}
