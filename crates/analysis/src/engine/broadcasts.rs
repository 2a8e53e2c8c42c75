//! Which captures belong to one broadcast.
//!
//! Twitch tells which stream a capture was made in. Captures made when it did not (of an offline chat, or before
//! streams were recorded) are one broadcast as long as no more than [`BREAK`] lies between them. Those between two captures
//! of one stream belong to it: Twitch's list of streams misses some at times.

use chrono::{DateTime, TimeDelta, Utc};
use common::ids::StreamId;

use super::Capture;

/// The longest time between two captures of one broadcast that Twitch told nothing about.
pub const BREAK: TimeDelta = TimeDelta::hours(3);

/// Numbers the broadcasts of each channel from 0. `captures` are in the order of channel, then time.
pub fn number(captures: &mut [Capture]) {
    for channel in captures.chunk_by_mut(|left, right| left.channel == right.channel) {
        let streams = streams(channel);
        let mut number = 0;
        for place in 0..channel.len() {
            if let Some(before) = place.checked_sub(1) {
                let same = match (streams[before], streams[place]) {
                    (None, None) => channel[place].at - channel[before].at <= BREAK,
                    (before, after) => before == after,
                };
                number += u32::from(!same);
            }
            channel[place].broadcast = number;
        }
    }
}

/// The streams of a channel's captures, those between two captures of one stream included.
fn streams(channel: &[Capture]) -> Vec<Option<StreamId>> {
    let mut streams: Vec<_> = channel.iter().map(|capture| capture.stream).collect();
    let mut known: Option<(usize, StreamId)> = None;
    for (place, capture) in channel.iter().enumerate() {
        let Some(stream) = capture.stream else { continue };
        if let Some((last, before)) = known
            && before == stream
        {
            streams[last..place].fill(Some(stream));
        }
        known = Some((place, stream));
    }
    streams
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
