//! Which channels a user may look into: those that Twitch lists. What it said is believed for an hour.

use axum::http::StatusCode;
use chrono::Duration;
use common::{
    clients::{
        analysis::MAX_FILTER_CHANNELS,
        twitch_api::{ChannelsAnswer, ModeratedChannel},
    },
    db,
    ids::{ChannelId, UserId},
    problem::Problem,
};

use crate::{gateway::App, refusals::explain};

/// For how long a role that Twitch listed is believed.
const BELIEVED: Duration = Duration::hours(1);

/// Refuses with `channel_forbidden` unless the user may look into all of `channels`.
pub(crate) async fn require(app: &App, user: UserId, channels: &[ChannelId]) -> Result<(), Problem> {
    let since = app.clock.now() - BELIEVED;
    let known = db::channels::allowed_since(&app.pool, user, channels, since).await?;
    if channels.iter().all(|channel| known.contains(channel)) {
        return Ok(());
    }
    let listed: Vec<ChannelId> = ask(app, user).await?.iter().map(|channel| channel.twitch_id).collect();
    let forbidden: Vec<String> =
        channels.iter().filter(|channel| !listed.contains(channel)).map(ToString::to_string).collect();
    if forbidden.is_empty() {
        return Ok(());
    }
    let detail = "Twitch does not list you as a moderator of every channel that you asked for.";
    Err(Problem::new(StatusCode::FORBIDDEN, "channel_forbidden", detail).with("channel_ids", forbidden))
}

/// For how long it is believed, for reading what is stored, while Twitch does not answer.
const BELIEVED_MEANWHILE: Duration = Duration::hours(24);

/// Refuses with `channel_forbidden` unless the user may look into what is stored of all of `channels`.
pub(crate) async fn may_read(app: &App, user: UserId, channels: &[ChannelId]) -> Result<(), Problem> {
    let Err(problem) = require(app, user, channels).await else { return Ok(()) };
    if !is_passing(&problem) {
        return Err(problem);
    }
    let since = app.clock.now() - BELIEVED_MEANWHILE;
    let known = db::channels::allowed_since(&app.pool, user, channels, since).await?;
    if channels.iter().all(|channel| known.contains(channel)) { Ok(()) } else { Err(problem) }
}

/// The channels that a question is about which may be asked about several: those that are named, or all into which the
/// user may look (the first hundred).
pub(crate) async fn chosen(
    app: &App,
    user: UserId,
    named: Vec<ChannelId>,
) -> Result<Vec<ChannelId>, Problem> {
    if !named.is_empty() {
        may_read(app, user, &named).await?;
        return Ok(named);
    }
    let now = app.clock.now();
    let mut mine = db::channels::of_user(&app.pool, user).await?;
    // Everybody has a channel: of whom we know none, Twitch was not asked yet.
    if mine.is_empty() || mine.iter().any(|channel| channel.checked_at < now - BELIEVED) {
        match ask(app, user).await {
            Ok(_) => mine = db::channels::of_user(&app.pool, user).await?,
            Err(problem) => {
                mine.retain(|channel| channel.checked_at >= now - BELIEVED_MEANWHILE);
                if mine.is_empty() || !is_passing(&problem) {
                    return Err(problem);
                }
            }
        }
    }
    Ok(mine.into_iter().map(|channel| channel.id).take(MAX_FILTER_CHANNELS).collect())
}

/// Whether what Twitch said last will do: it does not answer, or not now.
pub(crate) fn is_passing(problem: &Problem) -> bool {
    let database = problem.code() == "database_unavailable" || problem.code() == "internal";
    (problem.status().is_server_error() && !database) || problem.code() == "budget_exhausted"
}

/// Asks Twitch for the user's channels, and remembers the answer.
pub(crate) async fn ask(app: &App, user: UserId) -> Result<Vec<ModeratedChannel>, Problem> {
    let ChannelsAnswer { channels } = app.twitch.channels(user).await.map_err(explain)?;
    db::channels::store_roles(&app.pool, user, &channels, app.clock.now()).await?;
    Ok(channels)
}
