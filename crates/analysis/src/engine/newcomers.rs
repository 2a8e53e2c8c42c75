//! Who was seen on a channel for the first time ever, how they came, and whether they came again.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use common::{clients::analysis::people::Origin, ids::ChannelId};

use super::{Capture, Fold, Present, evolution::Before, set::DenseSet};

/// How long after a raid those who are new came with it.
pub const RAID_WINDOW: TimeDelta = TimeDelta::minutes(15);

/// A wave has at least this many newcomers,
const WAVE_LEAST: u32 = 10;
/// and more than this many times the median,
const WAVE_TIMES: u32 = 5;
/// of at least this many captures that compare with it.
const WAVE_COMPARED: usize = 3;

/// How many later broadcasts are told apart.
pub const LATER: u32 = 64;

/// An account's first sight on a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Newcomer {
    /// The place of the capture among those folded.
    pub capture: u32,
    pub account: u32,
    /// The broadcast's number.
    pub broadcast: u32,
    /// Bit `j`: seen again `j + 1` broadcasts later; the last bit stands for all that follow.
    pub back: u64,
}

/// Finds the newcomers of own captures. The other captures tell who was known, and who came back.
#[derive(Clone, Debug)]
pub struct Firsts {
    before: Arc<Before>,
    /// How many of the channel's are taken in.
    taken: usize,
    seen: DenseSet,
    current: Option<(ChannelId, u32)>,
    /// Seen in the current broadcast.
    present: DenseSet,
    /// The place of the capture that comes.
    next: u32,
    found: Vec<Newcomer>,
    /// Where the current channel's newcomers begin.
    channel_start: usize,
}

impl Firsts {
    #[must_use]
    pub fn new(before: Arc<Before>) -> Self {
        Self {
            before,
            taken: 0,
            seen: DenseSet::default(),
            current: None,
            present: DenseSet::default(),
            next: 0,
            found: Vec::new(),
            channel_start: 0,
        }
    }

    /// The newcomers, by capture and account.
    #[must_use]
    pub fn finish(mut self) -> Vec<Newcomer> {
        // Each part is in order already, which this sort makes use of.
        self.found.sort();
        self.found
    }

    fn end_broadcast(&mut self) {
        let Some((_, broadcast)) = self.current else { return };
        let found = &mut self.found[self.channel_start..];
        let earlier = found.partition_point(|newcomer| newcomer.broadcast < broadcast);
        // Without a branch: whether somebody came again cannot be predicted.
        for newcomer in &mut found[..earlier] {
            let later = (broadcast - newcomer.broadcast - 1).min(LATER - 1);
            newcomer.back |= u64::from(self.present.contains(newcomer.account)) << later;
        }
        self.present.clear();
    }

    fn begin_channel(&mut self) {
        self.seen.clear();
        self.taken = 0;
        self.channel_start = self.found.len();
    }

    /// Takes in who was seen before `capture` in others that are not at hand.
    fn take_in(&mut self, capture: &Capture, present: &Present<'_>) {
        let rows = self.before.get(&capture.channel).map(Vec::as_slice).unwrap_or_default();
        while let Some((_, others)) = rows.get(self.taken).filter(|(until, _)| *until < capture.at) {
            self.taken += 1;
            self.seen.add(&present.part_of(others));
        }
    }
}

impl Fold for Firsts {
    fn push(&mut self, capture: &Capture, present: &Present<'_>) {
        let here = (capture.channel, capture.broadcast);
        if self.current != Some(here) {
            self.end_broadcast();
            if self.current.is_none_or(|(channel, _)| channel != capture.channel) {
                self.begin_channel();
            }
            self.current = Some(here);
        }
        self.take_in(capture, present);
        self.seen.reach(present.max());
        self.present.reach(present.max());
        present.each(|ids| {
            for id in ids {
                self.present.put(*id);
                if self.seen.put(*id) && capture.own {
                    let (capture, broadcast) = (self.next, capture.broadcast);
                    self.found.push(Newcomer { capture, account: *id, broadcast, back: 0 });
                }
            }
        });
        self.next += 1;
    }

    fn end(&mut self) {
        self.end_broadcast();
        self.current = None;
    }

    fn merge(&mut self, other: Self) {
        self.found.extend(other.found);
    }
}

/// How the newcomers of each capture came, and with which of `raids` (its place).
///
/// `captures` are in the order of channel and time, and those of a channel begin with some from before the question: what
/// is a wave is told by them. The first capture of a broadcast has everybody who came since the last one, so it is compared
/// with other first ones. Nobody's arrival was seen in the first capture of all. `raids` are (channel, time), in order.
#[must_use]
pub fn origins(captures: &[Capture], raids: &[(ChannelId, DateTime<Utc>)]) -> Vec<(Origin, Option<usize>)> {
    let mut origins = Vec::with_capacity(captures.len());
    for channel in captures.chunk_by(|left, right| left.channel == right.channel) {
        let opens = |place: usize| channel[place - 1].broadcast != channel[place].broadcast;
        let usual = |opening: bool| {
            let compared = (1..channel.len()).filter(|place| opens(*place) == opening);
            median(compared.map(|place| channel[place].new).collect())
        };
        let usual = [usual(false), usual(true)];
        for (place, capture) in channel.iter().enumerate() {
            let before = place.checked_sub(1).map(|before| channel[before].at);
            let is_wave = || {
                let usual = if place == 0 { None } else { usual[usize::from(opens(place))] };
                usual.is_some_and(|usual| capture.new >= WAVE_LEAST && capture.new > WAVE_TIMES * usual)
            };
            origins.push(match raid_of(raids, capture, before) {
                Some((raid, is_alone)) => (Origin::Raid, is_alone.then_some(raid)),
                None if is_wave() => (Origin::Wave, None),
                None => (Origin::Organic, None),
            });
        }
    }
    origins
}

/// The last raid between the capture before and this one, not longer ago than [`RAID_WINDOW`]; and whether there was no
/// other: of two, nobody can tell who came with which.
fn raid_of(
    raids: &[(ChannelId, DateTime<Utc>)],
    capture: &Capture,
    before: Option<DateTime<Utc>>,
) -> Option<(usize, bool)> {
    let last = raids.partition_point(|raid| *raid <= (capture.channel, capture.at)).checked_sub(1)?;
    let (channel, at) = raids[last];
    let fits = channel == capture.channel
        && capture.at - at <= RAID_WINDOW
        && before.is_none_or(|before| before < at);
    let since = before.unwrap_or(capture.at - RAID_WINDOW);
    let other = last.checked_sub(1).map(|other| raids[other]);
    let is_alone = other.is_none_or(|(channel, at)| channel != capture.channel || at <= since);
    fits.then_some((last, is_alone))
}

/// The upper of two in the middle; none of too few to compare with.
fn median(mut counts: Vec<u32>) -> Option<u32> {
    let middle = counts.len() / 2;
    (counts.len() > WAVE_COMPARED).then(|| *counts.select_nth_unstable(middle).1)
}
