//! The description of the API, made from the routes themselves.

use std::sync::LazyLock;

use axum::http::header;
use axum::response::IntoResponse;
use common::{events::Event, problem::ProblemDocument};
use utoipa::{
    OpenApi,
    openapi::{
        Content, Ref, RefOr, Response,
        path::Operation,
        security::{ApiKey, ApiKeyValue, SecurityRequirement, SecurityScheme},
    },
};

use crate::router;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Twitch Chatters Analyser",
        description = "Who is in a Twitch channel's chat, over time.\n\n\
            Ids are strings, times RFC 3339 in UTC. Errors are problem documents (RFC 9457); programs decide by `code`. \
            Requests act for whoever logged in with the browser; those that change something must come from the site's \
            own pages (`Sec-Fetch-Site: same-origin`, or `Origin` where that header is absent).",
        license(name = "MIT", identifier = "MIT")
    ),
    components(schemas(ProblemDocument, Event)),
    tags(
        (name = "auth", description = "Logging in and out"),
        (name = "people", description = "Who is asking"),
        (name = "channels", description = "Channels that the user may look into"),
        (name = "captures", description = "Captures and their jobs"),
        (name = "sessions", description = "Analysis sessions: selections of captures"),
        (name = "questions", description = "What captures tell"),
        (name = "live", description = "What happens, while it happens")
    )
)]
struct Base;

/// What the routes are added to.
pub(crate) fn base() -> utoipa::openapi::OpenApi {
    Base::openapi()
}

/// The document as indented JSON.
#[must_use]
pub fn text() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| {
        let (_, mut document) = router::routes();
        complete(&mut document);
        // Maps with string keys only: it cannot fail.
        serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
    });
    &TEXT
}

/// Serves the document.
pub(crate) async fn serve() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-cache")], text())
}

/// Adds what is the same for all routes of the API.
fn complete(document: &mut utoipa::openapi::OpenApi) {
    let scheme = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::with_description(
        "__Host-session",
        "Set by the login; named `session` in development.",
    )));
    document
        .components
        .get_or_insert_default()
        .security_schemes
        .insert("session".to_owned(), RefOr::T(scheme));
    for (path, item) in &mut document.paths.paths {
        let operations = [&mut item.get, &mut item.put, &mut item.post, &mut item.delete, &mut item.patch];
        for operation in operations.into_iter().flatten() {
            if path.starts_with("/api/") {
                operation.security = Some(vec![SecurityRequirement::new("session", [] as [&str; 0])]);
                answer(operation, "401", "`not_authenticated`: nobody is logged in.");
                answer(
                    operation,
                    "429",
                    "`too_many_requests`: more than one client may ask; see `Retry-After`.",
                );
                answer(
                    operation,
                    "503",
                    "`…_unavailable`: something that is needed does not answer; try again.",
                );
            }
        }
    }
}

fn answer(operation: &mut Operation, status: &str, description: &str) {
    operation.responses.responses.entry(status.to_owned()).or_insert_with(|| RefOr::T(problem(description)));
}

/// A problem document as a response.
pub(crate) fn problem(description: &str) -> Response {
    let schema = Ref::from_schema_name("ProblemDocument");
    utoipa::openapi::ResponseBuilder::new()
        .description(description)
        .content("application/problem+json", Content::new(Some(schema)))
        .build()
}

/// A type that stands for problem responses in the attributes of handlers.
macro_rules! problems {
    ($($(#[$doc:meta])* $name:ident = $status:literal: $description:literal;)*) => {$(
        $(#[$doc])*
        pub(crate) struct $name;

        impl utoipa::IntoResponses for $name {
            fn responses() -> std::collections::BTreeMap<String, utoipa::openapi::RefOr<Response>> {
                [($status.to_owned(), RefOr::T(problem($description)))].into()
            }
        }
    )*};
}

problems! {
    BadRequest = "400": "`id_invalid`, `parameter_invalid`, `cursor_invalid`, `body_invalid`: the request is malformed.";
    ChannelForbidden = "403": "`channel_forbidden`: Twitch does not list the user as a moderator of a channel; `csrf_refused`.";
    CsrfRefused = "403": "`csrf_refused`: another site caused the request.";
    CaptureNotFound = "404": "`capture_not_found`: there is none, or it is somebody else's.";
    JobNotFound = "404": "`job_not_found`: there is none, or it is somebody else's.";
    AccountNotFound = "404": "`account_not_found`: it was never seen in any chat that we captured.";
    ScheduleNotFound = "404": "`schedule_not_found`: the user has none on this channel.";
    SubjectNotFound = "404": "`session_not_found` and so on: there is none, or it is somebody else's.";
    SessionNotFound = "404": "`session_not_found`: there is none, or it is somebody else's.";
    NotSaved = "409": "`too_many_saved_sessions`: with the `oldest` one, which `replace` may name; `session_expired`.";
    TooSoon = "429": "`export_too_soon`: see `Retry-After`; `too_many_requests`.";
    TwitchUnusable = "409": "`token_lost`: Twitch no longer honours what the user allowed; log in again.";
}
