//! `GET /chat/chatters`: the hot endpoint; a page is copied from a roster's bytes.

use std::sync::Arc;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};

use super::cursor::Cursor;
use super::error::ApiError;
use super::guard::Caller;
use crate::faults::{Hits, Kind};
use crate::params::Params;
use crate::sim::Sim;
use crate::world::roster::Roster;

const BLANK: &[u8] = br#"{"user_id":"","user_login":"","user_name":""}"#;

pub(crate) async fn list(
    State(sim): State<Arc<Sim>>,
    Extension(hits): Extension<Hits>,
    caller: Caller,
    params: Params,
) -> Result<Response, ApiError> {
    let room = caller.moderator(&sim, &params, &["moderator:read:chatters"])?;
    let size = params.page_size(100, 1_000)?;
    let settings = sim.settings();
    let name = format!("chatters:{}", room.broadcaster);
    let cursor = params.get("after").map(|after| Cursor::decode(&name, after)).transpose()?;
    let Some(channel) = room.channel else {
        return Ok(json(Bytes::from_static(br#"{"data":[],"pagination":{},"total":0}"#)));
    };
    let listed_at = sim.clock.now_ms() - i64::from(settings.chatters_lag_seconds) * 1_000;
    let at = cursor.filter(|_| settings.pin_pages).map_or(listed_at, |cursor| cursor.at);
    let roster = sim.roster(&channel, at).await;
    let page = Page::cut(&roster, cursor, size).distort(&hits, &roster, cursor, size);
    Ok(json(page.write(&roster, &name, &hits)))
}

/// Rows `start..end`, then a cursor if there is a next page.
#[derive(Debug)]
struct Page {
    start: usize,
    end: usize,
    next: Option<Cursor>,
    total: usize,
}

impl Page {
    fn cut(roster: &Roster, cursor: Option<Cursor>, size: usize) -> Self {
        Self::at(roster, cursor.map_or(0, |cursor| cursor.offset), size)
    }

    fn at(roster: &Roster, start: usize, size: usize) -> Self {
        let total = roster.len();
        let start = start.min(total);
        let end = (start + size).min(total);
        let next = (end < total).then_some(Cursor { at: roster.at, offset: end });
        Self { start, end, next, total }
    }

    /// Applies the faults of rows and cursors.
    fn distort(mut self, hits: &Hits, roster: &Roster, cursor: Option<Cursor>, size: usize) -> Self {
        for hit in &hits.0 {
            let start = self.start;
            match hit.kind {
                Kind::DuplicateRow if start > 0 => self = Self::at(roster, start - 1, size),
                Kind::LostRow => self = Self::at(roster, start + 1, size),
                Kind::LostPage => self = Self::at(roster, start + size, size),
                Kind::ShortPage => self = Self::at(roster, start, size.div_ceil(2)),
                Kind::RepeatedPage if start > 0 => {
                    let before = Self::at(roster, start.saturating_sub(size), size);
                    (self.start, self.end) = (before.start, before.end);
                }
                // One millisecond on is the same roster, and another cursor.
                Kind::EmptyPage => {
                    self.end = start;
                    self.next = Some(Cursor { at: cursor.map_or(roster.at, |c| c.at) + 1, offset: start });
                }
                Kind::LostCursor => self.next = None,
                Kind::LoopingCursor => {
                    self.next = Some(cursor.unwrap_or(Cursor { at: roster.at, offset: 0 }));
                }
                Kind::TotalDrift => {
                    let width = u64::from(hit.amount.unwrap_or(5).max(1));
                    let drift = (1 + hit.noise % width) as usize;
                    let up = hit.noise >> 32 & 1 == 0 || self.total < drift;
                    self.total = if up { self.total + drift } else { self.total - drift };
                }
                _ => {}
            }
        }
        self
    }

    fn write(&self, roster: &Roster, name: &str, hits: &Hits) -> Bytes {
        let rows = roster.rows(self.start, self.end);
        let mut body = Vec::with_capacity(rows.len() + 256);
        body.extend_from_slice(br#"{"data":["#);
        if let Some(hit) = hits.get(Kind::BlankChatter) {
            let at = self.start + (hit.noise % (self.end - self.start + 1) as u64) as usize;
            let (before, after) = (roster.rows(self.start, at), roster.rows(at, self.end));
            let parts: Vec<&[u8]> =
                [before, BLANK, after].into_iter().filter(|part| !part.is_empty()).collect();
            body.extend_from_slice(&parts.join(&b','));
        } else {
            body.extend_from_slice(rows);
        }
        body.extend_from_slice(br#"],"pagination":{"#);
        if let Some(next) = self.next {
            body.extend_from_slice(br#""cursor":""#);
            body.extend_from_slice(next.encode(name).as_bytes());
            body.push(b'"');
        }
        body.extend_from_slice(br#"},"total":"#);
        body.extend_from_slice(self.total.to_string().as_bytes());
        body.push(b'}');
        body.into()
    }
}

fn json(body: Bytes) -> Response {
    ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], body).into_response()
}
