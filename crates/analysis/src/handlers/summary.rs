//! `GET /internal/v1/sessions/{uuid}/summary`: how many accounts, where, and since when.

use std::{collections::HashMap, sync::Arc};

use axum::extract::{Path, State as Shared};
use chrono::{Duration, NaiveDate};
use common::{
    clients::analysis::{ChannelSummary, CreationDay, SessionSummary},
    db::account_columns,
    ids::{AccountId, ChannelId, SessionUuid},
    problem::Problem,
};

use crate::{
    App,
    answers::{Answered, Needs, Question, State},
    engine::{
        accounts::chunks_of,
        summary::{self, Totals},
    },
    error::Failure,
    params::Params,
    selection::Selection,
    store::Store,
    subject::{Period, Subject},
};

/// How many creation days are shown.
const TOP_DAYS: usize = 10;
/// And how many logins of each.
const LOGINS: usize = 100;

pub(crate) async fn get(
    Shared(app): Shared<App>,
    Path(session): Path<String>,
    mut parameters: Params,
) -> Result<Answered, Problem> {
    let session: SessionUuid = session.parse().map_err(|_| Problem::not_found("session"))?;
    let (channels, period) = (parameters.channels()?, parameters.period()?);
    parameters.finish()?;
    let (subject, needs, parameters) = (Subject::Session(session), Needs::default(), String::new());
    let question = Question { name: "summary", subject, channels, period, needs, parameters };
    app.answers.of(&question, |store, state| summarise(store, state, session, period)).await
}

async fn summarise(
    store: Store,
    state: Arc<State>,
    session: SessionUuid,
    period: Period,
) -> Result<SessionSummary, Failure> {
    let selection = Selection::load(&store, &state, period).await?;
    let (members, per_channel) = store.fold(&selection.captures, Totals::default()).await?.finish();
    let accounts = store.accounts(&chunks_of(&members), state.accounts).await?;
    let (distinct, enriched, days) = store
        .heavy(move || {
            let (enriched, days) = summary::creation_days(&members, &accounts, TOP_DAYS, LOGINS);
            (members.len(), enriched, days)
        })
        .await?;
    Ok(SessionSummary {
        session,
        coverage: selection.coverage(),
        distinct_accounts: distinct,
        enriched_accounts: enriched,
        channels: by_channel(&state, &selection, &per_channel),
        top_creation_days: with_logins(&store, days).await?,
    })
}

fn by_channel(state: &State, selection: &Selection, per_channel: &[(ChannelId, u32)]) -> Vec<ChannelSummary> {
    let counted: HashMap<ChannelId, _> = per_channel
        .iter()
        .zip(selection.by_channel())
        .map(|((channel, accounts), captures)| (*channel, (*accounts, captures)))
        .collect();
    let summary = state.channels.iter().map(|channel| {
        let (accounts, captures) = counted.get(&channel.channel).copied().unwrap_or_default();
        ChannelSummary {
            id: channel.channel,
            login: channel.login.clone(),
            display_name: channel.display_name.clone(),
            captures: u32::try_from(captures.len()).unwrap_or(u32::MAX),
            distinct_accounts: accounts,
            last_captured_at: captures.last().map(|capture| capture.at),
        }
    });
    summary.collect()
}

async fn with_logins(store: &Store, days: Vec<summary::CreationDay>) -> Result<Vec<CreationDay>, Failure> {
    let shown: Vec<AccountId> = days.iter().flat_map(|day| day.oldest.iter().copied()).collect();
    let mut logins: HashMap<AccountId, String> = account_columns::names(store.pool(), &shown)
        .await?
        .into_iter()
        .map(|name| (name.id, name.login))
        .collect();
    let named = days.into_iter().map(|day| CreationDay {
        day: NaiveDate::default() + Duration::days(day.day.into()),
        accounts: day.accounts,
        logins: day.oldest.iter().filter_map(|id| logins.remove(id)).collect(),
    });
    Ok(named.collect())
}
