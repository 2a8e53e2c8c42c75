//! The captures that a question is about, ready to be folded.

use std::{
    collections::{HashMap, HashSet},
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::Arc,
};

use chrono::{DateTime, TimeDelta, Utc};
use common::{
    clients::analysis::Coverage,
    db::captures::{
        load::{self, Settled},
        removed,
    },
    ids::{CaptureId, ChannelId},
};
use roaring::RoaringBitmap;

use crate::{
    answers::{LATER_CAPTURES, MAX_CAPTURES, State, too_many},
    engine::{
        Capture, broadcasts,
        evolution::Before,
        overlap::{By, Unions},
    },
    error::Failure,
    store::{Store, rosters},
    subject::Period,
};

/// Complete captures, and where one is missing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selection {
    /// In the order of channel and time.
    pub(crate) captures: Vec<Capture>,
    /// Failed and missed ones, by channel and time.
    pub(crate) gaps: Vec<(ChannelId, DateTime<Utc>)>,
}

/// A selection with what else was seen on its channels.
#[derive(Clone, Debug)]
pub(crate) struct WithHistory {
    /// As [`Selection::surroundings`] gives them.
    pub(crate) captures: Vec<Capture>,
    /// Who had been seen before those, and between them in captures that are gone.
    pub(crate) before: Arc<Before>,
}

/// A complete capture; none for a gap.
pub(crate) fn capture(row: &Settled, own: bool) -> Option<Capture> {
    Some(Capture {
        id: row.id,
        channel: row.channel,
        at: row.captured_at?,
        stream: row.stream,
        broadcast: 0,
        chatters: row.chatters,
        new: row.new,
        uncertain: row.uncertain,
        viewers: row.viewers,
        own,
    })
}

impl Selection {
    /// The captures of `state` within `period`.
    ///
    /// # Errors
    /// When MariaDB fails, or there are too many.
    pub(crate) async fn load(store: &Store, state: &State, period: Period) -> Result<Self, Failure> {
        let rows = state.settled(store.pool(), period).await?;
        let mut captures: Vec<Capture> = rows.iter().filter_map(|row| capture(row, true)).collect();
        broadcasts::number(&mut captures);
        let missing = rows.iter().filter(|row| row.captured_at.is_none());
        Ok(Self { captures, gaps: missing.map(|row| (row.channel, row.slot)).collect() })
    }

    /// What an answer about these captures rests on.
    pub(crate) fn coverage(&self) -> Coverage {
        let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        Coverage {
            captures: count(self.captures.len()),
            gaps: count(self.gaps.len()),
            first_captured_at: self.captures.iter().map(|capture| capture.at).min(),
            last_captured_at: self.captures.iter().map(|capture| capture.at).max(),
        }
    }

    /// The captures of each channel.
    pub(crate) fn by_channel(&self) -> impl Iterator<Item = &[Capture]> {
        self.captures.chunk_by(|left, right| left.channel == right.channel)
    }

    /// All complete captures from each channel's first own one to its last. With `later`, the state of the captures, also
    /// up to [`LATER_CAPTURES`] that follow on all channels together: they tell who came again.
    ///
    /// # Errors
    /// When MariaDB fails, there are too many captures, or they change under the work.
    pub(crate) async fn surroundings(
        &self,
        store: &Store,
        later: Option<&State>,
    ) -> Result<Vec<Capture>, Failure> {
        let share = LATER_CAPTURES / u32::try_from(self.by_channel().count()).unwrap_or(u32::MAX).max(1);
        let own: HashSet<CaptureId> = self.captures.iter().map(|capture| capture.id).collect();
        let (mut captures, mut between) = (Vec::with_capacity(self.captures.len()), 0);
        for channel in self.by_channel() {
            let (Some(first), Some(last)) = (channel.first(), channel.last()) else { continue };
            let after = last.at + TimeDelta::microseconds(1);
            let rows =
                load::of_channel(store.pool(), first.channel, first.at, after, MAX_CAPTURES + 1).await?;
            // Those that follow have a bound of their own.
            between += rows.len();
            if between > MAX_CAPTURES as usize {
                return Err(too_many());
            }
            captures.extend(rows.iter().filter_map(|row| capture(row, own.contains(&row.id))));
            if let Some(state) = later {
                let until = state.until(first.channel);
                captures.extend(since(store, first.channel, (after, until), share).await?);
            }
        }
        if captures.iter().filter(|capture| capture.own).count() != own.len() {
            return Err(Failure::Changed);
        }
        broadcasts::number(&mut captures);
        Ok(captures)
    }

