//! What the analysis service says about captures, handed on to who may know it.
//!
//! Every question can be asked about a session, a broadcast, one capture, or all captures of a channel. The gateway
//! checks who asks about what; parameters go on as they came, and the analysis service refuses what it does not know.

mod document;

use axum::{
    Router,
    body::Body,
    extract::{Path, State},
    http::{HeaderName, HeaderValue, header},
    response::{IntoResponse as _, Response},
    routing::get,
};
use common::{
    clients::analysis::{Answer, CACHE_HEADER},
    db,
    ids::{CaptureId, ChannelId, SessionUuid, StreamId},
    problem::Problem,
};

pub(crate) use document::document;

use crate::{
    access,
    extract::{Parameters, id},
    gateway::App,
    refusals::explain,
    visitor::CurrentUser,
};

/// What a question may be about, as in the address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Session,
    Stream,
    Capture,
    Channel,
}

impl Kind {
    const ALL: [Self; 4] = [Self::Session, Self::Stream, Self::Capture, Self::Channel];

    /// As in `session:…`.
    pub(super) fn singular(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Stream => "stream",
            Self::Capture => "capture",
            Self::Channel => "channel",
        }
    }

    /// The one that a parameter calls by its name.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.singular() == name)
    }

    /// Lets the user ask about `text`, the id of such a thing; returns the id as we write it.
    ///
    /// # Errors
    /// 404 for what is not there as for what is somebody else's; 403 `channel_forbidden` for a channel.
    pub(super) async fn check(self, app: &App, user: &CurrentUser, text: &str) -> Result<String, Problem> {
        let not_found = || Problem::not_found(self.singular());
        let (channel, canonical) = match self {
            Self::Session => {
                let uuid: SessionUuid = id(text)?;
                let owned = app.owns(user.id(), uuid).await?;
                return if owned { Ok(uuid.to_string()) } else { Err(not_found()) };
            }
            Self::Channel => {
                let channel: ChannelId = id(text)?;
                access::may_read(app, user.id(), &[channel]).await?;
                return Ok(channel.to_string());
            }
            Self::Stream => {
                let stream: StreamId = id(text)?;
                (db::streams::channel_of(&app.pool, stream).await?, stream.to_string())
            }
            Self::Capture => {
                let capture: CaptureId = id(text)?;
                (db::captures::view::channel_of(&app.pool, capture).await?, capture.to_string())
            }
        };
        let allowed = access::may_read(app, user.id(), &[channel.ok_or_else(not_found)?]).await;
        allowed
            .map_err(|problem| if problem.code() == "channel_forbidden" { not_found() } else { problem })?;
        Ok(canonical)
    }
}

/// The questions that can be asked about everything, as in the address; `document` describes them.
const QUESTIONS: [&str; 8] =
    ["evolution", "newcomers", "retention", "participation", "raids", "renames", "creations", "accounts"];

/// Those that can be asked about sessions only.
const OF_SESSIONS: [&str; 2] = ["summary", "overlap"];

/// The routes; [`document`] describes them.
pub(crate) fn routes() -> Router<App> {
    let mut routes = Router::new().route("/{subjects}/{id}/export", get(export));
    for question in QUESTIONS {
        let handler = move |app, user, path: Path<(String, String)>, parameters| {
            ask(app, user, path.0.0, path.0.1, question, parameters)
        };
        routes = routes.route(&format!("/{{subjects}}/{{id}}/{question}"), get(handler));
    }
    for question in OF_SESSIONS {
        let handler = move |app, user, path: Path<String>, parameters| {
            ask(app, user, "sessions".to_owned(), path.0, question, parameters)
        };
        routes = routes.route(&format!("/sessions/{{id}}/{question}"), get(handler));
    }
    routes
}

/// Where the analysis service answers a question about `subjects/id`, when the user may ask it.
async fn allowed(
    app: &App,
    user: &CurrentUser,
    subjects: &str,
    id: &str,
    question: &str,
) -> Result<String, Problem> {
    let kind = subjects.strip_suffix('s').and_then(Kind::named).ok_or_else(|| Problem::not_found("route"))?;
    let id = kind.check(app, user, id).await?;
    Ok(format!("internal/v1/{subjects}/{id}/{question}"))
}

async fn ask(
    State(app): State<App>,
    user: CurrentUser,
    subjects: String,
    id: String,
    question: &'static str,
    parameters: Parameters,
) -> Result<Response, Problem> {
    let path = allowed(&app, &user, &subjects, &id, question).await?;
    Ok(hand_on(app.analysis.ask(&path, &parameters.pairs()).await.map_err(explain)?))
}

async fn export(
    State(app): State<App>,
    user: CurrentUser,
    Path((subjects, id)): Path<(String, String)>,
    parameters: Parameters,
) -> Result<Response, Problem> {
    let path = allowed(&app, &user, &subjects, &id, "export").await?;
    let answer = app.analysis.stream(&path, &parameters.pairs()).await.map_err(explain)?;
    let mut response = Response::builder();
    for name in [header::CONTENT_TYPE, header::CONTENT_DISPOSITION] {
        if let Some(value) = answer.headers().get(&name) {
            response = response.header(name, value);
        }
    }
    response.body(Body::from_stream(answer.bytes_stream())).map_err(Problem::internal)
}

/// The answer's bytes as they came.
pub(super) fn hand_on(answer: Answer) -> Response {
    let cache = HeaderValue::from_static(if answer.hit { "HIT" } else { "MISS" });
    let kind = HeaderValue::from_static("application/json");
    ([(header::CONTENT_TYPE, kind), (HeaderName::from_static(CACHE_HEADER), cache)], answer.body)
        .into_response()
}
