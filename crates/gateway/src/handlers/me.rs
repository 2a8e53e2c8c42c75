//! Who is asking.

use axum::{Json, extract::State};
use common::{
    clients::{ClientError, twitch_api::GrantAnswer},
    db,
    ids::UserId,
    problem::Problem,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{gateway::App, visitor::CurrentUser};

/// Who is logged in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Me {
    user: UserProfile,
    /// What the user allowed us at Twitch.
    scopes: Vec<String>,
    grant: Grant,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UserProfile {
    id: UserId,
    login: String,
    display_name: String,
    #[schema(required)]
    profile_image_url: Option<String>,
}

/// Whether Twitch still honours what the user allowed us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Grant {
    Valid,
    /// Captures wait until the user logs in again.
    Lost,
    /// It cannot be told at the moment.
    Unknown,
}

/// Who is logged in
#[utoipa::path(get, path = "/me", tag = "people", responses((status = 200, body = Me)))]
pub(crate) async fn me(State(app): State<App>, user: CurrentUser) -> Result<Json<Me>, Problem> {
    let (known, grant) = tokio::join!(db::users::find(&app.pool, user.id()), app.twitch.grant(user.id()));
    // A user who was deleted has nothing to be logged in to.
    let known = known?.ok_or_else(Problem::not_authenticated)?;
    let (grant, scopes) = read(grant, &user);
    let user = UserProfile {
        id: known.id,
        login: known.login,
        display_name: known.display_name,
        profile_image_url: known.profile_image_url,
    };
    Ok(Json(Me { user, scopes, grant }))
}

fn read(answer: Result<GrantAnswer, ClientError>, user: &CurrentUser) -> (Grant, Vec<String>) {
    match answer {
        Ok(answer) if answer.valid => (Grant::Valid, answer.scopes),
        Ok(answer) => (Grant::Lost, answer.scopes),
        Err(error) => {
            tracing::warn!(%error, "me.grant_unknown");
            (Grant::Unknown, user.0.scopes.clone())
        }
    }
}
