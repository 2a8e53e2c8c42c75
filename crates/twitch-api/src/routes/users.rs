//! What a user allowed us.

use axum::{Json, extract::State, http::StatusCode};
use common::{clients::twitch_api::GrantAnswer, ids::UserId};

use super::channels;
use crate::{App, TwitchError, extract::Path, tokens::Grant};

/// The user logs out: the token is revoked unless something scheduled needs it.
pub(crate) async fn logout(
    State(app): State<App>,
    Path(user): Path<UserId>,
) -> Result<StatusCode, TwitchError> {
    app.tokens.logout(user).await?;
    channels::forget(&app, user).await;
    Ok(StatusCode::NO_CONTENT)
}

/// Whether the permission is there and honoured.
pub(crate) async fn grant(
    State(app): State<App>,
    Path(user): Path<UserId>,
) -> Result<Json<GrantAnswer>, TwitchError> {
    Ok(Json(match app.tokens.grant(user).await? {
        Grant::Valid(scopes) => GrantAnswer { valid: true, scopes, reason: None },
        Grant::Lost { scopes, reason } => GrantAnswer { valid: false, scopes, reason: Some(reason) },
        Grant::None => {
            GrantAnswer { valid: false, scopes: Vec::new(), reason: Some("logged_out".to_owned()) }
        }
    }))
}
