//! `GET /internal/v1/accounts/{twitch_id}?channel=…&from=&to=`: one viewer in the channels asked about.
//!
//! The caller names the channels whose captures the asker may see; without one, nothing but the account is shown.

use axum::extract::{Path, State as Shared};
use common::{
    clients::analysis::{
        Coverage,
        people::{Account, BroadcastPresence, FormerName, Person, Presence},
    },
    db::{
        account_names::{self, Profile},
        captures::load,
    },
    ids::{ChannelId, TwitchUserId},
    problem::Problem,
};

use axum::Json;

use crate::{
    App,
    engine::{Capture, account::Attended, broadcasts},
    error::{Failure, problem},
    params::Params,
    selection::capture,
    store::Store,
    subject::Period,
};

/// How many captures of each channel are looked through: the latest.
const MAX_CAPTURES: u32 = 5_000;

/// How many captures of all channels together.
const MAX_ALL: usize = 20_000;

/// How many former names are shown.
const MAX_NAMES: u32 = 100;

pub(crate) async fn get(
    Shared(app): Shared<App>,
    Path(id): Path<String>,
    mut parameters: Params,
) -> Result<Json<Account>, Problem> {
    let id: TwitchUserId = id.parse().map_err(|_| Problem::not_found("account"))?;
    let (channels, period) = (parameters.channels()?, parameters.period()?);
    parameters.finish()?;
    let answer = view(&app.store, id, &channels, period).await;
    answer.map(Json).map_err(|failure| problem(&std::sync::Arc::new(failure)))
}

async fn view(
    store: &Store,
    id: TwitchUserId,
    channels: &[ChannelId],
    period: Period,
) -> Result<Account, Failure> {
    let profile = account_names::profile(store.pool(), id).await?.ok_or(Failure::NotFound("account"))?;
    let names = account_names::of(store.pool(), &[profile.id], MAX_NAMES).await?;
    let names = names.into_iter().map(|former| FormerName {
        login: former.login,
        display_name: former.display_name,
        replaced_at: former.replaced_at,
    });
    let captures = captures(store, channels, period).await?;
    let attended = store.fold(&captures, Attended::new(profile.id.0)).await?.finish();
    Ok(Account {
        names: names.collect(),
        coverage: coverage(&captures),
        channels: presences(&captures, &attended),
        ..described(profile)
    })
}

fn described(profile: Profile) -> Account {
    Account {
        person: Person {
            twitch_id: profile.twitch_id,
            login: profile.login,
            display_name: profile.display_name,
            created_at: profile.created_at,
        },
        gone: profile.gone,
        default_picture: profile.default_picture,
        has_description: profile.has_description,
        broadcaster_type: profile.broadcaster_type,
        names: Vec::new(),
        coverage: Coverage::default(),
        channels: Vec::new(),
    }
}

async fn captures(store: &Store, channels: &[ChannelId], period: Period) -> Result<Vec<Capture>, Failure> {
    let (from, to) = period.bounds();
    let mut captures = Vec::new();
    for channel in channels {
        let rows = load::of_channel(store.pool(), *channel, from, to, MAX_CAPTURES).await?;
        captures.extend(rows.iter().filter_map(|row| capture(row, true)));
        if captures.len() > MAX_ALL {
            return Err(Failure::refused(
                "too_many_captures",
                format!(
                    "That is about more than {MAX_ALL} captures; ask about a shorter time or fewer channels."
                ),
            ));
        }
    }
    broadcasts::number(&mut captures);
    Ok(captures)
}

fn coverage(captures: &[Capture]) -> Coverage {
    Coverage {
        captures: count(captures.len()),
        gaps: 0,
        first_captured_at: captures.iter().map(|capture| capture.at).min(),
        last_captured_at: captures.iter().map(|capture| capture.at).max(),
    }
}

fn count(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn presences(captures: &[Capture], attended: &[bool]) -> Vec<Presence> {
    let rows: Vec<(&Capture, bool)> = captures.iter().zip(attended.iter().copied()).collect();
    let seen = |rows: &[(&Capture, bool)]| count(rows.iter().filter(|(_, attended)| *attended).count());
    let presence = |rows: &[(&Capture, bool)]| {
        let times = || rows.iter().filter(|(_, attended)| *attended).map(|(capture, _)| capture.at);
        let broadcast = |rows: &[(&Capture, bool)]| {
            let (first, last) = (rows.first()?.0, rows.last()?.0);
            Some(BroadcastPresence {
                stream_id: first.stream,
                first_captured_at: first.at,
                last_captured_at: last.at,
                captures: count(rows.len()),
                attended: seen(rows),
            })
        };
        Some(Presence {
            channel_id: rows.first()?.0.channel,
            captures: count(rows.len()),
            attended: seen(rows),
            first_seen_at: times().min(),
            last_seen_at: times().max(),
            broadcasts: rows
                .chunk_by(|left, right| left.0.broadcast == right.0.broadcast)
                .filter_map(broadcast)
                .collect(),
        })
    };
    rows.chunk_by(|left, right| left.0.channel == right.0.channel).filter_map(presence).collect()
}
