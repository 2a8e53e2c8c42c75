//! `GET /internal/v1/compare?a=capture:…&b=stream:…&list=`: who came, who left, who stayed.

use std::sync::Arc;

use axum::extract::State as Shared;
use common::{
    clients::analysis::{
        Coverage,
        rooms::{Comparison, Side},
    },
    ids::AccountId,
    problem::Problem,
};
use roaring::RoaringBitmap;

use super::people::people;
use crate::{
    App,
    answers::{Answered, Needs, State},
    engine::{
        compare::{self, List},
        overlap::{By, Unions, jaccard},
    },
    error::Failure,
    params::{Cursor, Page, Params},
    selection::Selection,
    store::{Store, rosters},
    subject::{Period, Subject},
};

const LISTS: &[(&str, List)] = &[("arrived", List::Arrived), ("left", List::Left), ("stayed", List::Stayed)];

pub(crate) async fn get(Shared(app): Shared<App>, mut parameters: Params) -> Result<Answered, Problem> {
    let a = side(&mut parameters, "a")?;
    let b = side(&mut parameters, "b")?;
    let list = parameters.choice("list", LISTS)?;
    let page = parameters.page::<1>()?;
    parameters.finish()?;
    let asked = [a, b].map(|subject| (subject, Period::default(), Needs::default()));
    let canonical = format!("{list:?};{}", page.canonical());
    app.answers
        .of_two("compare", asked, &canonical, |store, states| compare(store, states, list, page.clone()))
        .await
}

fn side(parameters: &mut Params, name: &str) -> Result<Subject, Problem> {
    let text = parameters.one(name)?.ok_or_else(|| {
        Problem::bad_request(
            "parameter_missing",
            format!("`{name}` says what to compare: session:…, stream:…, capture:… or channel:…."),
        )
    })?;
    Subject::of_parameter(&text)
}

async fn compare(
    store: Store,
    [state_a, state_b]: [Arc<State>; 2],
    list: List,
    page: Page,
) -> Result<Comparison, Failure> {
    let (coverage_a, a) = everybody(&store, &state_a).await?;
    let (coverage_b, b) = everybody(&store, &state_b).await?;
    let after = page.key::<1>().map(|[id]| AccountId(u32::try_from(id).unwrap_or(u32::MAX)));
    let limit = page.limit;
    let (sizes, (shown, more), counts) = store
        .heavy(move || {
            let count = |roster: &RoaringBitmap| u32::try_from(roster.len()).unwrap_or(u32::MAX);
            let counts = [count(&a), count(&b)];
            (compare::sizes(&a, &b), compare::list(&a, &b, list, after, limit), counts)
        })
        .await?;
    let names = people(&store, &shown, state_b.accounts).await?;
    let side = |state: &State, coverage: Coverage, accounts: u32| Side {
        subject: state.subject.to_string(),
        coverage,
        accounts,
    };
    Ok(Comparison {
        a: side(&state_a, coverage_a, counts[0]),
        b: side(&state_b, coverage_b, counts[1]),
        arrived: sizes.arrived,
        left: sizes.left,
        stayed: sizes.stayed,
        jaccard: jaccard(counts[0], counts[1], sizes.stayed),
        people: shown.iter().filter_map(|id| names.get(id).cloned()).collect(),
        next_cursor: shown.last().filter(|_| more).map(|last| Cursor(vec![last.0.into()]).to_string()),
    })
}

/// Everybody who was in any capture; kept, for the pages that follow.
async fn everybody(store: &Store, state: &State) -> Result<(Coverage, Arc<RoaringBitmap>), Failure> {
    let selection = Selection::load(store, state, Period::default()).await?;
    let compute = async {
        let unions = store.fold(&selection.captures, Unions::new(By::Everything)).await?.finish();
        store.heavy(move || unions.first().map(|union| union.members.to_roster()).unwrap_or_default()).await
    };
    let key = format!("everybody:{}:{}", state.subject, state.captures_version());
    let members = store.kept(key, rosters::size, compute).await?;
    Ok((selection.coverage(), members))
}
