//! The state of what an answer rests on.

use std::{
    collections::{BTreeMap, HashMap},
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::Arc,
};

use chrono::{DateTime, TimeDelta, Utc};
use common::{
    db::{
        Pool,
        account_changes::{self, Mark},
        captures::load::{self, ChannelState, Glance, HistoryMark, Settled},
        raids::{self, Raid},
        streams::{self, Stream},
    },
    ids::{ChannelId, SessionUuid},
    lru::{Admit, Lru},
};

use crate::{
    engine::raids::BEFORE_WINDOW,
    error::Failure,
    subject::{Period, Subject},
};

/// Changes when the same question about the same data gets another answer: old answers are not to be found then.
const REVISION: u32 = 6;

/// How many captures one question is about at most.
pub(crate) const MAX_CAPTURES: u32 = 100_000;

/// How many captures after a question's last ones tell who came again.
pub(crate) const LATER_CAPTURES: u32 = 2_000;

/// How many raids are followed at most: the latest.
pub(crate) const MAX_RAIDS: usize = 1_000;

/// How many streams and raids are looked at.
const MAX_EVENTS: u32 = 10_000;

/// How long before the first capture, and after the last one, a raid still matters: the next capture may be on its way.
const RAID_AROUND: TimeDelta = TimeDelta::hours(1);

/// For what is known of sessions, and what a channel takes of it, about.
const KNOWN_BYTES: usize = 4 << 20;
const CHANNEL_BYTES: usize = 256;

/// What else was seen on the channels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) enum History {
    #[default]
    Nothing,
    /// Until the last capture that the question is about.
    Before,
    /// Afterwards, too, as far as [`LATER_CAPTURES`] go.
    Ever,
}

/// What else than captures an answer rests on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Needs {
    /// Not even what accounts are called or when they were created, which changes all the time.
    pub(crate) no_accounts: bool,
    pub(crate) history: History,
    /// Streams and raids.
    pub(crate) events: bool,
    /// Where raids came from.
    pub(crate) sources: bool,
}

/// What a question is about, and what its answer rests on.
pub(crate) type Asked = (Subject, Period, Needs);

/// Captures and what belongs to them, as they were at one moment.
#[derive(Clone, Debug)]
pub(crate) struct State {
    pub(crate) subject: Subject,
    needs: Needs,
    /// Whose captures they are, also when there are none yet; none of a session.
    pub(crate) channel: Option<ChannelId>,
    /// How the session looked.
    session: Option<Glance>,
    /// The channels that the question is about; of a session in the order of their logins.
    pub(crate) channels: Vec<ChannelState>,
    /// The captures, where they are not a session's.
    rows: Option<Arc<[Settled]>>,
    /// The newest changes of accounts.
    pub(crate) accounts: Mark,
    histories: Vec<(ChannelId, HistoryMark)>,
    sources: Vec<HistoryMark>,
    pub(crate) raids: Arc<[Raid]>,
    pub(crate) streams: Arc<[Stream]>,
}

/// The state of a session's channels, and how it looked then.
type Seen = (Glance, Arc<[ChannelState]>);

/// Sessions as they were read last. One is not read again as long as a glance at it tells that it is the same.
#[derive(Clone, Debug)]
pub(crate) struct Known(Arc<Lru<SessionUuid, Seen>>);

impl Default for Known {
    fn default() -> Self {
        Self(Arc::new(Lru::new("sessions", KNOWN_BYTES)))
    }
}

impl Known {
    async fn load(
        &self,
        pool: &Pool,
        uuid: SessionUuid,
    ) -> Result<Option<(Glance, Vec<ChannelState>)>, Failure> {
        let known = self.0.get([uuid].into_iter()).pop().flatten();
        let names = async {
            match &known {
                Some((_, states)) => load::names_are_current(pool, states).await,
                None => Ok(false),
            }
        };
        let (glance, current) = tokio::try_join!(load::glance(pool, uuid), names)?;
        let Some(glance) = glance else { return Ok(None) };
        if let Some((before, states)) = known
            && current
            && before == glance
        {
            return Ok(Some((glance, states.to_vec())));
        }
        let states = load::state(pool, glance.session).await?;
        // Only what did not change meanwhile belongs to the glance.
        if load::glance(pool, uuid).await? == Some(glance) {
            let bytes = states.len() * CHANNEL_BYTES;
            self.0.put(uuid, (glance, states.clone().into()), bytes, Admit::Always);
        }
        Ok(Some((glance, states)))
    }
}

