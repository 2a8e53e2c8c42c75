//! `GET …/overlap`: how many accounts each two channels share, of a session or of any.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::Arc,
};

use axum::extract::State as Shared;
use common::{
    clients::analysis::{
        ChannelSummary, MAX_FILTER_CHANNELS,
        rooms::{Overlap, OverlapPair},
    },
    db::captures::load::{self, ChannelState},
    ids::ChannelId,
    problem::Problem,
};

use crate::{
    App,
    answers::{Answered, Asked, History, MAX_CAPTURES, Needs, Question, State, too_many},
    engine::overlap::{self, By, Unions, jaccard},
    error::Failure,
    params::Params,
    selection::Selection,
    store::Store,
    subject::{Period, Subject},
};

const NEEDS: Needs = Needs { no_accounts: true, history: History::Nothing, events: false, sources: false };

pub(crate) async fn get(
    Shared(app): Shared<App>,
    subject: Subject,
    mut parameters: Params,
) -> Result<Answered, Problem> {
    let (channels, period) = (parameters.channels()?, parameters.period()?);
    parameters.finish()?;
    let parameters = String::new();
    let question = Question { name: "overlap", subject, channels, period, needs: NEEDS, parameters };
    app.answers
        .of(&question, |store, state| {
            let name = |one: &ChannelState| (one.channel, (one.login.clone(), one.display_name.clone()));
            let names = state.channels.iter().map(name).collect();
            overlap(store, vec![state], names, period)
        })
        .await
}

/// Of the channels that are named.
pub(crate) async fn of_channels(
    Shared(app): Shared<App>,
    mut parameters: Params,
) -> Result<Answered, Problem> {
    let (channels, period) = (parameters.channels()?, parameters.period()?);
    parameters.finish()?;
    if channels.is_empty() {
        let detail = "`channel` names the channels to compare.";
        return Err(Problem::bad_request("parameter_missing", detail));
    }
    let names = load::names(app.store.pool(), &channels).await?;
    let asked: Vec<Asked> =
        channels.into_iter().map(|channel| (Subject::Channel(channel), period, NEEDS)).collect();
    // The answer names them.
    let mut sorted: Vec<_> = names.iter().collect();
    sorted.sort_unstable();
    let mut hasher = DefaultHasher::new();
    sorted.hash(&mut hasher);
    let parameters = format!("{period};{:016x}", hasher.finish());
    app.answers
        .of_several("overlap", &asked, &parameters, |store, states| {
            overlap(store, states, names.clone(), period)
        })
        .await
}

async fn overlap(
    store: Store,
    states: Vec<Arc<State>>,
    names: HashMap<ChannelId, (String, String)>,
    period: Period,
) -> Result<Overlap, Failure> {
    if states.iter().map(|state| state.channels.len()).sum::<usize>() > MAX_FILTER_CHANNELS {
        return Err(Failure::refused(
            "too_many_channels",
            format!("Channels are compared in pairs: choose at most {MAX_FILTER_CHANNELS} of them."),
        ));
    }
    let mut selection = Selection::default();
    for state in &states {
        let Selection { captures, gaps } = Selection::load(&store, state, period).await?;
        selection.captures.extend(captures);
        selection.gaps.extend(gaps);
        if selection.captures.len() > MAX_CAPTURES as usize {
            return Err(too_many());
        }
    }
    let unions = store.fold(&selection.captures, Unions::new(By::Channel)).await?.finish();
    let (unions, pairs, sizes) = store
        .heavy(move || {
            let pairs = overlap::pairs(&unions);
            let sizes: Vec<u32> = unions.iter().map(|union| union.members.len()).collect();
            (unions, pairs, sizes)
        })
        .await?;
    let channels =
        unions.iter().zip(&sizes).zip(selection.by_channel()).map(|((union, accounts), captures)| {
            let (login, display_name) = names.get(&union.channel).cloned().unwrap_or_default();
            ChannelSummary {
                id: union.channel,
                login,
                display_name,
                captures: union.captures,
                distinct_accounts: *accounts,
                last_captured_at: captures.last().map(|capture| capture.at),
            }
        });
    let pairs = pairs.iter().map(|(a, b, common)| OverlapPair {
        a: unions[*a].channel,
        b: unions[*b].channel,
        common: *common,
        jaccard: jaccard(sizes[*a], sizes[*b], *common),
    });
    Ok(Overlap { coverage: selection.coverage(), channels: channels.collect(), pairs: pairs.collect() })
}
