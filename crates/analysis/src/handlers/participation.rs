//! `GET …/participation?list=regulars|missing&absent=`: how often and how long people are there.

use std::{cmp::Reverse, sync::Arc};

use axum::extract::State as Shared;
use common::{
    clients::analysis::people::{Bucket, Participant, Participation},
    ids::AccountId,
    problem::Problem,
};

use super::people::people;
use crate::{
    App,
    answers::{Answered, Needs, Question, State},
    engine::{
        page,
        participation::{self, Attendance, Attendances},
    },
    error::Failure,
    params::{Cursor, Page, Params},
    selection::Selection,
    store::Store,
    subject::{Period, Subject},
};

/// Where the buckets of captures attended begin.
const CAPTURES: &[u32] = &[1, 2, 3, 4, 5, 6, 11, 21, 51, 101, 201, 501, 1_001, 2_001, 5_001, 10_001];
/// And those of minutes.
const MINUTES: &[u32] = &[0, 1, 5, 15, 30, 60, 120, 300, 600, 1_200, 3_000, 6_000];

/// For how many broadcasts a regular has to be absent to be missing, when nobody says.
const ABSENT: u32 = 3;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum List {
    Regulars,
    /// Absent for at least so many broadcasts.
    Missing(u32),
}

pub(crate) async fn get(
    Shared(app): Shared<App>,
    subject: Subject,
    mut parameters: Params,
) -> Result<Answered, Problem> {
    let (channels, period, page) = (parameters.channels()?, parameters.period()?, parameters.page::<4>()?);
    let absent = parameters.number("absent", ABSENT, 1..=1_000)?;
    let list =
        parameters.choice("list", &[("regulars", List::Regulars), ("missing", List::Missing(absent))])?;
    parameters.finish()?;
    let canonical = format!("{list:?};{}", page.canonical());
    let needs = Needs::default();
    let question =
        Question { name: "participation", subject, channels, period, needs, parameters: canonical };
    app.answers.of(&question, |store, state| attend(store, state, period, list, page.clone())).await
}

struct Counted {
    attendances: Vec<Attendance>,
    accounts: u32,
    captures: Vec<Bucket>,
    minutes: Vec<Bucket>,
}

impl Counted {
    fn of(attendances: Vec<Attendance>) -> Self {
        let totals = participation::totals(&attendances);
        Self {
            accounts: u32::try_from(totals.len()).unwrap_or(u32::MAX),
            captures: participation::distribution(totals.iter().map(|(captures, _)| *captures), CAPTURES),
            minutes: participation::distribution(totals.iter().map(|(_, seconds)| seconds / 60), MINUTES),
            attendances,
        }
    }

    fn bytes(&self) -> usize {
        std::mem::size_of_val(&*self.attendances)
    }
}

/// The most regular first: broadcasts, captures, then channel and account.
type Key = (Reverse<u32>, Reverse<u32>, u64, u32);

fn key(attendance: &Attendance) -> Key {
    let Attendance { broadcasts, captures, channel, account, .. } = *attendance;
    (Reverse(broadcasts), Reverse(captures), channel.0, account)
}

async fn attend(
    store: Store,
    state: Arc<State>,
    period: Period,
    list: List,
    page: Page,
) -> Result<Participation, Failure> {
    let selection = Selection::load(&store, &state, period).await?;
    let compute = async {
        let weights = participation::weights(&selection.captures).into();
        let attendances = store.fold(&selection.captures, Attendances::new(weights)).await?.finish();
        store.heavy(move || Counted::of(attendances)).await
    };
    let kept = format!("participation:{}:{}:{period}", state.subject, state.captures_version());
    let counted = store.kept(kept, Counted::bytes, compute).await?;
    let (shown, more) = store
        .heavy({
            let (counted, after, limit) = (Arc::clone(&counted), after(&page), page.limit);
            move || {
                let listed = counted.attendances.iter().copied().filter(|attendance| match list {
                    List::Regulars => true,
                    List::Missing(absent) => attendance.absent >= absent && attendance.is_regular(),
                });
                page::page(listed, key, after, limit)
            }
        })
        .await?;
    let next_cursor = shown.last().filter(|_| more).map(|last| cursor(last).to_string());
    Ok(Participation {
        coverage: selection.coverage(),
        accounts: counted.accounts,
        captures_attended: counted.captures.clone(),
        minutes: counted.minutes.clone(),
        people: named(&store, &state, &shown).await?,
        next_cursor,
    })
}

fn cursor(last: &Attendance) -> Cursor {
    let (Reverse(broadcasts), Reverse(captures), channel, account) = key(last);
    Cursor(vec![broadcasts.into(), captures.into(), channel, account.into()])
}

fn after(page: &Page) -> Option<Key> {
    let [broadcasts, captures, channel, account] = page.key::<4>()?;
    let small = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
    Some((Reverse(small(broadcasts)), Reverse(small(captures)), channel, small(account)))
}

async fn named(store: &Store, state: &State, shown: &[Attendance]) -> Result<Vec<Participant>, Failure> {
    let ids: Vec<AccountId> = shown.iter().map(|attendance| AccountId(attendance.account)).collect();
    let names = people(store, &ids, state.accounts).await?;
    let rows = shown.iter().filter_map(|attendance| {
        Some(Participant {
            person: names.get(&AccountId(attendance.account))?.clone(),
            channel_id: attendance.channel,
            captures: attendance.captures,
            minutes: attendance.seconds / 60,
            broadcasts: attendance.broadcasts,
            broadcasts_since_first: attendance.since_first,
            streak: attendance.streak,
            absent_for: attendance.absent,
        })
    });
    Ok(rows.collect())
}
