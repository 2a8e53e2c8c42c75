//! Two captures, broadcasts, sessions or channels beside each other; and what several channels share.

use axum::{extract::State, response::Response};
use common::{
    clients::analysis::rooms::{Comparison, Overlap},
    ids::ChannelId,
    problem::Problem,
};

use super::questions::{Kind, hand_on};
use crate::{
    access,
    extract::Parameters,
    gateway::App,
    openapi::{BadRequest, ChannelForbidden, SubjectNotFound},
    refusals::explain,
    visitor::CurrentUser,
};

/// Compare
///
/// Who arrived, left and stayed between two captures, broadcasts, sessions or channels, `a` and `b`. A filter holds for
/// both of them.
#[utoipa::path(
    get,
    path = "/captures/compare",
    tag = "questions",
    params(
        ("a" = String, Query, description = "`session:…`, `stream:…`, `capture:…` or `channel:…`."),
        ("b" = String, Query, description = "The same."),
        ("channel" = Option<Vec<ChannelId>>, Query, description = "Only on these channels; may stand several times, or be a list with commas."),
        ("from" = Option<chrono::DateTime<chrono::Utc>>, Query, description = "Only captures made then or later."),
        ("to" = Option<chrono::DateTime<chrono::Utc>>, Query, description = "Only captures made before."),
        ("list" = Option<String>, Query, description = "Whose names: `arrived` (when not given), `left` or `stayed`."),
        ("limit" = Option<u32>, Query, description = "How many on a page.", minimum = 1, maximum = 1_000),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before.")
    ),
    responses(
        (status = 200, body = Comparison, headers(("X-Cache" = String, description = "`HIT` or `MISS`"))),
        BadRequest,
        ChannelForbidden,
        SubjectNotFound
    )
)]
pub(crate) async fn compare(
    State(app): State<App>,
    user: CurrentUser,
    parameters: Parameters,
) -> Result<Response, Problem> {
    // Each is looked up: only one of each.
    let mut subjects = Vec::with_capacity(2);
    for name in ["a", "b"] {
        let mut given = parameters.all(name);
        subjects.extend(given.next());
        if given.next().is_some() {
            let detail = format!("`{name}` is given more than once.");
            return Err(Problem::bad_request("parameter_repeated", detail));
        }
    }
    for text in subjects {
        let (kind, id) = text.split_once(':').unwrap_or_default();
        let kind = Kind::named(kind).ok_or_else(subject_invalid)?;
        kind.check(&app, &user, id).await?;
    }
    Ok(hand_on(app.analysis.ask("internal/v1/compare", &parameters.pairs()).await.map_err(explain)?))
}

/// Channels in common
///
/// How many accounts each two of the user's channels share: those that are named, or all (the first hundred).
#[utoipa::path(
    get,
    path = "/channels/overlap",
    tag = "questions",
    params(
        ("channel" = Option<Vec<ChannelId>>, Query, description = "Only these channels; may stand several times, or be a list with commas."),
        ("from" = Option<chrono::DateTime<chrono::Utc>>, Query, description = "Only captures made then or later."),
        ("to" = Option<chrono::DateTime<chrono::Utc>>, Query, description = "Only captures made before.")
    ),
    responses(
        (status = 200, body = Overlap, headers(("X-Cache" = String, description = "`HIT` or `MISS`"))),
        BadRequest,
        ChannelForbidden
    )
)]
pub(crate) async fn overlap(
    State(app): State<App>,
    user: CurrentUser,
    parameters: Parameters,
) -> Result<Response, Problem> {
    let channels = access::chosen(&app, user.id(), parameters.channels()?).await?;
    let others = parameters.pairs().into_iter().filter(|(name, _)| *name != "channel");
    let asked = channels.iter().map(|channel| ("channel", channel.to_string())).chain(others);
    let answer = app.analysis.ask("internal/v1/overlap", &asked.collect::<Vec<_>>()).await;
    Ok(hand_on(answer.map_err(explain)?))
}

fn subject_invalid() -> Problem {
    let detail = "Name what to compare as session:…, stream:…, capture:… or channel:….";
    Problem::bad_request("subject_invalid", detail)
}
