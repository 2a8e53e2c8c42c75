//! How often and how long people are there, and which regulars are missing.
//!
//! Presence between captures is not known. A capture is taken to stand for the time until the next one of the same
//! broadcast, 15 minutes at most; a broadcast's last capture for the channel's usual interval. That errs by about one
//! interval for each visit, in both directions.

use std::sync::Arc;

use chrono::TimeDelta;
use common::{
    clients::analysis::people::Bucket,
    ids::{AccountId, ChannelId},
};

use super::{
    Capture, Fold, Present, counters::Counters, evolution::usual_interval, set::DenseSet, tally::Tally,
};

/// The longest time that a capture stands for.
pub const LONGEST: TimeDelta = TimeDelta::minutes(15);

/// A regular attended at least this many broadcasts,
const REGULAR_BROADCASTS: u32 = 3;
/// and this share (in percent) of those between the first and the last attended one.
const REGULAR_PERCENT: u64 = 60;

/// The seconds that each capture stands for. `captures` are in the order of channel, then time.
#[must_use]
pub fn weights(captures: &[Capture]) -> Vec<u32> {
    let mut weights = Vec::with_capacity(captures.len());
    for channel in captures.chunk_by(|left, right| left.channel == right.channel) {
        let usual = usual_interval(channel).unwrap_or(TimeDelta::zero());
        for (place, capture) in channel.iter().enumerate() {
            let next = channel.get(place + 1).filter(|next| next.broadcast == capture.broadcast);
            let stands_for = next.map_or(usual, |next| next.at - capture.at).min(LONGEST);
            weights.push(u32::try_from(stands_for.num_seconds()).unwrap_or(0));
        }
    }
    weights
}

/// An account on a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attendance {
    pub channel: ChannelId,
    pub account: u32,
    pub captures: u32,
    pub seconds: u32,
    pub broadcasts: u32,
    /// Broadcasts since the first attended one, itself included.
    pub since_first: u32,
    /// Broadcasts attended without a break up to the channel's last.
    pub streak: u32,
    /// Broadcasts since the last attended one.
    pub absent: u32,
}

impl Attendance {
    /// Whether the account was usually there, as long as it came at all.
    #[must_use]
    pub fn is_regular(&self) -> bool {
        usually_there(self.broadcasts, self.since_first - self.absent)
    }
}

/// Whether attending so many broadcasts, `of` so many, makes a regular.
fn usually_there(attended: u32, of: u32) -> bool {
    attended >= REGULAR_BROADCASTS && u64::from(attended) * 100 >= u64::from(of) * REGULAR_PERCENT
}

/// In how many broadcasts of a channel accounts were.
#[derive(Clone, Debug, Default)]
struct Visits {
    members: DenseSet,
    attended: Counters,
    /// Since the first attended one, itself included.
    since_first: Counters,
    /// Attended without a break up to now.
    streak: Counters,
    /// Since the last attended one.
    absent: Counters,
}

impl Visits {
    fn end_broadcast(&mut self, present: &DenseSet) {
        let Self { members, attended, since_first, streak, absent } = self;
        members.add_all(present);
        for counters in [&mut *attended, since_first, streak, absent] {
            counters.reach(members.words().len());
        }
        for (word, members) in
            members.words().iter().copied().enumerate().filter(|(_, members)| *members != 0)
        {
            let now = present.words().get(word).copied().unwrap_or(0);
            attended.add(word, now);
            since_first.add(word, members);
            streak.add(word, now);
            streak.keep(word, now);
            absent.add(word, members & !now);
            absent.keep(word, !now);
        }
    }

    fn clear(&mut self) {
        self.members.clear();
        for counters in [&mut self.attended, &mut self.since_first, &mut self.streak, &mut self.absent] {
            counters.clear();
        }
    }
}

/// Counts captures, seconds and broadcasts of each account on each channel.
#[derive(Clone, Debug)]
pub struct Attendances {
    weights: Arc<[u32]>,
    /// The place of the capture that comes.
    next: usize,
    current: Option<(ChannelId, u32)>,
    /// Seconds (upper half) and captures (lower half) on the current channel: one addition for each presence.
    time: Tally<u64>,
    /// Seen in the current broadcast.
    present: DenseSet,
    /// Broadcasts of the current channel that are over.
    visits: Visits,
    done: Vec<Attendance>,
}

impl Attendances {
    /// `weights` are those of the captures that will be folded.
    #[must_use]
    pub fn new(weights: Arc<[u32]>) -> Self {
        Self {
            weights,
            next: 0,
            current: None,
            time: Tally::default(),
            present: DenseSet::default(),
            visits: Visits::default(),
            done: Vec::new(),
        }
    }

    /// Everybody, once for each channel, in no order.
    #[must_use]
    pub fn finish(self) -> Vec<Attendance> {
        self.done
    }

    fn end_broadcast(&mut self) {
        self.visits.end_broadcast(&self.present);
        self.present.clear();
    }

    fn end_channel(&mut self) {
        let Some((channel, _)) = self.current.take() else { return };
        self.end_broadcast();
        let visits = &self.visits;
        self.done.reserve(visits.members.len() as usize);
        for AccountId(account) in visits.members.iter() {
            let time = std::mem::take(self.time.of(account));
            self.done.push(Attendance {
                channel,
                account,
                #[expect(clippy::cast_possible_truncation, reason = "the lower half is meant")]
                captures: time as u32,
                seconds: (time >> 32) as u32,
                broadcasts: visits.attended.get(account),
                since_first: visits.since_first.get(account),
                streak: visits.streak.get(account),
                absent: visits.absent.get(account),
            });
        }
        self.visits.clear();
    }
}