/// The refusal of a question about more than [`MAX_CAPTURES`].
pub(crate) fn too_many() -> Failure {
    Failure::refused(
        "too_many_captures",
        format!("There are more than {MAX_CAPTURES} captures in that time; ask about a shorter one."),
    )
}

/// Reads the state; none when there is no such subject.
pub(crate) async fn load(
    pool: &Pool,
    known: &Known,
    (subject, period, needs): Asked,
) -> Result<Option<Arc<State>>, Failure> {
    let accounts = async { Ok(account_changes::mark(pool).await?) };
    let mut state = if let Subject::Session(uuid) = subject {
        let (accounts, session) = tokio::try_join!(accounts, known.load(pool, uuid))?;
        let Some((glance, states)) = session else { return Ok(None) };
        State::new((subject, None, needs), accounts, Some(glance), states, None)
    } else {
        let (accounts, rows) = tokio::try_join!(accounts, rows(pool, subject, period))?;
        let Some((rows, channel)) = rows else { return Ok(None) };
        State::new((subject, Some(channel), needs), accounts, None, channels_of(&rows), Some(rows.into()))
    };
    state.load_events(pool, period).await?;
    Ok(Some(Arc::new(state)))
}

/// The settled captures, and whose they are; none when there is no such subject.
async fn rows(
    pool: &Pool,
    subject: Subject,
    period: Period,
) -> Result<Option<(Vec<Settled>, ChannelId)>, Failure> {
    let limit = MAX_CAPTURES + 1;
    let one = match subject {
        Subject::Stream(id) => {
            let rows = load::of_stream(pool, id, limit).await?;
            // One that has just begun is there, and empty.
            let channel = match rows.first() {
                Some(row) => Some(row.channel),
                None => streams::channel_of(pool, id).await?,
            };
            return Ok(channel.map(|channel| (rows, channel)));
        }
        Subject::Capture(id) => load::one(pool, id).await?,
        Subject::Channel(id) => {
            let (from, to) = period.bounds();
            let mut rows = load::of_channel(pool, id, from, to, limit).await?;
            rows.extend(load::gaps_of_channel(pool, id, from, to, limit).await?);
            rows.sort_by_key(|row| (row.captured_at.unwrap_or(row.slot), row.id));
            let known = !rows.is_empty() || load::is_channel(pool, id).await?;
            return Ok(known.then_some((rows, id)));
        }
        Subject::Session(_) => None,
    };
    Ok(one.map(|row| (vec![row], row.channel)))
}

fn channels_of(rows: &[Settled]) -> Vec<ChannelState> {
    let channel = |rows: &[Settled]| {
        let mut hasher = DefaultHasher::new();
        for row in rows {
            (row.id, row.captured_at, row.stream, row.chatters, row.viewers).hash(&mut hasher);
        }
        let times = || rows.iter().filter_map(|row| row.captured_at);
        let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        Some(ChannelState {
            channel: rows.first()?.channel,
            login: String::new(),
            display_name: String::new(),
            complete: count(times().count()),
            gaps: count(rows.len() - times().count()),
            first_captured_at: times().min(),
            last_captured_at: times().max(),
            checksum: hasher.finish(),
        })
    };
    rows.chunk_by(|left, right| left.channel == right.channel).filter_map(channel).collect()
}

impl State {
    fn new(
        (subject, channel, needs): (Subject, Option<ChannelId>, Needs),
        accounts: Mark,
        session: Option<Glance>,
        channels: Vec<ChannelState>,
        rows: Option<Arc<[Settled]>>,
    ) -> Self {
        let (raids, streams) = (Arc::default(), Arc::default());
        let (histories, sources) = (Vec::new(), Vec::new());
        Self {
            subject,
            needs,
            channel,
            session,
            channels,
            rows,
            accounts,
            histories,
            sources,
            raids,
            streams,
        }
    }

