//! `GET …/newcomers`: who was seen for the first time ever. `GET …/retention`: who of them came again.

use std::sync::Arc;

use axum::extract::State as Shared;
use common::{
    clients::analysis::people::{self as wire, Newcomers, Origin, OriginCohort, Retention},
    ids::{AccountId, ChannelId},
    problem::Problem,
};

use super::people::people;
use crate::{
    App,
    answers::{Answered, History, Needs, Question, State},
    engine::{
        Capture, broadcasts,
        newcomers::{self, Firsts, LATER, Newcomer},
        retention,
    },
    error::Failure,
    params::{Cursor, Page, Params},
    selection::Selection,
    store::Store,
    subject::{Period, Subject},
};

/// How many later broadcasts a cohort is followed for when nobody says.
const HORIZON: u32 = 12;

const NEEDS: Needs = Needs { no_accounts: false, history: History::Ever, events: true, sources: false };

pub(crate) async fn get(
    Shared(app): Shared<App>,
    subject: Subject,
    mut parameters: Params,
) -> Result<Answered, Problem> {
    let (channels, period, page) = (parameters.channels()?, parameters.period()?, parameters.page::<2>()?);
    parameters.finish()?;
    let parameters = page.canonical();
    let question = Question { name: "newcomers", subject, channels, period, needs: NEEDS, parameters };
    app.answers.of(&question, |store, state| list(store, state, period, page.clone())).await
}

pub(crate) async fn get_retention(
    Shared(app): Shared<App>,
    subject: Subject,
    mut parameters: Params,
) -> Result<Answered, Problem> {
    let (channels, period) = (parameters.channels()?, parameters.period()?);
    let horizon = parameters.number("horizon", HORIZON, 1..=LATER - 1)?;
    parameters.finish()?;
    let parameters = horizon.to_string();
    let needs = Needs { no_accounts: true, ..NEEDS };
    let question = Question { name: "retention", subject, channels, period, needs, parameters };
    app.answers.of(&question, |store, state| retain(store, state, period, horizon)).await
}

/// The newcomers of a selection, and how they came.
struct Found {
    captures: Vec<Capture>,
    /// By capture and account.
    newcomers: Vec<Newcomer>,
    /// One for each capture: how its newcomers came, and with which raid.
    origins: Vec<(Origin, Option<u64>)>,
}

impl Found {
    fn bytes(&self) -> usize {
        std::mem::size_of_val(&*self.captures)
            + std::mem::size_of_val(&*self.newcomers)
            + std::mem::size_of_val(&*self.origins)
    }

    fn origin(&self, newcomer: &Newcomer) -> (Origin, Option<u64>) {
        self.origins[newcomer.capture as usize]
    }
}

/// Both questions rest on the same pass.
async fn find(
    store: &Store,
    state: &State,
    selection: &Selection,
    period: Period,
) -> Result<Arc<Found>, Failure> {
    let compute = async {
        let history = selection.with_history(store, Some(state)).await?;
        let known = history.with_earlier(store).await?;
        let newcomers = store.fold(&history.captures, Firsts::new(history.before)).await?.finish();
        let mut raids: Vec<_> = state.raids.iter().map(|raid| ((raid.to, raid.raided_at), raid.id)).collect();
        raids.sort_unstable();
        let times: Vec<_> = raids.iter().map(|(time, _)| *time).collect();
        let captures = history.captures;
        store
            .heavy(move || {
                let (mut known, earlier): (Vec<Capture>, Vec<bool>) = known.into_iter().unzip();
                broadcasts::number(&mut known);
                let origins = newcomers::origins(&known, &times).into_iter().zip(earlier);
                let at_hand = origins.filter(|(_, earlier)| !earlier);
                let named = at_hand.map(|((origin, raid), _)| (origin, raid.map(|place| raids[place].1)));
                Found { origins: named.collect(), captures, newcomers }
            })
            .await
    };
    let key = format!("newcomers:{}:{}:{period}", state.subject, state.events_version());
    store.kept(key, Found::bytes, compute).await
}

async fn list(store: Store, state: Arc<State>, period: Period, page: Page) -> Result<Newcomers, Failure> {
    let selection = Selection::load(&store, &state, period).await?;
    let found = find(&store, &state, &selection, period).await?;
    let after = page.key::<2>();
    let key = |newcomer: &Newcomer| [u64::from(newcomer.capture), u64::from(newcomer.account)];
    let start = after.map_or(0, |after| found.newcomers.partition_point(|newcomer| key(newcomer) <= after));
    let rest = &found.newcomers[start..];
    let shown = &rest[..rest.len().min(page.limit)];
    let next_cursor =
        shown.last().filter(|_| rest.len() > shown.len()).map(|last| Cursor(key(last).to_vec()).to_string());
    let came =
        |origin: Origin| count(found.newcomers.iter().filter(|newcomer| found.origin(newcomer).0 == origin));
    Ok(Newcomers {
        coverage: selection.coverage(),
        newcomers: count(found.newcomers.iter()),
        by_raid: came(Origin::Raid),
        by_wave: came(Origin::Wave),
        came_back: count(found.newcomers.iter().filter(|newcomer| newcomer.back != 0)),
        people: named(&store, &state, &found, shown).await?,
        next_cursor,
    })
}

fn count<T>(items: impl Iterator<Item = T>) -> u32 {
    u32::try_from(items.count()).unwrap_or(u32::MAX)
}

async fn named(
    store: &Store,
    state: &State,
    found: &Found,
    shown: &[Newcomer],
) -> Result<Vec<wire::Newcomer>, Failure> {
    let ids: Vec<AccountId> = shown.iter().map(|newcomer| AccountId(newcomer.account)).collect();
    let names = people(store, &ids, state.accounts).await?;
    let rows = shown.iter().filter_map(|newcomer| {
        let person = names.get(&AccountId(newcomer.account))?.clone();
        let capture = found.captures[newcomer.capture as usize];
        let (origin, raid) = found.origin(newcomer);
        let age = person.created_at.map(|created| (capture.at - created).num_days());
        Some(wire::Newcomer {
            channel_id: capture.channel,
            capture_id: capture.id,
            first_seen_at: capture.at,
            age_days: age.and_then(|days| u32::try_from(days).ok()),
            origin,
            raid_id: raid.map(|raid| raid.to_string()),
            came_back: newcomer.back != 0,
            person,
        })
    });
    Ok(rows.collect())
}

async fn retain(store: Store, state: Arc<State>, period: Period, horizon: u32) -> Result<Retention, Failure> {
    let selection = Selection::load(&store, &state, period).await?;
    let found = find(&store, &state, &selection, period).await?;
    let cohorts = store
        .heavy(move || {
            let origins: Vec<Origin> = found.origins.iter().map(|(origin, _)| *origin).collect();
            retention::cohorts(&found.captures, &found.newcomers, &origins, horizon)
        })
        .await?;
    let cohorts = cohorts.into_iter().map(|cohort| {
        let channel_id: ChannelId = cohort.broadcast.first.channel;
        wire::Cohort {
            channel_id,
            stream_id: cohort.broadcast.first.stream,
            first_captured_at: cohort.broadcast.first.at,
            newcomers: cohort.all.newcomers,
            back: cohort.all.back,
            by_origin: cohort
                .by_origin
                .into_iter()
                .map(|(origin, returns)| OriginCohort {
                    origin,
                    newcomers: returns.newcomers,
                    back: returns.back,
                })
                .collect(),
        }
    });
    Ok(Retention { coverage: selection.coverage(), cohorts: cohorts.collect() })
}
