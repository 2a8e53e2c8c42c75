//! Moderators' own marks: "these are people", "these are suspicious".

use axum::{Json, extract::State};
use chrono::{DateTime, Utc};
use common::{
    db::{
        self,
        verdicts::{Marked, Verdict},
    },
    events::{self, Event},
    ids::{AccountId, ChannelId, TwitchUserId, UserId},
    problem::Problem,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    access,
    extract::{JsonBody, Parameters, PathId, id},
    gateway::App,
    openapi::{AccountNotFound, BadRequest, ChannelForbidden},
    visitor::CurrentUser,
};

/// How many accounts one request may mark.
const MAX_ACCOUNTS: usize = 10_000;

#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct VerdictsRequest {
    /// Twitch ids.
    #[schema(min_items = 1, max_items = 10_000)]
    account_ids: Vec<String>,
    /// None takes verdicts back.
    #[schema(required)]
    verdict: Option<Verdict>,
}

/// What was changed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VerdictsStored {
    /// Accounts that have the verdict now, or no longer.
    accounts: u64,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Verdicts {
    verdicts: Vec<AccountVerdict>,
    /// Asks for the next page; none on the last one.
    #[schema(required)]
    next_cursor: Option<String>,
}

/// What a moderator of the channel said of an account.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AccountVerdict {
    twitch_id: TwitchUserId,
    channel_id: ChannelId,
    verdict: Verdict,
    marked_at: DateTime<Utc>,
    /// The moderator's Twitch id.
    marked_by: UserId,
}

#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct VerdictRequest {
    channel_id: String,
    /// None takes it back.
    #[schema(required)]
    verdict: Option<Verdict>,
}

impl From<Marked> for AccountVerdict {
    fn from(marked: Marked) -> Self {
        Self {
            twitch_id: marked.twitch_id,
            channel_id: marked.channel,
            verdict: marked.verdict,
            marked_at: marked.marked_at,
            marked_by: marked.marked_by,
        }
    }
}

/// Mark accounts
///
/// All moderators of the channel see the same marks; the last word counts. Accounts never seen in any chat are left
/// out.
#[utoipa::path(
    put,
    path = "/channels/{id}/verdicts",
    tag = "people",
    params(("id" = ChannelId, Path)),
    request_body = VerdictsRequest,
    responses((status = 200, body = VerdictsStored), BadRequest, ChannelForbidden)
)]
pub(crate) async fn put_verdicts(
    State(app): State<App>,
    user: CurrentUser,
    PathId(channel): PathId<ChannelId>,
    JsonBody(request): JsonBody<VerdictsRequest>,
) -> Result<Json<VerdictsStored>, Problem> {
    if !(1..=MAX_ACCOUNTS).contains(&request.account_ids.len()) {
        let detail = format!("`account_ids` names 1 to {MAX_ACCOUNTS} accounts.");
        return Err(Problem::bad_request("account_ids_invalid", detail));
    }
    let ids = request.account_ids.iter().map(|text| id(text)).collect::<Result<Vec<_>, _>>()?;
    let accounts = store(&app, &user, channel, &ids, request.verdict).await?;
    Ok(Json(VerdictsStored { accounts }))
}

async fn store(
    app: &App,
    user: &CurrentUser,
    channel: ChannelId,
    accounts: &[TwitchUserId],
    verdict: Option<Verdict>,
) -> Result<u64, Problem> {
    access::require(app, user.id(), &[channel]).await?;
    let stored = match verdict {
        Some(verdict) => {
            db::verdicts::mark(&app.pool, channel, accounts, verdict, user.id(), app.clock.now()).await?
        }
        None => db::verdicts::unmark(&app.pool, channel, accounts).await?,
    };
    tracing::info!(user_id = %user.id(), channel_id = %channel, accounts = stored, "verdicts.stored");
    if stored > 0 {
        match db::channels::people(&app.pool, channel, app.clock.now() - db::channels::TOLD).await {
            Ok(users) => {
                events::publish(&app.redis, &users, &Event::VerdictsChanged { channel_id: channel }).await;
            }
            Err(error) => tracing::warn!(%error, "verdicts.not_told"),
        }
    }
    Ok(stored)
}

/// Marked accounts
#[utoipa::path(
    get,
    path = "/channels/{id}/verdicts",
    tag = "people",
    params(
        ("id" = ChannelId, Path),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before."),
        ("limit" = Option<u32>, Query, description = "How many on a page.", minimum = 1, maximum = 10_000)
    ),
    responses((status = 200, body = Verdicts), BadRequest, ChannelForbidden)
)]
pub(crate) async fn list_verdicts(
    State(app): State<App>,
    user: CurrentUser,
    PathId(channel): PathId<ChannelId>,
    parameters: Parameters,
) -> Result<Json<Verdicts>, Problem> {
    access::may_read(&app, user.id(), &[channel]).await?;
    let limit = parameters.number_in("limit", 1_000, 1..=10_000)?;
    let invalid = |_| Problem::bad_request("cursor_invalid", "This cursor was not given out by this API.");
    let after =
        parameters.one("cursor").map(|text| text.parse::<AccountId>().map_err(invalid)).transpose()?;
    // One more than fits says whether there is a next page.
    let after = after.unwrap_or(AccountId(0));
    let mut marked = db::verdicts::of_channel(&app.pool, channel, after, limit + 1).await?;
    let has_more = marked.len() > limit as usize;
    marked.truncate(limit as usize);
    let next_cursor = marked.last().filter(|_| has_more).map(|last| last.account.to_string());
    Ok(Json(Verdicts { verdicts: marked.into_iter().map(Into::into).collect(), next_cursor }))
}

/// Mark one account
#[utoipa::path(
    put,
    path = "/accounts/{id}/verdict",
    tag = "people",
    params(("id" = TwitchUserId, Path)),
    request_body = VerdictRequest,
    responses((status = 200, body = VerdictsStored), BadRequest, ChannelForbidden, AccountNotFound)
)]
pub(crate) async fn put_verdict(
    State(app): State<App>,
    user: CurrentUser,
    PathId(account): PathId<TwitchUserId>,
    JsonBody(request): JsonBody<VerdictRequest>,
) -> Result<Json<VerdictsStored>, Problem> {
    let channel = id(&request.channel_id)?;
    let accounts = store(&app, &user, channel, &[account], request.verdict).await?;
    if accounts == 0 && request.verdict.is_some() {
        return Err(Problem::not_found("account"));
    }
    Ok(Json(VerdictsStored { accounts }))
}
