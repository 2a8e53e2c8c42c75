//! `GET /internal/v1/accounts/{twitch_id}?channel=…&from=&to=`: one viewer in the channels asked about.
//!
//! The caller names the channels whose captures the asker may see; without one, nothing but the account is shown. Of each
//! channel the latest captures are looked at, as many as there is room for; the answer's coverage tells since when. How
//! somebody came is known only where those are all.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json,
    extract::{Path, State as Shared},
    response::{IntoResponse as _, Response},
};
use chrono::TimeDelta;
use common::{
    clients::analysis::{
        Coverage,
        people::{Account, Arrival, BroadcastPresence, FormerName, Person, Presence},
    },
    db::{
        account_names::{self, Profile},
        captures::{load, removed},
        raids,
    },
    ids::{AccountId, ChannelId, TwitchUserId},
    problem::Problem,
};

use futures_util::FutureExt as _;

use crate::{
    App,
    answers::LATER_CAPTURES,
    engine::{
        Capture,
        account::Attended,
        broadcasts,
        newcomers::{RAID_WINDOW, origins},
    },
    error::{Failure, problem},
    params::Params,
    selection::{USUAL_CAPTURES, capture, in_whole_broadcasts},
    store::Store,
    subject::Period,
};

/// How many captures of each channel are looked through: the latest.
const MAX_CAPTURES: u32 = 5_000;

/// How many captures of all channels together, and how many gaps are counted.
const MAX_ALL: u32 = 20_000;

/// How often what some channels leave of their shares is given to the others.
const ROUNDS: u32 = 3;

/// How often captures may change under the work before it gives up.
const ATTEMPTS: u32 = 3;

/// How many raids between two captures are looked at: the latest.
const MAX_RAIDS: u32 = 1_000;

/// How many former names are shown.
const MAX_NAMES: u32 = 100;

/// What is asked about an account.
pub(crate) type AccountAsked = (TwitchUserId, Vec<ChannelId>, Period);

/// The answer is not kept: to look up what it rests on would take as long. Those who ask while it is made share the next one.
pub(crate) async fn get(
    Shared(app): Shared<App>,
    Path(id): Path<String>,
    mut parameters: Params,
) -> Result<Response, Problem> {
    let id: TwitchUserId = id.parse().map_err(|_| Problem::not_found("account"))?;
    let (channels, period) = (parameters.channels()?, parameters.period()?);
    parameters.finish()?;
    let (store, asked) = (app.store.clone(), channels.clone());
    let look = || async move { settled(|| view(&store, id, &asked, period)).await.map(Arc::new) }.boxed();
    let answer = app.accounts.join((id, channels, period), look).await;
    answer.map(|account| Json(&*account).into_response()).map_err(|failure| problem(&failure))
}

/// What `work` finds. It begins again when captures change under it: an account may be taken out of rosters, or old
/// captures removed, at any time.
async fn settled<T, Fut>(work: impl Fn() -> Fut) -> Result<T, Failure>
where
    Fut: Future<Output = Result<T, Failure>>,
{
    for _ in 0..ATTEMPTS {
        match work().await {
            Err(Failure::Changed) => {}
            outcome => return outcome,
        }
    }
    Err(Failure::Unsettled)
}

async fn view(
    store: &Store,
    id: TwitchUserId,
    channels: &[ChannelId],
    period: Period,
) -> Result<Account, Failure> {
    let profile = account_names::profile(store.pool(), id).await?.ok_or(Failure::NotFound("account"))?;
    let names = account_names::of(store.pool(), &[profile.id], MAX_NAMES).await?;
    let names = names.into_iter().map(|former| FormerName {
        login: former.login,
        display_name: former.display_name,
        replaced_at: former.replaced_at,
    });
    let latest = Latest::load(store, channels, period).await?;
    let mut captures: Vec<Capture> = latest.captures.values().flatten().copied().collect();
    broadcasts::number(&mut captures);
    let attended = store.fold(&captures, Attended::new(profile.id.0)).await?.finish();
    let mut channels = presences(&captures, &attended);
    for presence in &mut channels {
        if period == Period::default() && !latest.cut.contains(&presence.channel_id) {
            presence.arrival = arrival(store, &captures, profile.id, presence).await?;
        }
    }
    let coverage = latest.coverage(store, period).await?;
    Ok(Account { names: names.collect(), coverage, channels, ..described(profile) })
}

