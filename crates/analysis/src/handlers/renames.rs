//! `GET …/renames?min=`: who changed their name often, and what they were called.

use std::{collections::HashMap, sync::Arc};

use axum::extract::State as Shared;
use common::{
    clients::analysis::people::{FormerName, Renamed, Renames},
    db::account_names,
    ids::AccountId,
    problem::Problem,
};
use roaring::RoaringBitmap;

use super::people::people;
use crate::{
    App,
    answers::{Answered, Needs, Question, State},
    engine::overlap::{By, Unions},
    error::Failure,
    params::{Cursor, Page, Params},
    selection::Selection,
    store::{Store, rosters},
    subject::{Period, Subject},
};

/// How many renames are often, when nobody says.
const OFTEN: u32 = 3;

/// How many former names are shown of each account: the latest.
const NAMES_EACH: u32 = 50;

pub(crate) async fn get(
    Shared(app): Shared<App>,
    subject: Subject,
    mut parameters: Params,
) -> Result<Answered, Problem> {
    let (channels, period, page) = (parameters.channels()?, parameters.period()?, parameters.page::<1>()?);
    let min = parameters.number("min", OFTEN, 1..=1_000)?;
    parameters.finish()?;
    let (parameters, needs) = (format!("{min};{}", page.canonical()), Needs::default());
    let question = Question { name: "renames", subject, channels, period, needs, parameters };
    app.answers.of(&question, |store, state| list(store, state, period, min, page.clone())).await
}

async fn list(
    store: Store,
    state: Arc<State>,
    period: Period,
    min: u32,
    page: Page,
) -> Result<Renames, Failure> {
    let selection = Selection::load(&store, &state, period).await?;
    let compute = async {
        // One pass over all that are known serves every question until an account changes.
        let everywhere = format!("renamed:{min}:{:?}", state.accounts);
        let find = async { Ok(account_names::renamed(store.pool(), min).await?) };
        let renamed =
            store.kept(everywhere, |ids: &Vec<AccountId>| std::mem::size_of_val(&**ids), find).await?;
        let unions = store.fold(&selection.captures, Unions::new(By::Everything)).await?.finish();
        store
            .heavy(move || {
                let members = unions.into_iter().next().map(|union| union.members).unwrap_or_default();
                renamed.iter().map(|id| id.0).filter(|id| members.contains(*id)).collect::<RoaringBitmap>()
            })
            .await
    };
    let key = format!("renames:{}:{}:{period}:{min}", state.subject, state.version());
    let renamed = store.kept(key, rosters::size, compute).await?;
    let after = page.key::<1>().map(|[id]| u32::try_from(id).unwrap_or(u32::MAX));
    let start = after.map_or(Some(0), |after| after.checked_add(1));
    let mut rest = renamed.range(start.unwrap_or(u32::MAX)..);
    let shown: Vec<AccountId> = rest.by_ref().take(page.limit).map(AccountId).collect();
    let more = rest.next().is_some();
    Ok(Renames {
        coverage: selection.coverage(),
        accounts: u32::try_from(renamed.len()).unwrap_or(u32::MAX),
        people: named(&store, &state, &shown).await?,
        next_cursor: shown.last().filter(|_| more).map(|last| Cursor(vec![last.0.into()]).to_string()),
    })
}

async fn named(store: &Store, state: &State, shown: &[AccountId]) -> Result<Vec<Renamed>, Failure> {
    let mut people = people(store, shown, state.accounts).await?;
    let mut names: HashMap<AccountId, Vec<FormerName>> = HashMap::new();
    for former in account_names::of(store.pool(), shown, NAMES_EACH).await? {
        names.entry(former.account).or_default().push(FormerName {
            login: former.login,
            display_name: former.display_name,
            replaced_at: former.replaced_at,
        });
    }
    let rows = shown.iter().filter_map(|id| {
        Some(Renamed { person: people.remove(id)?, names: names.remove(id).unwrap_or_default() })
    });
    Ok(rows.collect())
}