    async fn load_events(&mut self, pool: &Pool, period: Period) -> Result<(), Failure> {
        let needs = self.needs;
        let first = self.channels.iter().filter_map(|state| state.first_captured_at).min();
        let last = self.channels.iter().filter_map(|state| state.last_captured_at).max();
        let (Some(first), Some(last)) = (first, last) else { return Ok(()) };
        if needs.history != History::Nothing {
            let (ever, far) = Period::default().bounds();
            for state in &self.channels {
                let Some(last) = state.last_captured_at else { continue };
                let until = if needs.history == History::Ever && self.looks_beyond() {
                    // What comes later still makes no other answer.
                    load::nth_after(pool, state.channel, last, LATER_CAPTURES).await?.unwrap_or(far)
                } else {
                    last
                };
                let mark = load::history(pool, state.channel, ever, until).await?;
                self.histories.push((state.channel, mark));
            }
        }
        if needs.events {
            let (channels, after) = (self.channel_ids(), last + TimeDelta::microseconds(1));
            self.streams = streams::during(pool, &channels, first, after, MAX_EVENTS).await?.into();
            let to = self.raids_until(after);
            self.raids =
                raids::on_channels(pool, &channels, first - RAID_AROUND, to, MAX_EVENTS).await?.into();
        }
        if needs.sources && !self.raids.is_empty() {
            let sources = self.sources(period);
            let channels: Vec<ChannelId> = sources.keys().copied().collect();
            // Most raids come from channels that nobody captures, of which one statement tells.
            for channel in load::captured(pool, &channels).await? {
                let (first, last) = sources[&channel];
                self.sources.push(load::history(pool, channel, first - BEFORE_WINDOW, last).await?);
            }
        }
        Ok(())
    }

    /// When each channel sent its first and its last raid that may be followed: of each channel that was raided, the latest
    /// ones, since a question may be about any of them.
    fn sources(&self, period: Period) -> BTreeMap<ChannelId, (DateTime<Utc>, DateTime<Utc>)> {
        let mut raids: HashMap<ChannelId, usize> = HashMap::new();
        let mut sources: BTreeMap<ChannelId, (DateTime<Utc>, DateTime<Utc>)> = BTreeMap::new();
        for raid in self.raids.iter().rev().filter(|raid| period.holds(raid.raided_at)) {
            let raids = raids.entry(raid.to).or_default();
            *raids += 1;
            if *raids <= MAX_RAIDS {
                let (first, _) = sources.entry(raid.from).or_insert((raid.raided_at, raid.raided_at));
                *first = raid.raided_at;
            }
        }
        sources
    }

    /// Whether what was seen after the captures counts. Of a session it does not: whoever has it need not be the channels'
    /// moderator any more.
    pub(crate) fn looks_beyond(&self) -> bool {
        !matches!(self.subject, Subject::Session(_))
    }

    /// Until when captures of a channel tell who came again.
    pub(crate) fn until(&self, channel: ChannelId) -> DateTime<Utc> {
        let last =
            self.channels.iter().find(|state| state.channel == channel).and_then(|one| one.last_captured_at);
        match last {
            Some(last) if !self.looks_beyond() => last + TimeDelta::microseconds(1),
            _ => Period::default().bounds().1,
        }
    }

    /// Until when raids belong to captures that end at `after`.
    fn raids_until(&self, after: DateTime<Utc>) -> DateTime<Utc> {
        let ended = match self.subject {
            Subject::Session(_) => Some(after),
            Subject::Stream(id) => {
                self.streams.iter().find(|stream| stream.id == id).and_then(|one| one.ended_at)
            }
            Subject::Capture(_) | Subject::Channel(_) => None,
        };
        let latest = after + RAID_AROUND;
        ended.map_or(latest, |ended| ended.clamp(after, latest))
    }