/// How somebody came to a channel, on which they are as `presence` tells; `captures` hold all of that channel.
async fn arrival(
    store: &Store,
    captures: &[Capture],
    account: AccountId,
    presence: &Presence,
) -> Result<Option<Arrival>, Failure> {
    let Some(first) = presence.first_seen_at else { return Ok(None) };
    let channel = presence.channel_id;
    let captures: Vec<Capture> =
        captures.iter().filter(|capture| capture.channel == channel).copied().collect();
    let Some(place) = captures.iter().position(|capture| capture.at == first) else { return Ok(None) };
    // Nobody was seen to come to the first capture of all; and if some of it had been seen before, earlier ones are gone.
    if place == 0 || captures[0].new < captures[0].chatters {
        return Ok(None);
    }
    let gone = removed::first_day(store.pool(), channel, account).await?;
    if gone.is_some_and(|day| day <= first.date_naive()) {
        return Ok(None);
    }
    let end = first + TimeDelta::microseconds(1);
    // All since the capture before: of two, nobody can tell who came with which.
    let since = captures[place - 1].at.min(first - RAID_WINDOW);
    let raids = raids::on_channels(store.pool(), &[channel], since, end, MAX_RAIDS).await?;
    let times: Vec<_> = raids.iter().map(|raid| (raid.to, raid.raided_at)).collect();
    let (at_hand, place) = at_hand(&captures, place);
    let (origin, raid) = origins(at_hand, &times)[place];
    Ok(Some(Arrival {
        capture_id: at_hand[place].id,
        origin,
        raid_from: raid.map(|raid| raids[raid].from_login.clone()),
        newcomers: at_hand[place].new,
    }))
}

/// The captures of a channel that tell how many newcomers are usual where its broadcast with the capture at `place` is asked
/// about, so that both answers are the same; and the place among those.
fn at_hand(captures: &[Capture], place: usize) -> (&[Capture], usize) {
    let broadcast = captures[place].broadcast;
    let begin = captures.partition_point(|capture| capture.broadcast < broadcast);
    let end = captures.partition_point(|capture| capture.broadcast <= broadcast);
    let earlier = begin.saturating_sub(USUAL_CAPTURES as usize);
    let later = &captures[end..];
    let later = match later.split_at_checked(LATER_CAPTURES as usize) {
        Some((first, _)) => in_whole_broadcasts(first).len(),
        None => later.len(),
    };
    (&captures[earlier..end + later], place - earlier)
}

fn described(profile: Profile) -> Account {
    Account {
        person: Person {
            twitch_id: profile.twitch_id,
            login: profile.login,
            display_name: profile.display_name,
            created_at: profile.created_at,
        },
        gone: profile.gone,
        default_picture: profile.default_picture,
        has_description: profile.has_description,
        broadcaster_type: profile.broadcaster_type,
        names: Vec::new(),
        coverage: Coverage::default(),
        channels: Vec::new(),
    }
}

/// The captures that are looked at: of each channel the latest.
#[derive(Debug)]
struct Latest {
    /// In the order of time.
    captures: BTreeMap<ChannelId, Vec<Capture>>,
    /// Which channels have earlier ones.
    cut: Vec<ChannelId>,
}

impl Latest {
    /// The captures within `period`. The channels share [`MAX_ALL`], and what one leaves of its share the others get.
    ///
    /// # Errors
    /// When MariaDB fails.
    async fn load(store: &Store, channels: &[ChannelId], period: Period) -> Result<Self, Failure> {
        let (from, to) = period.bounds();
        let mut captures: BTreeMap<ChannelId, Vec<Capture>> = BTreeMap::new();
        let (mut cut, mut room) = (channels.to_vec(), MAX_ALL);
        for _ in 0..ROUNDS {
            let asked = std::mem::take(&mut cut);
            let share = (room / count(asked.len()).max(1)).min(MAX_CAPTURES);
            for channel in &asked {
                // One more than there is room for tells whether there are earlier ones.
                let rows = load::of_channel(store.pool(), *channel, from, to, share + 1).await?;
                let earlier = rows.len().saturating_sub(share as usize);
                let latest = rows[earlier..].iter().filter_map(|row| capture(row, true)).collect();
                captures.insert(*channel, latest);
                if earlier > 0 {
                    cut.push(*channel);
                } else {
                    room -= count(rows.len());
                }
            }
            if share == MAX_CAPTURES || cut.len() == asked.len() {
                break;
            }
        }
        Ok(Self { captures, cut })
    }