impl Fold for Attendances {
    fn push(&mut self, capture: &Capture, present: &Present<'_>) {
        let here = (capture.channel, capture.broadcast);
        match self.current {
            Some((channel, _)) if channel != capture.channel => self.end_channel(),
            Some(current) if current != here => self.end_broadcast(),
            _ => {}
        }
        self.current = Some(here);
        self.time.reach(present.max());
        self.present.reach(present.max());
        let weight = self.weights.get(self.next).copied().unwrap_or(0);
        let visit = u64::from(weight) << 32 | 1;
        present.each(|ids| {
            for id in ids {
                *self.time.of(*id) += visit;
                self.present.put(*id);
            }
        });
        self.next += 1;
    }

    fn end(&mut self) {
        self.end_channel();
    }

    fn merge(&mut self, other: Self) {
        self.done.extend(other.done);
    }
}

/// What an account does on some channels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Habit {
    /// How many broadcasts it attended, on all channels.
    pub broadcasts: u32,
    /// Whether it was usually there on at least one of the channels: in three of its broadcasts, and in 60 % of those
    /// since the first attended one.
    pub regular: bool,
}

/// Finds the habits of accounts. Takes about two dozen bits an account, however many channels there are: the counters
/// of one channel at a time, and what is left of them.
#[derive(Clone, Debug, Default)]
pub struct Habits {
    current: Option<(ChannelId, u32)>,
    /// Seen in the current broadcast.
    present: DenseSet,
    /// Seen in the current channel's broadcasts that are over,
    members: DenseSet,
    /// in so many of them,
    attended: Counters,
    /// of so many since the first attended one, itself included.
    since_first: Counters,
    /// Broadcasts that are over, and who attended how many of them, on all channels.
    broadcasts: u32,
    attended_anywhere: Counters,
    regulars: DenseSet,
}

impl Habits {
    /// How many broadcasts there were on all channels.
    #[must_use]
    pub fn broadcasts(&self) -> u32 {
        self.broadcasts
    }

    /// What any account does.
    #[must_use]
    pub fn of(&self, account: AccountId) -> Habit {
        Habit {
            broadcasts: self.attended_anywhere.get(account.0),
            regular: self.regulars.contains(account.0),
        }
    }

    fn end_broadcast(&mut self) {
        let Self { present, members, attended, since_first, attended_anywhere, .. } = self;
        members.add_all(present);
        for counters in [&mut *attended, since_first, attended_anywhere] {
            counters.reach(members.words().len());
        }
        for (word, members) in
            members.words().iter().copied().enumerate().filter(|(_, members)| *members != 0)
        {
            let now = present.words().get(word).copied().unwrap_or(0);
            attended.add(word, now);
            since_first.add(word, members);
            attended_anywhere.add(word, now);
        }
        present.clear();
        self.broadcasts += 1;
    }

    fn end_channel(&mut self) {
        if self.current.take().is_none() {
            return;
        }
        self.end_broadcast();
        for AccountId(account) in self.members.iter() {
            if usually_there(self.attended.get(account), self.since_first.get(account)) {
                self.regulars.insert(account);
            }
        }
        self.members.clear();
        self.attended.clear();
        self.since_first.clear();
    }
}

impl Fold for Habits {
    fn push(&mut self, capture: &Capture, present: &Present<'_>) {
        let here = (capture.channel, capture.broadcast);
        match self.current {
            Some((channel, _)) if channel != capture.channel => self.end_channel(),
            Some(current) if current != here => self.end_broadcast(),
            _ => {}
        }
        self.current = Some(here);
        self.present.add(present);
    }

    fn end(&mut self) {
        self.end_channel();
    }

    fn merge(&mut self, other: Self) {
        self.attended_anywhere.merge(&other.attended_anywhere);
        self.regulars.add_all(&other.regulars);
    }
}

/// Captures and seconds of each account over all channels.
#[must_use]
pub fn totals(attendances: &[Attendance]) -> Vec<(u32, u32)> {
    let one_channel = attendances.windows(2).all(|pair| pair[0].channel == pair[1].channel);
    if one_channel {
        return attendances.iter().map(|attendance| (attendance.captures, attendance.seconds)).collect();
    }
    let mut sum = Tally::<(u32, u32)>::default();
    let mut members = DenseSet::default();
    sum.reach(attendances.iter().map(|attendance| attendance.account).max());
    for attendance in attendances {
        let (captures, seconds) = sum.of(attendance.account);
        *captures += attendance.captures;
        *seconds = seconds.saturating_add(attendance.seconds);
        members.insert(attendance.account);
    }
    members.iter().map(|id| sum.get(id.0)).collect()
}

/// How many of `values` lie from each of `starts` (ascending) to the next; what is below the first is left out.
#[must_use]
pub fn distribution(values: impl Iterator<Item = u32>, starts: &[u32]) -> Vec<Bucket> {
    let mut counts = vec![0_u32; starts.len()];
    for value in values {
        if let Some(place) = starts.partition_point(|start| *start <= value).checked_sub(1) {
            counts[place] += 1;
        }
    }
    let ends = starts.iter().skip(1).map(|next| Some(next - 1)).chain([None]);
    let buckets = starts.iter().zip(ends).zip(counts);
    buckets.map(|((from, to), accounts)| Bucket { from: *from, to, accounts }).collect()
}
