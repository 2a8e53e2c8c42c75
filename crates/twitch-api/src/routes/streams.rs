//! Which channels are live: as the last poll saw it; Twitch is asked about channels that it has not seen yet.

use axum::{
    Json,
    extract::{RawQuery, State},
    response::{IntoResponse, Response},
};
use common::{clients::twitch_api::StreamsAnswer, db, ids::ChannelId, problem::Problem};

use super::DEFAULT_DEADLINE;
use crate::{App, TwitchError, budget::Urgency, extract::Deadline};

/// What one call to Twitch takes.
const MOST: usize = 100;

/// The broadcasts of up to 100 channels, `?id=…&id=…`, that are live.
pub(crate) async fn live(
    State(app): State<App>,
    deadline: Deadline,
    RawQuery(query): RawQuery,
) -> Result<Response, TwitchError> {
    let Some(channels) = ids(query.as_deref().unwrap_or_default()) else {
        return Ok(Problem::bad_request("query_invalid", "Each `id` is a number.").into_response());
    };
    if channels.len() > MOST {
        return Ok(
            Problem::bad_request("too_many_ids", format!("At most {MOST} ids at once.")).into_response()
        );
    }
    let known = app.live.known(&channels).await;
    let mut streams = known.live;
    let cache = if known.unknown.is_empty() { "HIT" } else { "MISS" };
    if !known.unknown.is_empty() {
        let mut session = app.helix.as_app(Urgency::Now, deadline.or(DEFAULT_DEADLINE));
        let asked = session.streams(&known.unknown).await?;
        app.live.keep(&known.unknown, &asked).await;
        // A capture that is made now belongs to its broadcast; the poll may come a minute later.
        if let Err(error) = db::streams::noticed(&app.pool, &asked, app.clock.now()).await {
            tracing::warn!(%error, "streams.not_stored");
        }
        streams.extend(asked);
    }
    Ok(([("x-cache", cache)], Json(StreamsAnswer { streams })).into_response())
}

fn ids(query: &str) -> Option<Vec<ChannelId>> {
    let pairs = url::form_urlencoded::parse(query.as_bytes());
    pairs.filter(|(name, _)| name == "id").map(|(_, id)| id.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_repeat_their_key() {
        assert_eq!(ids("id=1&id=2&x=3").unwrap(), [ChannelId(1), ChannelId(2)]);
        assert!(ids("").unwrap().is_empty());
        assert!(ids("id=1,2").is_none());
    }
}
