//! When channels are live: a schedule that is a pure function of the channel, and what the
//! control API changed about it.

use std::collections::HashMap;

use super::calendar::DAY_MS;
use super::hash::{pair, unit};
use super::presence::{CYCLE_MS, HOUR_MS, MINUTE_MS, Occasion};

/// How a channel streams by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Schedule {
    /// Nearly around the clock: streams of about 5 h 45, one every 6 h.
    AroundTheClock,
    /// About four days in five, at this hour (UTC), for 3 to 4½ hours.
    Daily { hour: i64 },
    /// Never, unless told to.
    Never,
}

/// One broadcast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stream {
    pub(crate) occasion: Occasion,
}

impl Stream {
    /// Twitch's id of the stream: grows with time. Those that begin in the same second differ in the upper
    /// half of the key: the lower digits have decided when a daily one begins.
    pub(crate) fn id(&self) -> String {
        let seconds = (self.occasion.start / 1_000 - 1_400_000_000).max(0) as u64;
        (seconds * 1_000_000_000 + (self.occasion.key >> 32) % 1_000_000_000).to_string()
    }

    pub(crate) fn is_live(&self, at: i64) -> bool {
        (self.occasion.start..self.occasion.end).contains(&at)
    }
}

/// What somebody changed by hand.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    forced: Vec<Occasion>,
    ended: HashMap<u64, i64>,
}

impl Changes {
    /// Starts a stream of four hours now.
    pub(crate) fn start(&mut self, channel_key: u64, at: i64) -> Stream {
        let occasion = Occasion {
            key: pair(channel_key ^ 0xf0_4ced, at as u64),
            start: at,
            planned_end: at + 4 * HOUR_MS,
            end: at + 4 * HOUR_MS,
        };
        self.forced.push(occasion);
        Stream { occasion }
    }

    pub(crate) fn end(&mut self, stream: &Stream, at: i64) {
        self.ended.insert(stream.occasion.key, at);
    }

    /// All streams that touch `from..=to`, in the order of their start.
    pub(crate) fn streams(&self, schedule: Schedule, channel_key: u64, from: i64, to: i64) -> Vec<Stream> {
        let actual = |mut occasion: Occasion| {
            if let Some(&end) = self.ended.get(&occasion.key) {
                occasion.end = end;
            }
            Stream { occasion }
        };
        let forced: Vec<Stream> = self.forced.iter().copied().map(actual).collect();
        let mut streams: Vec<Stream> = planned(schedule, channel_key, from, to)
            .map(actual)
            .filter(|stream| !forced.iter().any(|other| other.is_live(stream.occasion.start)))
            .chain(forced.iter().copied())
            .filter(|stream| stream.occasion.start <= to && stream.occasion.end >= from)
            .collect();
        streams.sort_by_key(|stream| stream.occasion.start);
        streams
    }
}

fn planned(schedule: Schedule, channel_key: u64, from: i64, to: i64) -> impl Iterator<Item = Occasion> {
    let period = match schedule {
        Schedule::AroundTheClock => CYCLE_MS,
        Schedule::Daily { .. } | Schedule::Never => DAY_MS,
    };
    (from.div_euclid(period) - 1..=to.div_euclid(period)).filter_map(move |index| {
        let key = pair(channel_key ^ 0x57_4ea3, index as u64);
        let (start, length) = match schedule {
            Schedule::AroundTheClock => {
                let phase = (channel_key % CYCLE_MS as u64) as i64;
                (index * CYCLE_MS + phase, 340 * MINUTE_MS + (key % 10) as i64 * MINUTE_MS)
            }
            Schedule::Daily { hour } if unit(key) < 0.8 => {
                let shift = (key % 40) as i64 * MINUTE_MS;
                let length = 3 * HOUR_MS + (key >> 8 & 0x7f) as i64 * 90 * MINUTE_MS / 128;
                (index * DAY_MS + hour * HOUR_MS + shift, length)
            }
            Schedule::Daily { .. } | Schedule::Never => return None,
        };
        Some(Occasion { key, start, planned_end: start + length, end: start + length })
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    const NOON: i64 = 1_800_000_000_000;

    #[test]
    fn a_daily_channel_streams_most_days() {
        let changes = Changes::default();
        let streams = changes.streams(Schedule::Daily { hour: 18 }, 7, NOON, NOON + 100 * DAY_MS);
        assert!((65..=95).contains(&streams.len()), "{}", streams.len());
        assert!(streams.windows(2).all(|two| two[0].occasion.end < two[1].occasion.start));
    }

    #[test]
    fn an_around_the_clock_channel_is_nearly_always_live() {
        let changes = Changes::default();
        let live = (0..1_000)
            .filter(|n| {
                let at = NOON + n * 7 * MINUTE_MS;
                changes.streams(Schedule::AroundTheClock, 7, at, at).iter().any(|stream| stream.is_live(at))
            })
            .count();
        assert!(live > 900, "{live}");
    }

    #[test]
    fn starting_and_ending_by_hand() {
        let mut changes = Changes::default();
        let stream = changes.start(7, NOON);
        let now = |changes: &Changes, at| changes.streams(Schedule::Never, 7, at, at);
        assert_eq!(now(&changes, NOON + HOUR_MS), [stream]);
        changes.end(&stream, NOON + HOUR_MS);
        assert!(now(&changes, NOON + HOUR_MS + 1).is_empty());
        assert_eq!(now(&changes, NOON)[0].id(), stream.id());
    }

    #[test]
    fn streams_of_the_same_second_have_their_own_ids() {
        let mut changes = Changes::default();
        let forced: HashSet<_> = (0..200).map(|channel| changes.start(channel, NOON).id()).collect();
        assert_eq!(forced.len(), 200);

        let changes = Changes::default();
        let daily =
            |channel| changes.streams(Schedule::Daily { hour: 18 }, channel, NOON, NOON + 10 * DAY_MS);
        let ids: Vec<_> = (0..2_000).flat_map(daily).map(|stream| stream.id()).collect();
        assert!(ids.len() > 10_000, "{}", ids.len());
        assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len());
        assert!(ids.iter().all(|id| id.parse::<i64>().is_ok()), "larger than most clients can read");
    }
}