    /// The same, and who had been seen before.
    ///
    /// # Errors
    /// As with [`Self::surroundings`].
    pub(crate) async fn with_history(
        &self,
        store: &Store,
        later: Option<&State>,
    ) -> Result<WithHistory, Failure> {
        let captures = self.surroundings(store, later).await?;
        let mut before = HashMap::new();
        for channel in captures.chunk_by(|left, right| left.channel == right.channel) {
            let (Some(first), Some(last)) = (channel.first(), channel.last()) else { continue };
            let mut rows = vec![(DateTime::UNIX_EPOCH, Box::pin(seen_before(store, first)).await?)];
            // Read after the captures: what goes meanwhile is in both, not in neither.
            let gone = removed::seen(store.pool(), first.channel, first.at, last.at).await?;
            rows.extend(gone.into_iter().map(|(until, seen)| (until, Arc::new(seen))));
            before.insert(first.channel, rows);
        }
        Ok(WithHistory { captures, before: Arc::new(before) })
    }
}

impl WithHistory {
    /// The captures with up to [`USUAL_CAPTURES`] of each channel from before them, which tell how many newcomers are usual;
    /// and for each whether it is one of those.
    ///
    /// # Errors
    /// When MariaDB fails.
    pub(crate) async fn with_earlier(&self, store: &Store) -> Result<Vec<(Capture, bool)>, Failure> {
        let mut all = Vec::with_capacity(self.captures.len());
        for channel in self.captures.chunk_by(|left, right| left.channel == right.channel) {
            let (id, at) = (channel[0].channel, channel[0].at);
            let rows = load::of_channel(store.pool(), id, DateTime::UNIX_EPOCH, at, USUAL_CAPTURES).await?;
            all.extend(rows.iter().filter_map(|row| capture(row, false)).map(|capture| (capture, true)));
            all.extend(channel.iter().map(|capture| (*capture, false)));
        }
        Ok(all)
    }
}

/// `captures`, by channel and time, and for each channel the one that was made before them, if no longer before than `window`.
///
/// # Errors
/// When MariaDB fails.
pub(crate) async fn with_one_before(
    store: &Store,
    captures: &[Capture],
    window: TimeDelta,
) -> Result<Vec<Capture>, Failure> {
    let mut all = Vec::with_capacity(captures.len());
    for channel in captures.chunk_by(|left, right| left.channel == right.channel) {
        let (id, at) = (channel[0].channel, channel[0].at);
        let rows = load::of_channel(store.pool(), id, at - window, at, 1).await?;
        all.extend(rows.iter().filter_map(|row| capture(row, false)));
        all.extend_from_slice(channel);
    }
    broadcasts::number(&mut all);
    Ok(all)
}

/// The first `limit` captures of a channel within a time, in whole broadcasts.
async fn since(
    store: &Store,
    channel: ChannelId,
    (from, to): (DateTime<Utc>, DateTime<Utc>),
    limit: u32,
) -> Result<Vec<Capture>, Failure> {
    let rows = load::of_channel_since(store.pool(), channel, from, to, limit).await?;
    let mut captures: Vec<Capture> = rows.iter().filter_map(|row| capture(row, false)).collect();
    if rows.len() == limit as usize {
        broadcasts::number(&mut captures);
        let whole = in_whole_broadcasts(&captures).len();
        captures.truncate(whole);
    }
    Ok(captures)
}

/// Numbered captures of a channel without their last broadcast, which is cut off. When it is the only one, it is kept: it
/// may be the one that the question is about, of which a part tells more than nothing.
pub(crate) fn in_whole_broadcasts(captures: &[Capture]) -> &[Capture] {
    let last = captures.last().map(|capture| capture.broadcast);
    let cut = captures.partition_point(|capture| Some(capture.broadcast) < last);
    if cut == 0 { captures } else { &captures[..cut] }
}

