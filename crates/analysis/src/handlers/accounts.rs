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
    answers::{Answered, History, Needs, Question, State},
    engine::{
        accounts::chunks_of,
        creations::{Span, created_within},
        participation::{Habit, Habits},
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

const NEEDS: Needs = Needs { no_accounts: false, history: History::Before, events: false, sources: false };

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
    /// By account: what was seen of it, and what it does in the channels' other broadcasts.
    rows: Vec<(Sighting, Habit)>,
    /// How many other broadcasts there are.
    others: u32,
}

impl Seen {
    fn of(times: Vec<DateTime<Utc>>, sightings: &Sightings, habits: &Habits) -> Self {
        let members = sightings.members();
        let row = |account| Some((sightings.of(account)?, habits.of(account)));
        Self {
            times,
            rows: members.iter().filter_map(row).collect(),
            members: members.clone(),
            others: habits.broadcasts(),
        }
    }

    fn bytes(&self) -> usize {
        std::mem::size_of_val(&*self.times) + std::mem::size_of_val(&*self.rows) + self.members.bytes()
    }

    fn row(&self, account: AccountId) -> Option<&(Sighting, Habit)> {
        let place = self.rows.binary_search_by_key(&account, |(sighting, _)| sighting.account).ok()?;
        self.rows.get(place)
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
        let habits = store.fold(&others, Habits::default()).await?;
        let times = selection.captures.iter().map(|capture| capture.at).collect();
        store.heavy(move || Seen::of(times, &sightings, &habits)).await
    };
    let kept = format!("accounts:{}:{}:{period}", state.subject, state.events_version());
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
        let (sighting, habit) = seen.row(*id)?;
        Some(AccountSeen {
            person: names.get(id)?.clone(),
            captures: sighting.captures,
            first_seen_at: *seen.times.get(sighting.first as usize)?,
            last_seen_at: *seen.times.get(sighting.last as usize)?,
            other_broadcasts: habit.broadcasts,
            regular: habit.regular,
        })
    };
    Ok(Answer {
        coverage: selection.coverage(),
        other_broadcasts: seen.others,
        accounts: count,
        people: ids.iter().filter_map(row).collect(),
        next_cursor: shown
            .last()
            .filter(|_| more)
            .map(|(created, id)| Cursor(vec![(*created).into(), id.0.into()]).to_string()),
    })
}
