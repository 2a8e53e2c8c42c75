//! Periodic captures of a channel.

use axum::{Json, extract::State, http::StatusCode};
use chrono::{DateTime, Utc};
use common::{
    db,
    events::{self, Event},
    ids::ChannelId,
    problem::Problem,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    access,
    extract::{JsonBody, PathId},
    gateway::App,
    openapi::{BadRequest, ChannelForbidden, ScheduleNotFound, TwitchUnusable},
    visitor::CurrentUser,
};

/// The shortest and the longest time between captures.
const INTERVALS: std::ops::RangeInclusive<u8> = 1..=60;

#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct ScheduleRequest {
    #[schema(minimum = 1, maximum = 60)]
    interval_minutes: u8,
    /// Only while the channel is live.
    #[serde(default = "yes")]
    only_live: bool,
}

fn yes() -> bool {
    true
}

/// Periodic captures of a channel on behalf of the user.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Schedule {
    interval_minutes: u8,
    only_live: bool,
    /// Slots are aligned to the interval.
    next_slot: DateTime<Utc>,
    /// Why nothing is captured: a stable code; none while it runs.
    #[schema(required)]
    paused_reason: Option<String>,
}

impl From<db::schedules::Schedule> for Schedule {
    fn from(schedule: db::schedules::Schedule) -> Self {
        Self {
            interval_minutes: schedule.interval_minutes,
            only_live: schedule.only_live,
            next_slot: schedule.next_slot,
            paused_reason: schedule.paused_reason,
        }
    }
}

/// Capture a channel periodically
///
/// Sets the user's schedule; a paused one runs again. Moderators who schedule the same channel share the captures of
/// a slot, and each finds them in the own session.
#[utoipa::path(
    put,
    path = "/channels/{id}/schedule",
    tag = "channels",
    params(("id" = ChannelId, Path)),
    request_body = ScheduleRequest,
    responses((status = 200, body = Schedule), BadRequest, ChannelForbidden, TwitchUnusable)
)]
pub(crate) async fn put_schedule(
    State(app): State<App>,
    user: CurrentUser,
    PathId(channel): PathId<ChannelId>,
    JsonBody(request): JsonBody<ScheduleRequest>,
) -> Result<Json<Schedule>, Problem> {
    let ScheduleRequest { interval_minutes, only_live } = request;
    if !INTERVALS.contains(&interval_minutes) {
        let detail = "`interval_minutes` is a number from 1 to 60.";
        return Err(Problem::bad_request("interval_invalid", detail));
    }
    access::require(&app, user.id(), &[channel]).await?;
    let now = app.clock.now();
    let schedule =
        db::schedules::set(&app.pool, channel, user.id(), interval_minutes, only_live, now).await?;
    tracing::info!(user_id = %user.id(), channel_id = %channel, interval_minutes, "schedules.set");
    events::publish(&app.redis, &[user.id()], &Event::ScheduleChanged { channel_id: channel }).await;
    Ok(Json(schedule.into()))
}

/// Stop capturing a channel periodically
#[utoipa::path(
    delete,
    path = "/channels/{id}/schedule",
    tag = "channels",
    params(("id" = ChannelId, Path)),
    responses((status = 204, description = "Stopped."), BadRequest, ScheduleNotFound)
)]
pub(crate) async fn delete_schedule(
    State(app): State<App>,
    user: CurrentUser,
    PathId(channel): PathId<ChannelId>,
) -> Result<StatusCode, Problem> {
    if db::schedules::remove(&app.pool, channel, user.id()).await? {
        tracing::info!(user_id = %user.id(), channel_id = %channel, "schedules.removed");
        events::publish(&app.redis, &[user.id()], &Event::ScheduleChanged { channel_id: channel }).await;
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::not_found("schedule"))
    }
}
