//! `GET …/overlap`: how many accounts each two channels share.

use std::sync::Arc;

use axum::extract::State as Shared;
use common::{
    clients::analysis::{
        ChannelSummary, MAX_FILTER_CHANNELS,
        rooms::{Overlap, OverlapPair},
    },
    problem::Problem,
};

use crate::{
    App,
    answers::{Answered, Needs, Question, State},
    engine::overlap::{self, By, Unions, jaccard},
    error::Failure,
    params::Params,
    selection::Selection,
    store::Store,
    subject::{Period, Subject},
};

pub(crate) async fn get(
    Shared(app): Shared<App>,
    subject: Subject,
    mut parameters: Params,
) -> Result<Answered, Problem> {
    let (channels, period) = (parameters.channels()?, parameters.period()?);
    parameters.finish()?;
    let (needs, parameters) = (Needs::default(), String::new());
    let question = Question { name: "overlap", subject, channels, period, needs, parameters };
    app.answers.of(&question, |store, state| overlap(store, state, period)).await
}

async fn overlap(store: Store, state: Arc<State>, period: Period) -> Result<Overlap, Failure> {
    if state.channels.len() > MAX_FILTER_CHANNELS {
        return Err(Failure::refused(
            "too_many_channels",
            format!("Channels are compared in pairs: choose at most {MAX_FILTER_CHANNELS} of them."),
        ));
    }
    let selection = Selection::load(&store, &state, period).await?;
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
            let named = state.channels.iter().find(|named| named.channel == union.channel);
            ChannelSummary {
                id: union.channel,
                login: named.map(|named| named.login.clone()).unwrap_or_default(),
                display_name: named.map(|named| named.display_name.clone()).unwrap_or_default(),
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
