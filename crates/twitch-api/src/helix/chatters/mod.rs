//! Get Chatters: everybody who is in a chat, a thousand per point.
//!
//! The list is alive while it is read: people come and go between pages, and Twitch has shown blank rows, lost cursors
//! and cursors that lead back. A [`Walk`] hands each page on as it arrives and ends with an outcome that says whether
//! what was handed on is the whole roster ([`verdict`]).

mod page;
pub mod verdict;

use std::collections::HashSet;

use bytes::Bytes;
use common::{
    clients::twitch_api::ChattersLine,
    ids::{ChannelId, UserId},
};

use super::{Endpoint, Session};
use crate::TwitchError;
use page::{Fresh, RawPage};
use verdict::{End, Tally};

const CHATTERS: Endpoint = Endpoint { name: "chatters", path: "chat/chatters" };

/// Rows of a full page.
const PAGE: &str = "1000";
const PAGE_ROWS: u32 = 1_000;

/// Pages that a walk may take beyond twice those that `total` asks for: pages may be short.
const SPARE_PAGES: u32 = 8;

/// Reads a channel's chatters page by page.
#[derive(Debug)]
pub struct Walk {
    session: Session,
    channel: String,
    moderator: String,
    cursor: Option<String>,
    cursors: HashSet<String>,
    seen: Fresh,
    tally: Tally,
    state: State,
}

#[derive(Debug, PartialEq, Eq)]
enum State {
    Reading,
    Ended(End),
    Told,
}

impl Walk {
    /// A walk of `channel`'s chatters on behalf of `moderator`, whose session it is.
    #[must_use]
    pub fn new(session: Session, channel: ChannelId, moderator: UserId) -> Self {
        Self {
            session,
            channel: channel.to_string(),
            moderator: moderator.to_string(),
            cursor: None,
            cursors: HashSet::new(),
            seen: Fresh::default(),
            tally: Tally::default(),
            state: State::Reading,
        }
    }

    /// The next line of the answer: a page, or at the end the outcome; then `None`.
    ///
    /// # Errors
    /// When Twitch does not give the page. The walk is over then.
    pub async fn next_line(&mut self) -> Result<Option<Bytes>, TwitchError> {
        match self.state {
            State::Reading => self.read_page().await.map(Some),
            State::Ended(end) => {
                self.state = State::Told;
                let outcome = self.tally.outcome(end);
                tracing::info!(
                    channel = self.channel,
                    pages = outcome.pages,
                    received = outcome.received,
                    total = outcome.total,
                    complete = outcome.complete,
                    reason = outcome.reason,
                    "chatters.read"
                );
                let mut line = serde_json::to_vec(&ChattersLine::End { outcome })
                    .map_err(|error| TwitchError::Protocol(error.to_string()))?;
                line.push(b'\n');
                Ok(Some(line.into()))
            }
            State::Told => Ok(None),
        }
    }

    async fn read_page(&mut self) -> Result<Bytes, TwitchError> {
        let Self { session, channel, moderator, cursor, seen, tally, .. } = self;
        let mut query =
            vec![("broadcaster_id", channel.as_str()), ("moderator_id", moderator.as_str()), ("first", PAGE)];
        query.extend(cursor.as_deref().map(|cursor| ("after", cursor)));
        let read = |body: &[u8]| {
            let page: RawPage<'_> = serde_json::from_slice(body)?;
            tally.begin_page(page.total);
            let line = page.write_line(body.len(), seen, tally)?;
            Ok((line, page.into_cursor()))
        };
        let answer = session.get(CHATTERS, &query, read).await;
        let (line, cursor) = answer.map_err(|error| match error {
            TwitchError::Refused { status: 403, .. } => TwitchError::NotModerator,
            error => error,
        })?;
        self.go_on_from(cursor);
        let pages_left = self.tally.highest_total().div_ceil(PAGE_ROWS).saturating_sub(self.tally.pages());
        self.session.expect_calls(pages_left);
        Ok(line)
    }

    fn go_on_from(&mut self, cursor: Option<String>) {
        let Some(cursor) = cursor else {
            self.state = State::Ended(End::NoCursor);
            return;
        };
        if !self.cursors.insert(cursor.clone()) {
            self.state = State::Ended(End::CursorRepeated);
        } else if self.tally.pages() >= 2 * self.tally.highest_total().div_ceil(PAGE_ROWS) + SPARE_PAGES {
            self.state = State::Ended(End::TooManyPages);
        } else {
            self.cursor = Some(cursor);
        }
    }
}
