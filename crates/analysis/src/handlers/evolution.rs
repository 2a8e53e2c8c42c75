//! `GET …/evolution?points=`: how rooms fill and empty.

use std::sync::Arc;

use axum::extract::State as Shared;
use common::{
    clients::analysis::rooms::{Evolution, EvolutionPoint, Marker, MarkerKind},
    problem::Problem,
};

use crate::{
    App,
    answers::{Answered, History, Needs, Question, State},
    engine::{
        Capture,
        evolution::{self, Flow, Flows, Point},
    },
    error::Failure,
    params::Params,
    selection::Selection,
    store::Store,
    subject::{Period, Subject},
};

/// How many points are given when nobody says, and at most. Of very many channels there are more: a dozen of each.
const POINTS: usize = 1_000;
const MAX_POINTS: usize = 5_000;

pub(crate) async fn get(
    Shared(app): Shared<App>,
    subject: Subject,
    mut parameters: Params,
) -> Result<Answered, Problem> {
    let question = Question {
        name: "evolution",
        subject,
        channels: parameters.channels()?,
        period: parameters.period()?,
        needs: Needs { no_accounts: true, history: History::Before, events: true, sources: false },
        parameters: String::new(),
    };
    let points = parameters.number("points", POINTS, 10..=MAX_POINTS)?;
    parameters.finish()?;
    let question = Question { parameters: points.to_string(), ..question };
    let period = question.period;
    app.answers.of(&question, |store, state| evolve(store, state, period, points)).await
}

async fn evolve(
    store: Store,
    state: Arc<State>,
    period: Period,
    points: usize,
) -> Result<Evolution, Failure> {
    let selection = Selection::load(&store, &state, period).await?;
    let history = selection.with_history(&store, None).await?;
    let flows = store.fold(&history.captures, Flows::new(history.before)).await?.finish();
    Ok(Evolution {
        coverage: selection.coverage(),
        points: shown(&selection, &flows, points),
        markers: markers(&state, period),
    })
}

fn shown(selection: &Selection, flows: &[Flow], limit: usize) -> Vec<EvolutionPoint> {
    let gaps = evolution::gaps_before(&selection.captures, &selection.gaps);
    let mut points: Vec<EvolutionPoint> = Vec::with_capacity(flows.len());
    let mut before: Option<&Capture> = None;
    for ((capture, flow), gap_before) in selection.captures.iter().zip(flows).zip(gaps) {
        let before_chatters =
            before.filter(|before| before.channel == capture.channel).map(|before| before.chatters);
        points.push(EvolutionPoint {
            capture_id: capture.id,
            channel_id: capture.channel,
            stream_id: capture.stream,
            captured_at: capture.at,
            chatters: capture.chatters,
            uncertain: capture.uncertain,
            viewers: capture.viewers,
            new: flow.new,
            returning: capture.chatters - flow.new,
            arrived: before_chatters.map(|_| capture.chatters - flow.stayed),
            left: before_chatters.map(|chatters| chatters - flow.stayed),
            gap_before,
        });
        before = Some(capture);
    }
    let looked_at: Vec<Point<5>> = points.iter().map(looked_at).collect();
    let kept = evolution::shown(&looked_at, limit);
    if kept.len() == points.len() {
        return points;
    }
    let kept = kept.into_iter();
    kept.map(|(place, gap_before)| EvolutionPoint { gap_before, ..points[place].clone() }).collect()
}

/// What must keep its peaks.
fn looked_at(point: &EvolutionPoint) -> Point<5> {
    Point {
        channel: point.channel_id,
        gap_before: point.gap_before,
        series: [Some(point.chatters), point.viewers, point.arrived, point.left, Some(point.new)],
    }
}

fn markers(state: &State, period: Period) -> Vec<Marker> {
    let streams = state.streams.iter().flat_map(|stream| {
        let (stream_id, channel_id) = (stream.id, stream.channel);
        let title = stream.title.clone();
        let start =
            Marker { at: stream.started_at, channel_id, what: MarkerKind::StreamStart { stream_id, title } };
        let end = |at| Marker { at, channel_id, what: MarkerKind::StreamEnd { stream_id } };
        std::iter::once(start).chain(stream.ended_at.map(end))
    });
    let raids = state.raids.iter().map(|raid| Marker {
        at: raid.raided_at,
        channel_id: raid.to,
        what: MarkerKind::Raid {
            raid_id: raid.id.to_string(),
            from_channel_id: raid.from,
            from_login: raid.from_login.clone(),
            viewers: raid.viewers,
        },
    });
    let mut markers: Vec<Marker> = streams.chain(raids).filter(|marker| period.holds(marker.at)).collect();
    markers.sort_by_key(|marker| marker.at);
    markers
}
