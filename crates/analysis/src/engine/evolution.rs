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

/// Who was seen on each channel in captures that are not at hand, each until when, in the order of time: whoever was seen
/// before the first one that is, and in captures that are gone since.
pub type Before = HashMap<ChannelId, Vec<(DateTime<Utc>, Arc<RoaringBitmap>)>>;

/// Compares each own capture with the one before it and with all that was seen before.
///
/// One number for each account tells when it was last seen: captures are numbered on through all channels, so that
/// nothing has to be cleared between them.
#[derive(Clone, Debug)]
pub struct Flows {
    before: Arc<Before>,
    /// How many of the channel's are taken in.
    taken: usize,
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
            taken: 0,
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

    fn begin(&mut self, channel: ChannelId) {
        self.channel = Some(channel);
        self.taken = 0;
        self.seen = self.next;
        self.previous = self.next;
        self.next += 1;
    }

    /// Takes in who was seen before `capture` in others that are not at hand.
    fn take_in(&mut self, capture: &Capture, present: &Present<'_>) {
        let before = Arc::clone(&self.before);
        let rows = before.get(&capture.channel).map(Vec::as_slice).unwrap_or_default();
        while let Some((_, others)) = rows.get(self.taken).filter(|(until, _)| *until < capture.at) {
            self.taken += 1;
            self.look(&present.part_of(others));
        }
    }

    /// Notes who was seen in no own capture.
    fn look(&mut self, others: &Present<'_>) {
        self.last.reach(others.max());
        let seen = self.seen;
        others.each(|ids| ids.iter().for_each(|id| *self.last.of(*id) = seen.max(*self.last.of(*id))));
    }
}

impl Fold for Flows {
    fn push(&mut self, capture: &Capture, present: &Present<'_>) {
        if self.channel != Some(capture.channel) {
            self.begin(capture.channel);
        }
        self.take_in(capture, present);
        if !capture.own {
            return self.look(present);
        }
        self.last.reach(present.max());
        let seen = self.seen;
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

/// A capture's figures as far as [`shown`] looks at them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point<const SERIES: usize> {
    pub channel: ChannelId,
    /// Whether something is missing since the point before.
    pub gap_before: bool,
    /// What must keep its peaks and valleys; none where it is not known.
    pub series: [Option<u32>; SERIES],
}

/// Which of `points` (by channel, then time) to show when about `limit` fit: their places, ascending, and whether
/// something is missing since the one shown before, be it before a point that is not shown.
///
/// Each channel is thinned out by itself within its share ([`shares`]), so that none vanishes and none hides another's
/// peaks. It is cut into stretches; of each, the first and the last point are shown, and those with the greatest and
/// the least of each of the series. Nothing is averaged, so no peak is flattened. A stretch has up to
/// `2 * (SERIES + 1)` such points, and each channel at least one stretch: of very many channels, more than `limit`
/// points are shown.
#[must_use]
pub fn shown<const SERIES: usize>(points: &[Point<SERIES>], limit: usize) -> Vec<(usize, bool)> {
    let channels = || points.chunk_by(|left, right| left.channel == right.channel);
    let lengths: Vec<usize> = channels().map(<[_]>::len).collect();
    let mut shown = Vec::with_capacity(limit.min(points.len()));
    let mut start = 0;
    for (channel, share) in channels().zip(shares(&lengths, limit)) {
        let mut next = 0;
        for place in extremes(channel, share) {
            let gap_before = channel[next..=place].iter().any(|point| point.gap_before);
            shown.push((start + place, gap_before));
            next = place + 1;
        }
        start += channel.len();
    }
    shown
}

/// How many points each of the channels with `lengths` points may show when `limit` fit in all: as many as the others,
/// and what short ones leave.
#[must_use]
pub fn shares(lengths: &[usize], limit: usize) -> Vec<usize> {
    let mut shortest_first: Vec<usize> = (0..lengths.len()).collect();
    shortest_first.sort_by_key(|channel| lengths[*channel]);
    let (mut shares, mut left) = (vec![0; lengths.len()], limit);
    for (channel, waiting) in shortest_first.into_iter().zip((1..=lengths.len()).rev()) {
        shares[channel] = lengths[channel].min(left / waiting);
        left -= shares[channel];
    }
    shares
}

/// The places to show of one channel's points, ascending.
fn extremes<const SERIES: usize>(points: &[Point<SERIES>], limit: usize) -> Vec<usize> {
    if points.len() <= limit {
        return (0..points.len()).collect();
    }
    let per_stretch = 2 * (SERIES + 1);
    let stretches = (limit / per_stretch).max(1);
    let mut places = Vec::with_capacity(stretches * per_stretch);
    for stretch in 0..stretches {
        let range = points.len() * stretch / stretches..points.len() * (stretch + 1) / stretches;
        places.extend(range.clone().next());
        places.extend(range.clone().next_back());
        for series in 0..SERIES {
            let known = || range.clone().filter_map(|place| Some((points[place].series[series]?, place)));
            places.extend(known().max().map(|(_, place)| place));
            places.extend(known().min().map(|(_, place)| place));
        }
    }
    places.sort_unstable();
    places.dedup();
    places
}
