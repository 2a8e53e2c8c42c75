//! Two captures, broadcasts, sessions or channels beside each other.

use axum::{extract::State, response::Response};
use common::{clients::analysis::rooms::Comparison, problem::Problem};

use super::questions::{Kind, hand_on};
use crate::{
    extract::Parameters,
    gateway::App,
    openapi::{BadRequest, ChannelForbidden, SubjectNotFound},
    refusals::explain,
    visitor::CurrentUser,
};

/// Compare
///
/// Who arrived, left and stayed between two captures, broadcasts, sessions or channels, `a` and `b`.
#[utoipa::path(
    get,
    path = "/captures/compare",
    tag = "questions",
    params(
        ("a" = String, Query, description = "`session:…`, `stream:…`, `capture:…` or `channel:…`."),
        ("b" = String, Query, description = "The same."),
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
    for name in ["a", "b"] {
        for text in parameters.all(name) {
            let (kind, id) = text.split_once(':').unwrap_or_default();
            let kind = Kind::named(kind).ok_or_else(subject_invalid)?;
            kind.check(&app, &user, id).await?;
        }
    }
    Ok(hand_on(app.analysis.ask("internal/v1/compare", &parameters.pairs()).await.map_err(explain)?))
}

fn subject_invalid() -> Problem {
    let detail = "Name what to compare as session:…, stream:…, capture:… or channel:….";
    Problem::bad_request("subject_invalid", detail)
}