    /// What the answer rests on; its gaps are those of the same time, counted up to [`MAX_ALL`].
    ///
    /// # Errors
    /// When MariaDB fails.
    async fn coverage(&self, store: &Store, period: Period) -> Result<Coverage, Failure> {
        let (from, to) = period.bounds();
        let mut gaps = 0;
        for (channel, captures) in &self.captures {
            let first = captures.first().filter(|_| self.cut.contains(channel));
            let since = first.map_or(from, |first| first.at);
            let rows = load::gaps_of_channel(store.pool(), *channel, since, to, MAX_ALL - gaps).await?;
            gaps += count(rows.len());
        }
        let times = || self.captures.values().flatten().map(|capture| capture.at);
        Ok(Coverage {
            captures: count(times().count()),
            gaps,
            first_captured_at: times().min(),
            last_captured_at: times().max(),
        })
    }
}

fn count(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn presences(captures: &[Capture], attended: &[bool]) -> Vec<Presence> {
    let rows: Vec<(&Capture, bool)> = captures.iter().zip(attended.iter().copied()).collect();
    let seen = |rows: &[(&Capture, bool)]| count(rows.iter().filter(|(_, attended)| *attended).count());
    let presence = |rows: &[(&Capture, bool)]| {
        let times = || rows.iter().filter(|(_, attended)| *attended).map(|(capture, _)| capture.at);
        let broadcast = |rows: &[(&Capture, bool)]| {
            let (first, last) = (rows.first()?.0, rows.last()?.0);
            Some(BroadcastPresence {
                stream_id: first.stream,
                first_captured_at: first.at,
                last_captured_at: last.at,
                captures: count(rows.len()),
                attended: seen(rows),
            })
        };
        Some(Presence {
            channel_id: rows.first()?.0.channel,
            captures: count(rows.len()),
            attended: seen(rows),
            first_seen_at: times().min(),
            last_seen_at: times().max(),
            arrival: None,
            broadcasts: rows
                .chunk_by(|left, right| left.0.broadcast == right.0.broadcast)
                .filter_map(broadcast)
                .collect(),
        })
    };
    rows.chunk_by(|left, right| left.0.channel == right.0.channel).filter_map(presence).collect()
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use chrono::DateTime;
    use common::ids::CaptureId;

    use super::*;

    /// Broadcasts of so many captures, a minute apart.
    fn broadcasts(sizes: &[u32]) -> Vec<Capture> {
        let numbers = (0..).zip(sizes).flat_map(|(broadcast, size)| (0..*size).map(move |_| broadcast));
        let capture = |(minute, broadcast): (u32, u32)| Capture {
            id: CaptureId(minute.into()),
            channel: ChannelId(7),
            at: DateTime::UNIX_EPOCH + TimeDelta::minutes(minute.into()),
            stream: None,
            broadcast,
            chatters: 0,
            new: 0,
            uncertain: 0,
            viewers: None,
            own: true,
        };
        (0..).zip(numbers).map(capture).collect()
    }

    #[test]
    fn what_is_usual_is_told_by_the_captures_around_the_broadcast() {
        for (sizes, first, last) in [
            (&[10, 5, 20][..], 0, 34),
            (&[600, 5, 20], 100, 624),
            (&[600, 5, 1_999, 2], 100, 2_603),
            (&[600, 5, 1_999, 1], 100, 2_603),
            (&[600, 5, 2_001], 100, 2_604),
        ] {
            let captures = broadcasts(sizes);
            let place = sizes[0] as usize + 3;
            let (around, there) = at_hand(&captures, place);
            assert_eq!(around[there].id, captures[place].id, "{sizes:?}");
            assert_eq!((around[0].id.0, around[around.len() - 1].id.0), (first, last), "{sizes:?}");
        }
    }

    #[tokio::test]
    async fn work_begins_again_when_captures_change_but_not_for_ever() {
        for (changes, attempts, settles) in [(0, 1, true), (1, 2, true), (2, 3, true), (3, 3, false)] {
            let begun = Cell::new(0);
            let work = || async {
                begun.set(begun.get() + 1);
                if begun.get() > changes { Ok(()) } else { Err(Failure::Changed) }
            };
            let outcome = settled(work).await;
            assert_eq!((begun.get(), outcome.is_ok()), (attempts, settles));
            assert!(settles || matches!(outcome, Err(Failure::Unsettled)));
        }
        let other = settled(|| async { Err::<(), _>(Failure::NotFound("account")) }).await;
        assert!(matches!(other, Err(Failure::NotFound("account"))));
    }
}
