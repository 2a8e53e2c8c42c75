//! Which captures belong to one broadcast.
//!
//! Twitch tells which stream a capture was made in. Captures made when it did not (of an offline chat, or before
//! streams were recorded) are one broadcast as long as no more than [`BREAK`] lies between them.

use chrono::{DateTime, TimeDelta, Utc};

use super::Capture;

/// The longest time between two captures of one broadcast that Twitch told nothing about.
pub const BREAK: TimeDelta = TimeDelta::hours(3);

/// Numbers the broadcasts of each channel from 0. `captures` are in the order of channel, then time.
pub fn number(captures: &mut [Capture]) {
    let mut before: Option<Capture> = None;
    for capture in captures {
        capture.broadcast = match before {
            Some(before) if before.channel != capture.channel => 0,
            Some(before) if same(&before, capture) => before.broadcast,
            Some(before) => before.broadcast + 1,
            None => 0,
        };
        before = Some(*capture);
    }
}

fn same(before: &Capture, after: &Capture) -> bool {
    match (before.stream, after.stream) {
        (Some(before), Some(after)) => before == after,
        (None, None) => after.at - before.at <= BREAK,
        _ => false,
    }
}

/// A broadcast as far as captures tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broadcast {
    /// Its first capture.
    pub first: Capture,
    pub last_at: DateTime<Utc>,
    /// How many captures it has.
    pub captures: u32,
}

/// The broadcasts of numbered captures, by channel and number.
#[must_use]
pub fn list(captures: &[Capture]) -> Vec<Broadcast> {
    captures
        .chunk_by(|left, right| left.channel == right.channel && left.broadcast == right.broadcast)
        .filter_map(|captures| {
            Some(Broadcast {
                first: *captures.first()?,
                last_at: captures.last()?.at,
                captures: u32::try_from(captures.len()).unwrap_or(u32::MAX),
            })
        })
        .collect()
}
