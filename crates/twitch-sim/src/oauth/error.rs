//! Errors as id.twitch.tv writes them: `{"status":400,"message":"…"}`, without an `error` key.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OauthError {
    pub(crate) status: u16,
    pub(crate) message: &'static str,
}

const fn error(status: u16, message: &'static str) -> OauthError {
    OauthError { status, message }
}

impl OauthError {
    pub(crate) const INVALID_CODE: Self = error(400, "Invalid authorization code");
    pub(crate) const MISSING_CODE: Self = error(400, "missing code");
    pub(crate) const MISSING_CLIENT: Self = error(400, "missing client id");
    pub(crate) const INVALID_CLIENT: Self = error(400, "invalid client");
    pub(crate) const MISSING_SECRET: Self = error(400, "missing client secret");
    pub(crate) const INVALID_SECRET: Self = error(403, "invalid client secret");
    pub(crate) const REDIRECT_MISMATCH: Self =
        error(400, "Parameter redirect_uri does not match registeredURI");
    pub(crate) const MISSING_REFRESH: Self = error(400, "missing refresh token");
    pub(crate) const INVALID_REFRESH: Self = error(400, "Invalid refresh token");
    /// After a password change or a disconnection.
    pub(crate) const SEVERED: Self = error(401, "Invalid refresh token");
    pub(crate) const MISSING_GRANT: Self = error(400, "missing grant type");
    pub(crate) const INVALID_GRANT: Self = error(400, "Invalid grant type");
    pub(crate) const RESPONSE_TYPE: Self = error(400, "response type is not supported");
    pub(crate) const UNKNOWN_USER: Self = error(400, "invalid user");
    pub(crate) const MISSING_TOKEN: Self = error(401, "missing authorization token");
    pub(crate) const INVALID_TOKEN: Self = error(401, "invalid access token");
    pub(crate) const REVOKE_MISSING: Self = error(400, "missing oauth token");
    pub(crate) const REVOKE_INVALID: Self = error(400, "Invalid token");
    pub(crate) const REVOKE_CLIENT: Self = error(404, "client does not exist");
}

impl IntoResponse for OauthError {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::BAD_REQUEST);
        (status, Json(json!({ "status": self.status, "message": self.message }))).into_response()
    }
}
