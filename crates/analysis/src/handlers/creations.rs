//! `GET …/creations?unit=`: when the accounts were created, beside what is usual for the channel.

use std::{collections::BTreeMap, sync::Arc};

use axum::extract::State as Shared;
use chrono::{DateTime, Utc};
use common::{
    clients::analysis::rooms::{Baseline, CreationBar, CreationUnit, Creations},
    problem::Problem,
};

use crate::{
    App,
    answers::{Answered, History, Needs, Question, State},
    engine::{
        accounts::chunks_of,
        creations::{self, Histogram, Span, Usual},
        overlap::{By, Unions},
        set::DenseSet,
    },
    error::Failure,
    params::Params,
    selection::{Selection, others},
    store::Store,
    subject::{Period, Subject},
};

const UNITS: &[(&str, CreationUnit)] = &[
    ("month", CreationUnit::Month),
    ("week", CreationUnit::Week),
    ("day", CreationUnit::Day),
    ("hour", CreationUnit::Hour),
];

/// How many bars fit into one answer.
const MAX_BARS: usize = 10_000;

const NEEDS: Needs = Needs { no_accounts: false, history: History::Before, events: false, sources: false };

pub(crate) async fn get(
    Shared(app): Shared<App>,
    subject: Subject,
    mut parameters: Params,
) -> Result<Answered, Problem> {
    let (channels, period, span) = (parameters.channels()?, parameters.period()?, span(&mut parameters)?);
    let unit = parameters.choice("unit", UNITS)?;
    parameters.finish()?;
    let parameters = format!("{unit:?};{span:?}");
    let question = Question { name: "creations", subject, channels, period, needs: NEEDS, parameters };
    app.answers.of(&question, |store, state| draw(store, state, period, unit, span)).await
}

/// `created_from` and `created_to`. Only where neither is given, those whose creation date is not known are meant, too.
pub(super) fn span(parameters: &mut Params) -> Result<Span, Problem> {
    let (from, to) = parameters.range("created_from", "created_to")?;
    let seconds = |at: DateTime<Utc>| u32::try_from(at.timestamp()).unwrap_or(u32::MAX);
    if from.is_none() && to.is_none() {
        return Ok(Span::ALL);
    }
    // Nobody was created in the first second of Unix time, nor will be in the last one that we count.
    let (first, last) = (from.map_or(1, seconds).max(1), to.map_or(u32::MAX, seconds).min(u32::MAX - 1));
    Ok(Span { from: first, to: last })
}

async fn members(store: &Store, selection: &Selection) -> Result<DenseSet, Failure> {
    let unions = store.fold(&selection.captures, Unions::new(By::Everything)).await?.finish();
    Ok(unions.into_iter().next().map(|union| union.members).unwrap_or_default())
}

/// What is usual by the other broadcasts of the channels, and what that rests on.
///
/// Takes a bit for each account that we know and each of one channel's 20 other broadcasts at once, however many
/// channels there are; while their rosters are read, in each of up to four threads: 30 MB for three million accounts,
/// whose columns take 15 MB.
async fn usual(
    store: &Store,
    state: &State,
    selection: &Selection,
    unit: CreationUnit,
    span: Span,
) -> Result<(Usual, Baseline), Failure> {
    let (mut usual, mut baseline) = (Usual::default(), Baseline { broadcasts: 0, captures: 0 });
    let others = others(store, selection).await?;
    for channel in others.chunk_by(|left, right| left.channel == right.channel) {
        let unions = store.fold(channel, Unions::new(By::Broadcast)).await?.finish();
        let mut everybody = DenseSet::default();
        for union in &unions {
            baseline.broadcasts += 1;
            baseline.captures += union.captures;
            everybody.add_all(&union.members);
        }
        let accounts = store.accounts(&chunks_of(&everybody), state.accounts).await?;
        usual = store
            .heavy(move || {
                for union in unions {
                    usual.add(&creations::histogram(&union.members, &accounts, unit, span));
                }
                usual
            })
            .await?;
    }
    Ok((usual, baseline))
}

async fn draw(
    store: Store,
    state: Arc<State>,
    period: Period,
    unit: CreationUnit,
    span: Span,
) -> Result<Creations, Failure> {
    let selection = Selection::load(&store, &state, period).await?;
    let members = members(&store, &selection).await?;
    let accounts = store.accounts(&chunks_of(&members), state.accounts).await?;
    let (count, here) =
        store.heavy(move || (members.len(), creations::histogram(&members, &accounts, unit, span))).await?;
    let (usual, baseline) = usual(&store, &state, &selection, unit, span).await?;
    let bars = bars(&here, &usual.of_room(here.enriched), baseline.broadcasts > 0);
    if bars.len() > MAX_BARS {
        return Err(Failure::refused(
            "too_many_bars",
            format!("That makes more than {MAX_BARS} bars; ask for a longer unit or a shorter time."),
        ));
    }
    Ok(Creations {
        coverage: selection.coverage(),
        unit,
        accounts: count,
        enriched: here.enriched,
        baseline: (baseline.broadcasts > 0).then_some(baseline),
        bars,
    })
}

fn bars(here: &Histogram, usual: &BTreeMap<i64, f64>, has_baseline: bool) -> Vec<CreationBar> {
    let mut starts: Vec<i64> = here.bars.keys().chain(usual.keys()).copied().collect();
    starts.sort_unstable();
    starts.dedup();
    let bar = |start: i64| {
        Some(CreationBar {
            start: DateTime::from_timestamp(start, 0)?,
            accounts: here.bars.get(&start).copied().unwrap_or(0),
            usual: has_baseline.then(|| usual.get(&start).copied().unwrap_or(0.0)),
        })
    };
    starts.into_iter().filter_map(bar).collect()
}
