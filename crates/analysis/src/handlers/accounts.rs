//! `GET …/accounts?created_from=&created_to=`: the accounts of a selection as the rows of a table, also those behind a
//! range of bars.

use std::sync::Arc;

use axum::extract::State as Shared;
use chrono::{DateTime, Utc};
use common::{
    clients::analysis::rooms::{AccountSeen, Accounts as Answer},
    ids::AccountId,
    problem::Problem,
};

use super::{creations::span, people::people};
use crate::{
    App,
    answers::{Answered, Needs, Question, State},
    engine::{
        accounts::chunks_of,
        creations::{Span, created_within},
        overlap::{By, Unions},
        participation::is_regular,
        set::DenseSet,
        sightings::{Order, Sighting, Sightings},
    },
    error::Failure,
    params::{Cursor, Page, Params},
    selection::{Selection, others},
    store::Store,
    subject::{Period, Subject},
};

/// How many rows a page may have: a table of 30,000 is three requests.
const MAX_PAGE: usize = 10_000;

const NEEDS: Needs = Needs { history: true, events: false };

pub(crate) async fn get(
    Shared(app): Shared<App>,
    subject: Subject,
    mut parameters: Params,
) -> Result<Answered, Problem> {
    let (channels, period, span) = (parameters.channels()?, parameters.period()?, span(&mut parameters)?);
    let page = parameters.page_of::<2>(MAX_PAGE)?;
    parameters.finish()?;
    let parameters = format!("{span:?};{}", page.canonical());
    let question = Question { name: "accounts", subject, channels, period, needs: NEEDS, parameters };
    app.answers.of(&question, |store, state| list(store, state, period, span, page.clone())).await
}

/// What every page of the table rests on.
struct Seen {
    times: Vec<DateTime<Utc>>,
    members: DenseSet,
    /// By account.
    sightings: Vec<Sighting>,
    /// Who was in each of the channel's other broadcasts, by time.
    others: Vec<DenseSet>,
}

impl Seen {
    fn bytes(&self) -> usize {
        let sets = std::iter::once(&self.members).chain(&self.others).map(DenseSet::bytes).sum::<usize>();
        std::mem::size_of_val(&*self.times) + std::mem::size_of_val(&*self.sightings) + sets
    }

    fn sighting(&self, account: AccountId) -> Option<&Sighting> {
        let place = self.sightings.binary_search_by_key(&account, |sighting| sighting.account).ok()?;
        self.sightings.get(place)
    }
}

async fn list(
    store: Store,
    state: Arc<State>,
    period: Period,
    span: Span,
    page: Page,
) -> Result<Answer, Failure> {
    let selection = Selection::load(&store, &state, period).await?;
    let compute = async {
        let order = Arc::new(Order::of(&selection.captures));
        let sightings = store.fold(&selection.captures, Sightings::new(order)).await?;
        let others = others(&store, &selection).await?;
        let unions = store.fold(&others, Unions::new(By::Broadcast)).await?.finish();
        Ok(Seen {
            times: selection.captures.iter().map(|capture| capture.at).collect(),
            sightings: sightings.members().iter().filter_map(|id| sightings.of(id)).collect(),
            members: sightings.members().clone(),
            others: unions.into_iter().map(|union| union.members).collect(),
        })
    };
    let kept = format!("accounts:{}:{}:{period}", state.subject, state.version());
    let seen = store.kept(kept, Seen::bytes, compute).await?;
    let accounts = store.accounts(&chunks_of(&seen.members), state.accounts).await?;
    let small = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
    let after = page.key::<2>().map(|[created, id]| (small(created), small(id)));
    let limit = page.limit;
    let (shown, more, count) = store
        .heavy({
            let seen = Arc::clone(&seen);
            move || created_within(&seen.members, &accounts, span, after, limit)
        })
        .await?;
    let ids: Vec<AccountId> = shown.iter().map(|(_, id)| *id).collect();
    let names = people(&store, &ids, state.accounts).await?;
    let row = |id: &AccountId| {
        let sighting = seen.sighting(*id)?;
        let attended: Vec<bool> = seen.others.iter().map(|members| members.contains(id.0)).collect();
        Some(AccountSeen {
            person: names.get(id)?.clone(),
            captures: sighting.captures,
            first_seen_at: *seen.times.get(sighting.first as usize)?,
            last_seen_at: *seen.times.get(sighting.last as usize)?,
            other_broadcasts: small(attended.iter().filter(|attended| **attended).count() as u64),
            regular: is_regular(&attended),
        })
    };
    Ok(Answer {
        coverage: selection.coverage(),
        other_broadcasts: u32::try_from(seen.others.len()).unwrap_or(u32::MAX),
        accounts: count,
        people: ids.iter().filter_map(row).collect(),
        next_cursor: shown
            .last()
            .filter(|_| more)
            .map(|(created, id)| Cursor(vec![(*created).into(), id.0.into()]).to_string()),
    })
}