    /// The state of `channels` only; of all when none is named.
    ///
    /// # Errors
    /// When there is no capture of one of them, but for the one that the question is about.
    pub(crate) fn of_channels(&self, channels: &[ChannelId]) -> Result<Self, Failure> {
        let mut state = self.clone();
        if channels.is_empty() {
            return Ok(state);
        }
        // Whatever there is of it: nothing, perhaps.
        let is_absent = |id: &&ChannelId| {
            self.channel != Some(**id) && self.channels.iter().all(|state| state.channel != **id)
        };
        if let Some(absent) = channels.iter().find(is_absent) {
            return Err(Failure::refused_not_found(
                "channel_not_in_session",
                format!("The session has no capture of channel {absent}."),
            ));
        }
        state.channels.retain(|state| channels.contains(&state.channel));
        state.histories.retain(|(channel, _)| channels.contains(channel));
        state.raids = self.raids.iter().filter(|raid| channels.contains(&raid.to)).cloned().collect();
        state.streams =
            self.streams.iter().filter(|stream| channels.contains(&stream.channel)).cloned().collect();
        Ok(state)
    }

    /// The state as a part of an answer's key: equal states, equal versions.
    pub(crate) fn version(&self) -> String {
        let events = self.events_version();
        if self.needs.no_accounts {
            return events;
        }
        format!("{events}:{:x}.{:x}", self.accounts.newest, self.accounts.recent)
    }

    /// The state of captures, streams and raids: what results that know no accounts rest on.
    pub(crate) fn events_version(&self) -> String {
        let mut hasher = DefaultHasher::new();
        (REVISION, &self.histories, &self.sources).hash(&mut hasher);
        self.hash_captures(&mut hasher);
        for raid in &*self.raids {
            raid.id.hash(&mut hasher);
        }
        for stream in &*self.streams {
            (stream.id, stream.started_at, stream.ended_at, &stream.title).hash(&mut hasher);
        }
        format!("{:016x}", hasher.finish())
    }

    /// The state of the captures alone.
    pub(crate) fn captures_version(&self) -> String {
        let mut hasher = DefaultHasher::new();
        (REVISION, &self.histories).hash(&mut hasher);
        self.hash_captures(&mut hasher);
        format!("{:016x}", hasher.finish())
    }

    fn hash_captures(&self, hasher: &mut DefaultHasher) {
        for state in &self.channels {
            (state.channel, state.complete, state.gaps, state.checksum).hash(hasher);
            (state.first_captured_at, state.last_captured_at).hash(hasher);
        }
    }

    /// How many captures it keeps in memory.
    pub(crate) fn rows_held(&self) -> usize {
        self.rows.as_ref().map_or(0, |rows| rows.len())
    }

    pub(crate) fn channel_ids(&self) -> Vec<ChannelId> {
        self.channels.iter().map(|state| state.channel).collect()
    }

    /// The settled captures within `period`, in the order of channel and time.
    ///
    /// # Errors
    /// When MariaDB fails, or there are too many.
    pub(crate) async fn settled(&self, pool: &Pool, period: Period) -> Result<Vec<Settled>, Failure> {
        let mut rows = match (&self.rows, self.session) {
            (Some(rows), _) => rows.to_vec(),
            (None, Some(glance)) => {
                let (channels, bounds) = (self.channel_ids(), period.bounds());
                load::of_session(pool, glance.session, &channels, bounds, MAX_CAPTURES + 1).await?
            }
            (None, None) => Vec::new(),
        };
        if rows.len() > MAX_CAPTURES as usize {
            return Err(too_many());
        }
        match (self.subject, self.session) {
            // Only some were read, which cannot be counted.
            (Subject::Session(uuid), before) if period != Period::default() => {
                if load::glance(pool, uuid).await? != before {
                    return Err(Failure::Changed);
                }
            }
            _ => self.check(&rows)?,
        }
        let at = |row: &Settled| -> chrono::DateTime<Utc> { row.captured_at.unwrap_or(row.slot) };
        rows.retain(|row| period.holds(at(row)));
        Ok(rows)
    }

    /// Whether the captures are those that the state is about: otherwise the answer would be kept under the name of
    /// another state.
    fn check(&self, rows: &[Settled]) -> Result<(), Failure> {
        let mut counts: HashMap<ChannelId, (u32, u32)> = HashMap::new();
        for row in rows {
            let (complete, gaps) = counts.entry(row.channel).or_default();
            *(if row.captured_at.is_some() { complete } else { gaps }) += 1;
        }
        let unchanged = |state: &ChannelState| {
            counts.get(&state.channel).copied().unwrap_or_default() == (state.complete, state.gaps)
        };
        if self.channels.iter().all(unchanged) { Ok(()) } else { Err(Failure::Changed) }
    }
}
