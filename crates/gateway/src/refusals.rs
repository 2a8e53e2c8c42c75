//! What another service's refusal is to our client.
//!
//! Most are handed on as they are. Not a 401: to a browser it says that nobody is logged in here, and that is for the
//! gateway alone to say.

use axum::http::StatusCode;
use common::{clients::ClientError, problem::Problem};

/// The problem that our client is told.
pub(crate) fn explain(error: ClientError) -> Problem {
    match &error {
        ClientError::Refused { problem, .. } if problem.status == StatusCode::UNAUTHORIZED.as_u16() => {
            if problem.code == "token_lost" {
                Problem::new(StatusCode::CONFLICT, "token_lost", problem.detail.clone())
            } else {
                // The services do not agree on their shared token: our mistake, not the visitor's.
                Problem::internal(error)
            }
        }
        _ => error.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(status: u16, code: &str) -> (u16, String) {
        let document = serde_json::json!({ "type": "about:blank", "title": "", "status": status, "code": code,
                                           "detail": "" });
        let problem = Box::new(serde_json::from_value(document).unwrap());
        let told = explain(ClientError::Refused { service: "twitch-api", problem });
        (told.status().as_u16(), told.code().to_owned())
    }

    #[test]
    fn only_the_gateway_says_that_nobody_is_logged_in() {
        assert_eq!(told(401, "token_lost"), (409, "token_lost".to_owned()));
        assert_eq!(told(401, "internal_token_invalid"), (500, "internal".to_owned()));
        assert_eq!(told(503, "twitch_unavailable"), (503, "twitch_unavailable".to_owned()));
        assert_eq!(told(403, "not_moderator"), (403, "not_moderator".to_owned()));
    }
}
