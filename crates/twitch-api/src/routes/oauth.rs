//! Logging in: where to send the browser, and what it brings back.

use axum::{Json, extract::State};
use common::clients::twitch_api::{AuthorizeAnswer, AuthorizeRequest, ExchangeAnswer, ExchangeRequest};

use super::{DEFAULT_DEADLINE, channels};
use crate::{
    App, TwitchError,
    extract::{self, Deadline},
};

/// The address of Twitch's consent page, with the caller's `state`.
pub(crate) async fn authorize(
    State(app): State<App>,
    extract::Json(request): extract::Json<AuthorizeRequest>,
) -> Json<AuthorizeAnswer> {
    Json(AuthorizeAnswer { url: app.tokens.authorize_url(request.state) })
}

/// Turns a code into a stored token, and says whose it is.
pub(crate) async fn exchange(
    State(app): State<App>,
    deadline: Deadline,
    extract::Json(request): extract::Json<ExchangeRequest>,
) -> Result<Json<ExchangeAnswer>, TwitchError> {
    let login = app.tokens.login(&request.code.into()).await?;
    let mut session = app.helix.as_user(login.user, deadline.or(DEFAULT_DEADLINE)).await?;
    let user = session.myself().await?;
    channels::forget(&app, login.user).await;
    Ok(Json(ExchangeAnswer { user, scopes: login.scopes }))
}
