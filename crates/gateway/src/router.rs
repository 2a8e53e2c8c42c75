//! Every route of the API and of the login. The web page's are in [`crate::pages`], the probes in `common::health`.

use axum::{Router, extract::DefaultBodyLimit, routing::get};
use utoipa::openapi::OpenApi;
use utoipa_axum::{
    router::{OpenApiRouter, UtoipaMethodRouterExt as _},
    routes,
};

use crate::{
    auth,
    gateway::App,
    handlers::{
        about, accounts, captures, channels, compare, events, jobs, me, my_data, questions, saving,
        schedules, sessions, streams, undoing, verdicts,
    },
    openapi,
};

/// The longest body of those that name many accounts, in bytes.
const LONG_BODY: usize = 512 * 1024;

/// The routes, without their layers, and the document that describes them.
pub(crate) fn routes() -> (Router<App>, OpenApi) {
    let api = OpenApiRouter::default()
        .routes(routes!(about::about))
        .routes(routes!(me::me, my_data::delete_me))
        .routes(routes!(my_data::export_me))
        .routes(routes!(channels::list_channels))
        .routes(routes!(captures::create_captures, captures::list_captures))
        .routes(routes!(captures::get_capture))
        .routes(routes!(jobs::get_job))
        .routes(routes!(sessions::list_sessions))
        .routes(routes!(sessions::get_session, sessions::delete_session, undoing::rename_session))
        .routes(routes!(saving::save_session))
        .routes(routes!(undoing::purge_session))
        .routes(routes!(undoing::restore_session))
        .routes(routes!(schedules::put_schedule, schedules::delete_schedule))
        .routes(routes!(streams::list_streams))
        .routes(
            routes!(verdicts::list_verdicts, verdicts::put_verdicts).layer(DefaultBodyLimit::max(LONG_BODY)),
        )
        .routes(routes!(accounts::get_account))
        .routes(routes!(verdicts::put_verdict))
        .routes(routes!(compare::compare))
        .routes(routes!(compare::overlap))
        .merge(OpenApiRouter::with_openapi(questions::document()).merge(questions::routes().into()))
        .routes(routes!(events::stream_events))
        .route("/openapi.json", get(openapi::serve));
    OpenApiRouter::with_openapi(openapi::base())
        .nest("/api/v1", api)
        .routes(routes!(auth::login))
        .routes(routes!(auth::callback))
        .routes(routes!(auth::logout))
        .split_for_parts()
}
