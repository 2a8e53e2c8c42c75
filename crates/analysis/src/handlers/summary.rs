//! `GET /internal/v1/sessions/{uuid}/summary`: how many accounts, where, and since when.

use std::{collections::HashMap, sync::Arc};

use axum::extract::{Path, State};
use chrono::{Duration, NaiveDate};
use common::{
    clients::analysis::{ChannelSummary, CreationDay, SessionSummary},
    db::{account_columns, captures::load},
    ids::{AccountId, ChannelId},
    problem::Problem,
};

use crate::{
    App,
    answers::{Answered, SessionState},
    engine::{
        accounts::chunks_of,
        summary::{self, Totals},
    },
    error::Failure,
    params::{self, Params},
    store::Store,
};

/// How many creation days are shown.
const TOP_DAYS: usize = 10;
/// And how many logins of each.
const LOGINS: usize = 100;

pub(crate) async fn get(
    State(app): State<App>,
    Path(session): Path<String>,
    mut parameters: Params,
) -> Result<Answered, Problem> {
    let session = params::session(&session)?;
    let channels = parameters.channels()?;
    parameters.finish()?;
    app.answers.of_session("summary", session, &channels, &params::canonical(&channels), summarise).await
}

async fn summarise(store: Store, state: Arc<SessionState>) -> Result<SessionSummary, Failure> {
    let captures = load::of_session(store.pool(), state.id, &state.channel_ids()).await?;
    let (members, per_channel) = store.fold(captures, Totals::default()).await?.finish();
    let accounts = store.accounts(&chunks_of(&members), state.accounts).await?;
    let (distinct, enriched, days) = store
        .heavy(move || {
            let (enriched, days) = summary::creation_days(&members, &accounts, TOP_DAYS, LOGINS);
            (members.len(), enriched, days)
        })
        .await?;
    Ok(SessionSummary {
        session: state.uuid,
        coverage: state.coverage(),
        distinct_accounts: distinct,
        enriched_accounts: enriched,
        channels: by_channel(&state, &per_channel),
        top_creation_days: with_logins(&store, days).await?,
    })
}

fn by_channel(state: &SessionState, per_channel: &[(ChannelId, u32)]) -> Vec<ChannelSummary> {
    let accounts: HashMap<ChannelId, u32> = per_channel.iter().copied().collect();
    let summary = state.channels.iter().map(|channel| ChannelSummary {
        id: channel.channel,
        login: channel.login.clone(),
        display_name: channel.display_name.clone(),
        captures: channel.complete,
        distinct_accounts: accounts.get(&channel.channel).copied().unwrap_or(0),
        last_captured_at: channel.last_captured_at,
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
