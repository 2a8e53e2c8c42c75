//! Every route of the API and of the login. The web page's are in [`crate::pages`], the probes in `common::health`.

use axum::{Router, routing::get};
use utoipa::openapi::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    auth,
    gateway::App,
    handlers::{captures, channels, events, jobs, me, saving, sessions, summary},
    openapi,
};

/// The routes, without their layers, and the document that describes them.
pub(crate) fn routes() -> (Router<App>, OpenApi) {
    let api = OpenApiRouter::default()
        .routes(routes!(me::me))
        .routes(routes!(channels::list_channels))
        .routes(routes!(captures::create_captures, captures::list_captures))
        .routes(routes!(captures::get_capture))
        .routes(routes!(jobs::get_job))
        .routes(routes!(sessions::list_sessions))
        .routes(routes!(sessions::get_session, sessions::delete_session))
        .routes(routes!(saving::save_session))
        .routes(routes!(summary::get_session_summary))
        .routes(routes!(events::stream_events))
        .route("/openapi.json", get(openapi::serve));
    OpenApiRouter::with_openapi(openapi::base())
        .nest("/api/v1", api)
        .routes(routes!(auth::login))
        .routes(routes!(auth::callback))
        .routes(routes!(auth::logout))
        .split_for_parts()
}
