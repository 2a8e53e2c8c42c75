//! Who is in a channel's chat: one JSON line per page, as it arrives, then the outcome.
//!
//! What goes wrong before the first page is a problem document; later the status has been sent, and a line says it.

use std::time::Duration;

use axum::{
    body::Body,
    extract::State,
    http::header,
    response::{IntoResponse as _, Response},
};
use bytes::Bytes;
use common::{
    clients::twitch_api::ChattersLine,
    ids::{ChannelId, UserId},
    problem::chain,
    request_id,
};
use futures_util::Stream;
use serde::Deserialize;

use crate::{
    App, TwitchError,
    extract::{Deadline, Path, Query},
    helix::Walk,
};

/// How long a reading may take for a caller who does not say: a hundred pages, and a wait for budget.
const DEFAULT_DEADLINE: Duration = Duration::from_secs(150);

#[derive(Debug, Deserialize)]
pub(crate) struct OnBehalf {
    #[serde(rename = "as")]
    user: UserId,
}

/// Streams the chatters of `channel` as its moderator `?as=` sees them.
pub(crate) async fn stream(
    State(app): State<App>,
    deadline: Deadline,
    Path(channel): Path<ChannelId>,
    Query(OnBehalf { user }): Query<OnBehalf>,
) -> Result<Response, TwitchError> {
    let session = app.helix.as_user(user, deadline.or(DEFAULT_DEADLINE)).await?;
    let mut walk = Walk::new(session, channel, user);
    let first = walk.next_line().await?;
    let lines = Body::from_stream(lines(first, walk));
    Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], lines).into_response())
}

/// The caller's pace is ours: the next page is asked for when the last one has been taken.
fn lines(
    first: Option<Bytes>,
    mut walk: Walk,
) -> impl Stream<Item = Result<Bytes, std::convert::Infallible>> {
    let request = request_id::current();
    async_stream::stream! {
        let mut next = first;
        while let Some(line) = next {
            yield Ok(line);
            next = match request_id::scope(request.clone(), walk.next_line()).await {
                Ok(next) => next,
                Err(error) => {
                    tracing::warn!(request_id = request, cause = chain(&error), "chatters.broken_off");
                    yield Ok(problem(&error));
                    return;
                }
            };
        }
    }
}

fn problem(error: &TwitchError) -> Bytes {
    let mut line = serde_json::to_vec(&ChattersLine::Failed { problem: error.line() }).unwrap_or_default();
    line.push(b'\n');
    line.into()
}
