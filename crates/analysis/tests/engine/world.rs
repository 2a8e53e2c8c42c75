//! Random worlds: captures, and a row for each presence in them.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use analysis::engine::{
    Capture, Fold, Present, accounts::Accounts, accounts::Columns, broadcasts, evolution::Before,
};
use chrono::{DateTime, TimeDelta, Utc};
use common::ids::{AccountId, CaptureId, ChannelId, StreamId};
use proptest::{collection, option, prelude::*};
use roaring::RoaringBitmap;

/// Ids are spread over several containers of a bitmap.
const SPREAD: u32 = 2_003;
const ACCOUNTS: u32 = 40;

/// Who was seen, and until when.
type Elsewhere = Vec<(DateTime<Utc>, BTreeSet<u32>)>;

#[derive(Clone, Debug)]
pub struct World {
    /// In the order of channel and time, with broadcasts numbered.
    pub captures: Vec<Capture>,
    /// (place of the capture, account).
    pub rows: Vec<(usize, u32)>,
    /// In captures that are not in it, in the order of time.
    pub before: HashMap<ChannelId, Elsewhere>,
    /// Seconds of Unix time, of the enriched accounts.
    pub created: HashMap<u32, u32>,
    /// Where a fold is cut into parts.
    pub cut: u32,
}

impl World {
    pub fn roster(&self, place: usize) -> BTreeSet<u32> {
        self.rows.iter().filter(|(capture, _)| *capture == place).map(|(_, account)| *account).collect()
    }

    /// The places of the captures of each channel.
    pub fn channels(&self) -> Vec<Vec<usize>> {
        let mut channels: Vec<Vec<usize>> = Vec::new();
        for place in 0..self.captures.len() {
            match channels.last_mut() {
                Some(channel) if self.captures[channel[0]].channel == self.captures[place].channel => {
                    channel.push(place);
                }
                _ => channels.push(vec![place]),
            }
        }
        channels
    }

    /// Everybody in any of `places`.
    pub fn seen(&self, places: impl IntoIterator<Item = usize>) -> BTreeSet<u32> {
        places.into_iter().flat_map(|place| self.roster(place)).collect()
    }

    pub fn accounts(&self) -> Accounts {
        let columns = self.created.iter().map(|(id, created)| Columns {
            id: AccountId(*id),
            created: *created,
            flags: 1,
        });
        columns.collect()
    }

    pub fn known_before(&self) -> Arc<Before> {
        let rows = |rows: &Elsewhere| {
            rows.iter().map(|(until, ids)| (*until, Arc::new(ids.iter().copied().collect()))).collect()
        };
        Arc::new(self.before.iter().map(|(channel, before)| (*channel, rows(before))).collect())
    }

    /// Everybody seen before `at` in captures that are not in this world.
    pub fn seen_elsewhere(&self, channel: ChannelId, at: DateTime<Utc>) -> BTreeSet<u32> {
        let rows = self.before.get(&channel).into_iter().flatten();
        rows.filter(|(until, _)| *until < at).flat_map(|(_, ids)| ids.iter().copied()).collect()
    }

    /// Folds the world in two parts, as the service does.
    pub fn fold<F: Fold>(&self, fold: F) -> F {
        let mut parts = [fold.clone(), fold];
        let ranges = [0..=self.cut, self.cut + 1..=u32::MAX];
        for (place, capture) in self.captures.iter().enumerate() {
            let roster: RoaringBitmap = self.roster(place).into_iter().collect();
            for (part, ids) in parts.iter_mut().zip(&ranges) {
                part.push(capture, &Present::new(&roster, ids.clone()));
            }
        }
        let [mut low, mut high] = parts;
        low.end();
        high.end();
        low.merge(high);
        low
    }
}

pub fn account() -> impl Strategy<Value = u32> {
    (0..ACCOUNTS).prop_map(|number| number * SPREAD)
}

#[derive(Clone, Debug)]
struct Drawn {
    channel: u64,
    minutes: i64,
    stream: Option<u64>,
    own: bool,
    roster: BTreeSet<u32>,
    new: u32,
}

prop_compose! {
    fn drawn()(
        channel in 1_u64..4,
        minutes in prop_oneof![4 => 1_i64..20, 1 => 100_i64..400],
        stream in option::weighted(0.7, 0_u64..3),
        own in prop::bool::weighted(0.8),
        roster in collection::btree_set(account(), 0..25),
        new in prop_oneof![6 => 0_u32..8, 1 => 10_u32..60],
    ) -> Drawn {
        Drawn { channel, minutes, stream, own, roster, new }
    }
}

prop_compose! {
    pub fn world()(
        drawn in collection::vec(drawn(), 0..30),
        before in collection::hash_map(
            (1_u64..4).prop_map(ChannelId),
            collection::btree_map(prop_oneof![Just(0), 0_i64..600], collection::btree_set(account(), 0..15), 0..4),
            0..3,
        ),
        created in collection::hash_map(account(), 1_u32..2_000_000_000, 0..40),
        cut in 0..ACCOUNTS * SPREAD,
    ) -> World {
        let mut drawn = drawn;
        drawn.sort_by_key(|capture| capture.channel);
        let mut at: DateTime<Utc> = DateTime::from_timestamp(1_780_000_000, 0).unwrap();
        let until = |(minutes, ids)| (at + TimeDelta::minutes(minutes), ids);
        let before = before.into_iter().map(|(channel, rows)| (channel, rows.into_iter().map(until).collect())).collect();
        let (mut captures, mut rows) = (Vec::new(), Vec::new());
        for (place, capture) in drawn.iter().enumerate() {
            at += TimeDelta::minutes(capture.minutes);
            captures.push(Capture {
                id: CaptureId(place as u64 + 1),
                channel: ChannelId(capture.channel),
                at,
                stream: capture.stream.map(StreamId),
                broadcast: 0,
                chatters: u32::try_from(capture.roster.len()).unwrap(),
                new: capture.new,
                uncertain: 0,
                viewers: None,
                own: capture.own,
            });
            rows.extend(capture.roster.iter().map(|account| (place, *account)));
        }
        broadcasts::number(&mut captures);
        World { captures, rows, before, created, cut }
    }
}
