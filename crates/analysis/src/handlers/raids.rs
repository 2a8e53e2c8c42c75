//! `GET …/raids`: what became of those who were sent.

use std::{
    collections::{BTreeMap, HashMap},
    ops::ControlFlow,
    sync::Arc,
};

use axum::extract::State as Shared;
use common::{
    clients::analysis::rooms::{RaidSeen, Raids},
    db::{captures::load, raids as table},
    ids::CaptureId,
    problem::Problem,
};
use roaring::RoaringBitmap;

use crate::{
    App,
    answers::{Answered, History, MAX_RAIDS, Needs, Question, State},
    engine::{
        Capture,
        newcomers::RAID_WINDOW,
        raids::{BEFORE_WINDOW, Raid, RaidsSeen, Seen},
    },
    error::Failure,
    params::Params,
    selection::{Selection, capture, with_one_before},
    store::{Read, Sink, Store},
    subject::{Period, Subject},
};

pub(crate) async fn get(
    Shared(app): Shared<App>,
    subject: Subject,
    mut parameters: Params,
) -> Result<Answered, Problem> {
    let (channels, period) = (parameters.channels()?, parameters.period()?);
    parameters.finish()?;
    let needs = Needs { no_accounts: true, history: History::Ever, events: true, sources: true };
    let question = Question { name: "raids", subject, channels, period, needs, parameters: String::new() };
    app.answers.of(&question, |store, state| follow(store, state, period)).await
}

async fn follow(store: Store, state: Arc<State>, period: Period) -> Result<Raids, Failure> {
    let selection = Selection::load(&store, &state, period).await?;
    // One that came soon after the period is not told of, but ends who came with the one before.
    let (from, to) = period.bounds();
    let is_near = |raid: &&table::Raid| from <= raid.raided_at && raid.raided_at < to + RAID_WINDOW;
    let mut raids: Vec<&table::Raid> = state.raids.iter().filter(is_near).collect();
    let latest = raids.len().saturating_sub(MAX_RAIDS);
    raids.drain(..latest);
    if raids.is_empty() {
        return Ok(Raids { coverage: selection.coverage(), raids: Vec::new() });
    }
    raids.sort_by_key(|raid| (raid.to, raid.raided_at, raid.id));
    let sources = sources(&store, &raids).await?;
    let followed: Vec<Raid> = raids
        .iter()
        .map(|raid| Raid { channel: raid.to, at: raid.raided_at, source: sources.get(&raid.id).cloned() })
        .collect();
    let captures = selection.surroundings(&store, Some(&state)).await?;
    // The first capture of all may be the one after a raid.
    let captures = with_one_before(&store, &captures, BEFORE_WINDOW).await?;
    let seen = store.fold(&captures, RaidsSeen::new(followed.into())).await?.finish();
    let within = raids.into_iter().zip(seen).filter(|(raid, _)| period.holds(raid.raided_at));
    let mut raids: Vec<RaidSeen> = within.map(|(raid, seen)| told(raid, &seen)).collect();
    raids.sort_by_key(|raid| raid.raided_at);
    Ok(Raids { coverage: selection.coverage(), raids })
}

fn told(raid: &table::Raid, seen: &Seen) -> RaidSeen {
    RaidSeen {
        id: raid.id.to_string(),
        channel_id: raid.to,
        from_channel_id: raid.from,
        from_login: raid.from_login.clone(),
        raided_at: raid.raided_at,
        announced: raid.viewers,
        before: seen.before,
        after: seen.after,
        arrived: seen.arrived,
        seen_at_source: seen.seen_at_source,
        stayed: seen.stayed,
        came_back: seen.came_back,
    }
}

/// Who was on the channels that sent them, in our last capture of each shortly before, by raid.
async fn sources(store: &Store, raids: &[&table::Raid]) -> Result<HashMap<u64, Arc<RoaringBitmap>>, Failure> {
    let (mut by_raid, mut captures) = (Vec::new(), BTreeMap::new());
    for raid in raids {
        let from = raid.raided_at - BEFORE_WINDOW;
        let rows = load::of_channel(store.pool(), raid.from, from, raid.raided_at, 1).await?;
        if let Some(source) = rows.last().and_then(|row| capture(row, false)) {
            by_raid.push((raid.id, source.id));
            captures.insert(source.id, source);
        }
    }
    let captures: Vec<Capture> = captures.into_values().collect();
    let rosters = store.read(&captures, Rosters::default()).await?.0;
    let found =
        by_raid.into_iter().filter_map(|(raid, source)| Some((raid, Arc::clone(rosters.get(&source)?))));
    Ok(found.collect())
}

/// Rosters as they are.
#[derive(Default)]
struct Rosters(HashMap<CaptureId, Arc<RoaringBitmap>>);

impl Sink for Rosters {
    fn batch(&mut self, batch: &[Read]) -> ControlFlow<()> {
        self.0.extend(batch.iter().map(|(capture, roster)| (capture.id, Arc::clone(roster))));
        ControlFlow::Continue(())
    }
}
