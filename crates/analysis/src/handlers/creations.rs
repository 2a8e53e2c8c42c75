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
    answers::{Answered, Needs, Question, State},
    engine::{
        accounts::chunks_of,
        creations::{self, Histogram, Span},
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

const NEEDS: Needs = Needs { history: true, events: false };

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

/// `created_from` and `created_to`.
pub(super) fn span(parameters: &mut Params) -> Result<Span, Problem> {
    let (from, to) = parameters.range("created_from", "created_to")?;
    let seconds = |at: DateTime<Utc>| u32::try_from(at.timestamp()).unwrap_or(u32::MAX);
    Ok(Span { from: from.map_or(0, seconds), to: to.map_or(u32::MAX, seconds) })
}

async fn members(store: &Store, selection: &Selection) -> Result<DenseSet, Failure> {
    let unions = store.fold(&selection.captures, Unions::new(By::Everything)).await?.finish();
    Ok(unions.into_iter().next().map(|union| union.members).unwrap_or_default())
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
    let other = others(&store, &selection).await?;
    let unions = store.fold(&other, Unions::new(By::Broadcast)).await?.finish();
    let mut everybody = members.clone();
    for union in &unions {
        everybody.add_all(&union.members);
    }
    let accounts = store.accounts(&chunks_of(&everybody), state.accounts).await?;
    let baseline = Baseline {
        broadcasts: u32::try_from(unions.len()).unwrap_or(u32::MAX),
        captures: unions.iter().map(|union| union.captures).sum(),
    };
    let (count, histogram, usual) = store
        .heavy(move || {
            let histogram = |members: &DenseSet| creations::histogram(members, &accounts, unit, span);
            let here = histogram(&members);
            let others: Vec<Histogram> = unions.iter().map(|union| histogram(&union.members)).collect();
            let usual = creations::usual(&others, here.enriched);
            (members.len(), here, usual)
        })
        .await?;
    let bars = bars(&histogram, &usual, baseline.broadcasts > 0);
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
        enriched: histogram.enriched,
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
