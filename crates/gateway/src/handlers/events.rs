//! Live events as server-sent events.

use std::{convert::Infallible, time::Duration};

use axum::{
    extract::State,
    http::{HeaderMap, HeaderName, StatusCode, header},
    response::{
        IntoResponse, Sse,
        sse::{self, KeepAlive},
    },
};
use common::{
    events::{self, Event, Published},
    problem::Problem,
};
use futures_util::Stream;

use crate::{gateway::App, live::Subscription, visitor::CurrentUser, web_session};

const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// A stream ends after this long, and the browser comes back: so that a session which is over does not stay open.
const LIFETIME: Duration = Duration::from_mins(30);

/// How long a browser waits before it comes back.
const RETRY: Duration = Duration::from_secs(2);

/// Live events
///
/// Server-sent events named by their `type`, each with an `id`, except for `viewers`. A client that reconnects with
/// `Last-Event-ID` is first sent what it missed, as far as that is kept (an hour). Events carry no truth of their own:
/// after a longer absence, ask the API. The stream is closed now and then; clients reconnect.
#[utoipa::path(
    get,
    path = "/events",
    tag = "live",
    params(("Last-Event-ID" = Option<String>, Header, description = "The id of the last event seen.")),
    responses((status = 200, body = Event, content_type = "text/event-stream"))
)]
pub(crate) async fn stream_events(
    State(app): State<App>,
    user: CurrentUser,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Problem> {
    let last = headers.get("last-event-id").and_then(|value| value.to_str().ok()).and_then(Position::parse);
    // Join first, then look back: what happens in between arrives twice rather than never, and is sent once.
    let subscription = app.hub.join(user.id()).ok_or_else(|| {
        let detail = "You have too many pages open that receive live events.";
        Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_streams", detail)
    })?;
    let missed = match last {
        None => Vec::new(),
        Some(last) => events::since(&app.redis, user.id(), &last.to_string()).await.map_err(|error| {
            web_session::unavailable_because("The event store does not answer; try again.").caused_by(error)
        })?,
    };
    let stream = stream(app, subscription, missed);
    let headers = [
        (header::CACHE_CONTROL, "no-cache"),
        // Proxies that would hold the answer back until it is long enough.
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    Ok((headers, Sse::new(stream).keep_alive(KeepAlive::new().interval(KEEP_ALIVE))))
}

fn stream(
    app: App,
    mut subscription: Subscription,
    missed: Vec<Published>,
) -> impl Stream<Item = Result<sse::Event, Infallible>> {
    async_stream::stream! {
        // At once, so that the client knows that the stream is open.
        yield Ok(sse::Event::default().comment("open").retry(RETRY));
        let mut last = Position::default();
        for event in missed {
            last = position(&event).unwrap_or(last);
            yield Ok(message(&event));
        }
        let end = tokio::time::sleep(LIFETIME);
        tokio::pin!(end);
        loop {
            let next = tokio::select! {
                () = app.shutdown.closing() => None,
                () = &mut end => None,
                next = subscription.next() => next,
            };
            let Some(event) = next else { return };
            let is_news = position(&event).is_none_or(|position| position > last);
            if is_news {
                last = position(&event).unwrap_or(last);
                yield Ok(message(&event));
            }
        }
    }
}

fn message(published: &Published) -> sse::Event {
    let json = serde_json::to_value(&published.event).unwrap_or_default();
    let name = json["type"].as_str().unwrap_or("unknown");
    let message = sse::Event::default().event(name).data(json.to_string());
    // An empty id would make the page forget which event was its last.
    match &published.id {
        Some(id) => message.id(id),
        None => message,
    }
}

/// Where it stands in the user's stream; none of an event that is not kept.
fn position(published: &Published) -> Option<Position> {
    published.id.as_deref().and_then(Position::parse)
}

/// An id of a Redis stream: milliseconds and a count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Position(u64, u64);

impl Position {
    fn parse(text: &str) -> Option<Self> {
        let (millis, count) = text.split_once('-')?;
        Some(Self(millis.parse().ok()?, count.parse().ok()?))
    }
}

impl std::fmt::Display for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.0, self.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_in_the_order_of_time() {
        let position = |text| Position::parse(text).unwrap();
        assert!(position("9-1") < position("10-0"));
        assert!(position("10-2") < position("10-10"));
        for bad in ["", "-", "1", "x-1", "1-2-3", "$"] {
            assert_eq!(Position::parse(bad), None, "{bad}");
        }
    }
}