/// Everybody seen on a channel before its capture `first`, also in captures that are gone. Kept, as it takes a pass over all
/// that came before.
async fn seen_before(store: &Store, first: &Capture) -> Result<Arc<RoaringBitmap>, Failure> {
    let channel = first.channel;
    let until = first.at - TimeDelta::microseconds(1);
    let mark = load::history(store.pool(), channel, DateTime::UNIX_EPOCH, until).await?;
    let key = format!("before:{channel}:{}:{mark:?}", first.at.timestamp_micros());
    let compute = async {
        let (mut everybody, mut from) = (RoaringBitmap::new(), DateTime::UNIX_EPOCH);
        loop {
            let rows =
                load::of_channel_since(store.pool(), channel, from, first.at, CAPTURES_AT_ONCE).await?;
            let captures: Vec<Capture> = rows.iter().filter_map(|row| capture(row, false)).collect();
            let is_last = rows.len() < CAPTURES_AT_ONCE as usize;
            let seen = Box::pin(seen_in(store, &captures));
            let seen = if is_last {
                Arc::new(seen.await?)
            } else {
                // The same for whatever comes later, unless somebody leaves or captures are removed, which moves all pieces;
                // and kept should this question run out of time.
                let mut hasher = DefaultHasher::new();
                for capture in &captures {
                    (capture.id, capture.chatters).hash(&mut hasher);
                }
                let key = format!("seen:{channel}:{:016x}", hasher.finish());
                store.kept(key, rosters::size, seen).await?
            };
            everybody = store.heavy(move || everybody | &*seen).await?;
            match captures.last() {
                // From the last one itself, should another one have its time.
                Some(last) if !is_last => from = last.at,
                _ => break,
            }
        }
        // Read after the captures: what goes meanwhile is in both, not in neither.
        let gone = removed::seen(store.pool(), channel, DateTime::UNIX_EPOCH, first.at).await?;
        store.heavy(move || gone.into_iter().fold(everybody, |seen, (_, more)| seen | more)).await
    };
    store.kept(key, rosters::size, compute).await
}

/// Everybody in any of the captures.
async fn seen_in(store: &Store, captures: &[Capture]) -> Result<RoaringBitmap, Failure> {
    let unions = store.fold(captures, Unions::new(By::Everything)).await?.finish();
    store.heavy(move || unions.first().map(|union| union.members.to_roster()).unwrap_or_default()).await
}

/// How many captures are looked through at once for who had been seen before: a channel may have any number.
const CAPTURES_AT_ONCE: u32 = 10_000;

/// How many captures before a question's first one tell how many newcomers are usual.
pub(crate) const USUAL_CAPTURES: u32 = 500;

/// How many other broadcasts of a channel show what is usual, how many captures they have at most, and those of all channels.
const OTHER_BROADCASTS: usize = 20;
const OTHER_CAPTURES: u32 = 2_000;
const ALL_OTHERS: u32 = 20_000;

/// The captures of other broadcasts on the same channels, the latest before the selection's last capture: none of the
/// selection's own broadcasts.
///
/// # Errors
/// When MariaDB fails.
pub(crate) async fn others(store: &Store, selection: &Selection) -> Result<Vec<Capture>, Failure> {
    let mut others = Vec::new();
    let channels = u32::try_from(selection.by_channel().count()).unwrap_or(u32::MAX);
    let share = OTHER_CAPTURES.min(ALL_OTHERS / channels.max(1));
    for channel in selection.by_channel() {
        let Some(last) = channel.last() else { continue };
        let after = last.at + TimeDelta::microseconds(1);
        let own: HashSet<CaptureId> = channel.iter().map(|capture| capture.id).collect();
        let limit = share + u32::try_from(own.len()).unwrap_or(u32::MAX / 2);
        let rows = load::of_channel(store.pool(), last.channel, DateTime::UNIX_EPOCH, after, limit).await?;
        let mut captures: Vec<Capture> = rows.iter().filter_map(|row| capture(row, false)).collect();
        broadcasts::number(&mut captures);
        let mut broadcasts: Vec<&[Capture]> = captures
            .chunk_by(|left, right| left.broadcast == right.broadcast)
            // The first one may be cut off.
            .skip(usize::from(rows.len() == limit as usize))
            .filter(|broadcast| broadcast.iter().all(|capture| !own.contains(&capture.id)))
            .collect();
        let latest = broadcasts.len().saturating_sub(OTHER_BROADCASTS);
        others.extend(broadcasts.drain(latest..).flatten().copied());
    }
    Ok(others)
}
