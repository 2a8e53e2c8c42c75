//! Raids: who came with one, who stayed, who came again.
//!
//! Those who come after a second raid came with that one; of two between the same two captures, nobody can tell. So says
//! [`super::newcomers`] of newcomers, too.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use common::ids::{CaptureId, ChannelId};
use roaring::RoaringBitmap;

use super::{Capture, Fold, Present, newcomers::RAID_WINDOW};

/// How old the last capture before a raid may be.
pub const BEFORE_WINDOW: TimeDelta = TimeDelta::minutes(30);
/// For how long those who arrive count, in more captures than the first: Twitch's list of chatters lags behind.
pub const ARRIVING: TimeDelta = TimeDelta::minutes(5);
/// After how long those who are still there have stayed.
pub const STAYED_AFTER: TimeDelta = TimeDelta::minutes(30);

/// A raid to look at.
#[derive(Clone, Debug)]
pub struct Raid {
    pub channel: ChannelId,
    pub at: DateTime<Utc>,
    /// Who was on the channel that sent them, shortly before, if a capture tells.
    pub source: Option<Arc<RoaringBitmap>>,
}

/// What captures tell about a raid; what they do not tell is absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    pub before: Option<CaptureId>,
    pub after: Option<CaptureId>,
    pub arrived: Option<u32>,
    pub seen_at_source: Option<u32>,
    pub stayed: Option<u32>,
    pub came_back: Option<u32>,
}

/// Those who arrived with a raid, and what became of them.
#[derive(Clone, Debug)]
struct Followed {
    raid: usize,
    broadcast: u32,
    before: RoaringBitmap,
    arrived: RoaringBitmap,
    back: RoaringBitmap,
}

/// Follows raids through captures.
#[derive(Clone, Debug)]
pub struct RaidsSeen {
    raids: Arc<[Raid]>,
    seen: Vec<Seen>,
    /// The next raid that no capture has come after.
    next: usize,
    previous: Option<(Capture, RoaringBitmap)>,
    /// Of the current channel.
    followed: Vec<Followed>,
    /// Everybody in the current broadcast, kept when somebody is followed.
    broadcast: RoaringBitmap,
}

impl RaidsSeen {
    /// `raids` are in the order of channel, then time.
    #[must_use]
    pub fn new(raids: Arc<[Raid]>) -> Self {
        Self {
            seen: vec![Seen::default(); raids.len()],
            raids,
            next: 0,
            previous: None,
            followed: Vec::new(),
            broadcast: RoaringBitmap::new(),
        }
    }

    /// One for each raid, in their order.
    #[must_use]
    pub fn finish(self) -> Vec<Seen> {
        self.seen
    }

    fn end_broadcast(&mut self, broadcast: u32) {
        for followed in &mut self.followed {
            if followed.broadcast < broadcast {
                followed.back |= &followed.arrived & &self.broadcast;
                let back = u32::try_from(followed.back.len()).unwrap_or(u32::MAX);
                self.seen[followed.raid].came_back = Some(back);
            }
        }
        self.broadcast.clear();
    }

    fn end_channel(&mut self) {
        if let Some((last, _)) = self.previous.take() {
            self.end_broadcast(last.broadcast);
        }
        self.followed.clear();
    }

    /// The raids that this capture is the first one after.
    fn meet(&mut self, capture: &Capture, here: &RoaringBitmap) {
        while let Some(raid) = self.raids.get(self.next) {
            if (raid.channel, raid.at) > (capture.channel, capture.at) {
                return;
            }
            let number = self.next;
            self.next += 1;
            if raid.channel != capture.channel {
                continue;
            }
            let seen = &mut self.seen[number];
            let before = self.previous.as_ref().filter(|(before, _)| raid.at - before.at <= BEFORE_WINDOW);
            seen.before = before.map(|(before, _)| before.id);
            if capture.at - raid.at > RAID_WINDOW {
                continue;
            }
            seen.after = Some(capture.id);
            let Some((earlier, before)) = before else { continue };
            // Who came with which of two raids between the same two captures, nobody can tell.
            if is_followed_by_another(&self.raids, number, capture)
                || follows_another(&self.raids, number, earlier)
            {
                continue;
            }
            self.followed.push(Followed {
                raid: number,
                broadcast: capture.broadcast,
                before: before.clone(),
                arrived: RoaringBitmap::new(),
                back: RoaringBitmap::new(),
            });
            self.arrive(self.followed.len() - 1, here);
        }
    }

    /// Counts those who are here now and were not before the raid.
    fn arrive(&mut self, place: usize, here: &RoaringBitmap) {
        let followed = &mut self.followed[place];
        followed.arrived |= here - &followed.before;
        let count = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
        let seen = &mut self.seen[followed.raid];
        seen.arrived = Some(count(followed.arrived.len()));
        let source = self.raids[followed.raid].source.as_ref();
        seen.seen_at_source = source.map(|source| count(followed.arrived.intersection_len(source)));
    }
}

/// Whether another raid came after `raid` (its place) and before `capture`.
fn is_followed_by_another(raids: &[Raid], raid: usize, capture: &Capture) -> bool {
    raids.get(raid + 1).is_some_and(|next| next.channel == capture.channel && next.at <= capture.at)
}

/// Whether another raid came before `raid` (its place) and after `capture`.
fn follows_another(raids: &[Raid], raid: usize, capture: &Capture) -> bool {
    let former = raid.checked_sub(1).and_then(|former| raids.get(former));
    former.is_some_and(|former| former.channel == capture.channel && former.at > capture.at)
}

impl Fold for RaidsSeen {
    fn push(&mut self, capture: &Capture, present: &Present<'_>) {
        match self.previous.as_ref().map(|(before, _)| (before.channel, before.broadcast)) {
            Some((channel, _)) if channel != capture.channel => self.end_channel(),
            Some((_, broadcast)) if broadcast != capture.broadcast => self.end_broadcast(broadcast),
            _ => {}
        }
        let here = present.to_roster();
        for place in 0..self.followed.len() {
            let Followed { raid, broadcast, .. } = self.followed[place];
            let soon = capture.at <= self.raids[raid].at + ARRIVING;
            let another = is_followed_by_another(&self.raids, raid, capture);
            if broadcast == capture.broadcast && soon && !another {
                self.arrive(place, &here);
            } else {
                // No longer needed, and as large as the room.
                self.followed[place].before.clear();
            }
        }
        for followed in &self.followed {
            let seen = &mut self.seen[followed.raid];
            let later = capture.at >= self.raids[followed.raid].at + STAYED_AFTER;
            if later && seen.stayed.is_none() && followed.broadcast == capture.broadcast {
                let stayed = followed.arrived.intersection_len(&here);
                seen.stayed = Some(u32::try_from(stayed).unwrap_or(u32::MAX));
            }
        }
        self.meet(capture, &here);
        if !self.followed.is_empty() {
            self.broadcast |= &here;
        }
        self.previous = Some((*capture, here));
    }

    fn end(&mut self) {
        self.end_channel();
    }

    fn merge(&mut self, other: Self) {
        let add = |one: &mut Option<u32>, more: Option<u32>| {
            if let (Some(one), Some(more)) = (one, more) {
                *one += more;
            }
        };
        for (seen, more) in self.seen.iter_mut().zip(other.seen) {
            add(&mut seen.arrived, more.arrived);
            add(&mut seen.seen_at_source, more.seen_at_source);
            add(&mut seen.stayed, more.stayed);
            add(&mut seen.came_back, more.came_back);
        }
    }
}
