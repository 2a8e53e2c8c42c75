//! One viewer, in the channels that the user may look into.

use axum::{Json, extract::State};
use common::{
    clients::analysis::people::Account,
    db,
    ids::{ChannelId, TwitchUserId},
    problem::Problem,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::verdicts::AccountVerdict;
use crate::{
    access,
    extract::{Parameters, PathId},
    gateway::App,
    openapi::{AccountNotFound, BadRequest, ChannelForbidden},
    refusals::explain,
    visitor::CurrentUser,
};

/// A viewer, and what moderators said of them.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Viewer {
    #[serde(flatten)]
    account: Account,
    verdicts: Vec<AccountVerdict>,
}

/// One viewer
///
/// Names, age and presence on those of the user's channels that are asked about, or all (the first hundred). The latest
/// captures of each channel count: up to 5,000, and 20,000 of all channels together, of which each gets its share;
/// `coverage` tells since when. On a channel with earlier ones it is not known how the viewer came.
#[utoipa::path(
    get,
    path = "/accounts/{id}",
    tag = "people",
    params(
        ("id" = TwitchUserId, Path),
        ("channel" = Option<Vec<ChannelId>>, Query, description = "Only these channels; may stand several times, or be a list with commas."),
        ("from" = Option<chrono::DateTime<chrono::Utc>>, Query, description = "Only captures made then or later."),
        ("to" = Option<chrono::DateTime<chrono::Utc>>, Query, description = "Only captures made before.")
    ),
    responses((status = 200, body = Viewer), BadRequest, ChannelForbidden, AccountNotFound)
)]
pub(crate) async fn get_account(
    State(app): State<App>,
    user: CurrentUser,
    PathId(account): PathId<TwitchUserId>,
    parameters: Parameters,
) -> Result<Json<Viewer>, Problem> {
    let channels = access::chosen(&app, user.id(), parameters.channels()?).await?;
    let others = parameters.pairs().into_iter().filter(|(name, _)| *name != "channel");
    let asked = channels.iter().map(|channel| ("channel", channel.to_string())).chain(others);
    let path = format!("internal/v1/accounts/{account}");
    let answer = app.analysis.ask(&path, &asked.collect::<Vec<_>>()).await.map_err(explain)?;
    let verdicts = db::verdicts::of_account(&app.pool, account, &channels).await?;
    let account = answer.parse().map_err(explain)?;
    Ok(Json(Viewer { account, verdicts: verdicts.into_iter().map(Into::into).collect() }))
}
