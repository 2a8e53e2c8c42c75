//! What Twitch tells about accounts.

use std::time::Duration;

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use common::{clients::twitch_api::AccountsQuery, problem::Problem};

use crate::{
    App, TwitchError,
    budget::Urgency,
    extract::{self, Deadline},
};

/// What one call to Twitch takes.
const MOST: usize = 100;

/// How long a caller waits for budget who does not say so: a job, which has time.
const DEFAULT_DEADLINE: Duration = Duration::from_secs(25);

/// Describes up to 100 accounts, with the application's token; those that Twitch does not know are named as absent.
pub(crate) async fn describe(
    State(app): State<App>,
    deadline: Deadline,
    extract::Json(query): extract::Json<AccountsQuery>,
) -> Result<Response, TwitchError> {
    if query.ids.len() > MOST {
        return Ok(
            Problem::bad_request("too_many_ids", format!("At most {MOST} ids at once.")).into_response()
        );
    }
    let mut session = app.helix.as_app(Urgency::Spare, deadline.or(DEFAULT_DEADLINE));
    Ok(Json(session.accounts(&query.ids).await?).into_response())
}
