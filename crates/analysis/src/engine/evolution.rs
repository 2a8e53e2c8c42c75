//! How a room fills and empties, capture by capture.

use std::{collections::HashMap, sync::Arc};

use chrono::{DateTime, TimeDelta, Utc};
use common::ids::ChannelId;
use roaring::RoaringBitmap;

use super::{Capture, Fold, Present, tally::Tally};

/// A capture's figures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flow {
    /// Never seen on the channel before.
    pub new: u32,
    /// In the channel's own capture before, too.
    pub stayed: u32,
}

/// Who was seen on each channel before its first capture at hand.
pub type Before = HashMap<ChannelId, Arc<RoaringBitmap>>;

/// Compares each own capture with the one before it and with all that was seen before.
///
/// One number for each account tells when it was last seen: captures are numbered on through all channels, so that
/// nothing has to be cleared between them.
#[derive(Clone, Debug)]
pub struct Flows {
    before: Arc<Before>,
    last: Tally<u32>,
    channel: Option<ChannelId>,
    /// Seen on this channel, but not in an own capture: less than the number of any own one.
    seen: u32,
    /// The number of the capture that comes.
    next: u32,
    /// The number of the channel's own capture before it.
    previous: u32,
    found: Vec<Flow>,
}

impl Flows {
    #[must_use]
    pub fn new(before: Arc<Before>) -> Self {
        Self {
            before,
            last: Tally::default(),
            channel: None,
            seen: 0,
            next: 1,
            previous: 0,
            found: Vec::new(),
        }
    }

    /// The figures of the own captures, in their order.
    #[must_use]
    pub fn finish(self) -> Vec<Flow> {
        self.found
    }

    fn begin(&mut self, channel: ChannelId, present: &Present<'_>) {
        self.channel = Some(channel);
        self.seen = self.next;
        self.previous = self.next;
        self.next += 1;
        if let Some(before) = self.before.get(&channel) {
            let before = present.part_of(before);
            self.last.reach(before.max());
            let seen = self.seen;
            before.each(|ids| ids.iter().for_each(|id| *self.last.of(*id) = seen));
        }
    }
}

impl Fold for Flows {
    fn push(&mut self, capture: &Capture, present: &Present<'_>) {
        if self.channel != Some(capture.channel) {
            self.begin(capture.channel, present);
        }
        self.last.reach(present.max());
        let seen = self.seen;
        if !capture.own {
            present.each(|ids| ids.iter().for_each(|id| *self.last.of(*id) = seen.max(*self.last.of(*id))));
            return;
        }
        // Nobody was last seen in the first capture's predecessor, which there is none of.
        let previous = if self.previous == seen { 0 } else { self.previous };
        let (mut flow, number) = (Flow::default(), self.next);
        present.each(|ids| {
            for id in ids {
                let last = std::mem::replace(self.last.of(*id), number);
                flow.new += u32::from(last < seen);
                flow.stayed += u32::from(last == previous);
            }
        });
        if previous == 0 {
            flow.stayed = 0;
        }
        self.found.push(flow);
        self.previous = number;
        self.next += 1;
    }

    fn merge(&mut self, other: Self) {
        for (flow, more) in self.found.iter_mut().zip(other.found) {
            flow.new += more.new;
            flow.stayed += more.stayed;
        }
    }
}

/// Whether something is missing before each capture: another broadcast, a failed or missed capture, or three times
/// the channel's usual interval. `captures` are in the order of channel, then time, as are `gaps` (channel, time).
#[must_use]
pub fn gaps_before(captures: &[Capture], gaps: &[(ChannelId, DateTime<Utc>)]) -> Vec<bool> {
    let mut marks = Vec::with_capacity(captures.len());
    for channel in captures.chunk_by(|left, right| left.channel == right.channel) {
        let usual = usual_interval(channel);
        marks.push(false);
        marks.extend(channel.windows(2).map(|pair| {
            let (before, after) = (&pair[0], &pair[1]);
            let first = gaps.partition_point(|gap| *gap <= (before.channel, before.at));
            let failed = gaps.get(first).is_some_and(|gap| *gap < (after.channel, after.at));
            let long = usual.is_some_and(|usual| after.at - before.at > usual * 3);
            failed || long || before.broadcast != after.broadcast
        }));
    }
    marks
}

/// The median time between captures of one broadcast; none when no broadcast has two.
#[must_use]
pub fn usual_interval(channel: &[Capture]) -> Option<TimeDelta> {
    let mut intervals: Vec<TimeDelta> = channel
        .windows(2)
        .filter(|pair| pair[0].channel == pair[1].channel && pair[0].broadcast == pair[1].broadcast)
        .map(|pair| pair[1].at - pair[0].at)
        .collect();
    let middle = intervals.len() / 2;
    (!intervals.is_empty()).then(|| *intervals.select_nth_unstable(middle).1)
}

/// Which of `points` to show when at most about `limit` fit, ascending: of each stretch its first and last one, and
/// those with the greatest and the least of each of the `series`. Nothing is averaged, so no peak is flattened.
#[must_use]
pub fn shown<const SERIES: usize>(points: &[[u32; SERIES]], limit: usize) -> Vec<usize> {
    if points.len() <= limit {
        return (0..points.len()).collect();
    }
    let per_stretch = 2 * (SERIES + 1);
    let stretches = (limit / per_stretch).max(1);
    let mut shown = Vec::with_capacity(limit);
    for stretch in 0..stretches {
        let range = points.len() * stretch / stretches..points.len() * (stretch + 1) / stretches;
        shown.extend(range.clone().next());
        shown.extend(range.clone().next_back());
        for series in std::array::from_fn::<usize, SERIES, _>(|series| series) {
            shown.extend(range.clone().max_by_key(|index| points[*index][series]));
            shown.extend(range.clone().min_by_key(|index| points[*index][series]));
        }
    }
    shown.sort_unstable();
    shown.dedup();
    shown
}
