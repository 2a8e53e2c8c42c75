//! `GET /internal/v1/compare?a=capture:…&b=stream:…&channel=&from=&to=&list=`: who came, who left, who stayed.

use std::sync::Arc;

use axum::extract::State as Shared;
use common::{
    clients::analysis::{
        Coverage,
        rooms::{Comparison, Side},
    },
    ids::{AccountId, ChannelId},
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
    let filter = Filter { channels: parameters.channels()?, period: parameters.period()? };
    let list = parameters.choice("list", LISTS)?;
    let page = parameters.page::<1>()?;
    parameters.finish()?;
    let asked = [a, b].map(|subject| (subject, filter.period, Needs::default()));
    let canonical = format!("{};{list:?};{}", filter.canonical(), page.canonical());
    app.answers
        .of_several("compare", &asked, &canonical, |store, states| {
            compare(store, states, filter.clone(), list, page.clone())
        })
        .await
}

/// Which captures count, of both sides.
#[derive(Clone, Debug)]
struct Filter {
    /// On which channels; none means all.
    channels: Vec<ChannelId>,
    period: Period,
}

impl Filter {
    /// The filter as a part of a key.
    fn canonical(&self) -> String {
        let channels: Vec<String> = self.channels.iter().map(ToString::to_string).collect();
        format!("{};{}", channels.join(","), self.period)
    }

    /// A channel that is named and that neither side can have captures of.
    fn absent(&self, sides: [&State; 2]) -> Option<ChannelId> {
        self.channels.iter().copied().find(|channel| {
            !sides.iter().any(|side| side.channel == Some(*channel) || side.channel_ids().contains(channel))
        })
    }

    /// A side on those channels that count; none when it has captures of none that is named.
    fn of(&self, side: &State) -> Result<Option<State>, Failure> {
        let mut channels = side.channel_ids();
        channels.retain(|channel| self.channels.contains(channel));
        if channels.is_empty() && !self.channels.is_empty() {
            return Ok(None);
        }
        side.of_channels(&channels).map(Some)
    }
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
    states: Vec<Arc<State>>,
    filter: Filter,
    list: List,
    page: Page,
) -> Result<Comparison, Failure> {
    let [state_a, state_b] = &*states else { return Err(Failure::Cut("two sides are compared".to_owned())) };
    if let Some(absent) = filter.absent([state_a, state_b]) {
        return Err(Failure::refused_not_found(
            "channel_not_in_session",
            format!("Neither side has a capture of channel {absent}."),
        ));
    }
    let (coverage_a, a) = everybody(&store, state_a, &filter).await?;
    let (coverage_b, b) = everybody(&store, state_b, &filter).await?;
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
        a: side(state_a, coverage_a, counts[0]),
        b: side(state_b, coverage_b, counts[1]),
        arrived: sizes.arrived,
        left: sizes.left,
        stayed: sizes.stayed,
        jaccard: jaccard(counts[0], counts[1], sizes.stayed),
        people: shown.iter().filter_map(|id| names.get(id).cloned()).collect(),
        next_cursor: shown.last().filter(|_| more).map(|last| Cursor(vec![last.0.into()]).to_string()),
    })
}

/// Everybody who was in any capture that counts; kept, for the pages that follow.
async fn everybody(
    store: &Store,
    state: &State,
    filter: &Filter,
) -> Result<(Coverage, Arc<RoaringBitmap>), Failure> {
    let Some(state) = filter.of(state)? else { return Ok((Coverage::default(), Arc::default())) };
    let selection = Selection::load(store, &state, filter.period).await?;
    let compute = async {
        let unions = store.fold(&selection.captures, Unions::new(By::Everything)).await?.finish();
        store.heavy(move || unions.first().map(|union| union.members.to_roster()).unwrap_or_default()).await
    };
    let key = format!("everybody:{}:{}:{}", state.subject, state.captures_version(), filter.period);
    let members = store.kept(key, rosters::size, compute).await?;
    Ok((selection.coverage(), members))
}
