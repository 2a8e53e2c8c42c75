//! Twitch's OAuth endpoints. Requests are forms; the crate `oauth2` builds the authorization URL only, since its own
//! HTTP client would be a second one.

use std::{
    fmt,
    time::{Duration, Instant},
};

use common::metrics;
use oauth2::{AuthUrl, ClientId, CsrfToken, RedirectUrl, Scope, basic::BasicClient};
use reqwest::{RequestBuilder, StatusCode};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, de::DeserializeOwned};
use url::Url;

use super::{
    SCOPES,
    answers::{TokenAnswer, Validation},
};
use crate::{TwitchConfig, TwitchError, breaker::Breaker};

/// Calls Twitch's OAuth endpoints as this application.
pub struct OAuth {
    http: reqwest::Client,
    client_id: String,
    client_secret: SecretString,
    redirect_url: Url,
    authorize: Url,
    token: Url,
    validate: Url,
    revoke: Url,
    timeout: Duration,
    breaker: Breaker,
}

/// What an OAuth endpoint says besides success.
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) message: String,
}

enum Failure {
    Refused(Refusal),
    Other(TwitchError),
}

impl OAuth {
    /// # Errors
    /// When the configured URL cannot be extended.
    pub fn new(config: &TwitchConfig, http: reqwest::Client) -> Result<Self, url::ParseError> {
        Ok(Self {
            http,
            client_id: config.client_id.clone(),
            client_secret: config.client_secret.clone(),
            redirect_url: config.redirect_url.clone(),
            authorize: config.oauth_url.join("authorize")?,
            token: config.oauth_url.join("token")?,
            validate: config.oauth_url.join("validate")?,
            revoke: config.oauth_url.join("revoke")?,
            timeout: config.timeout,
            breaker: Breaker::new("oauth"),
        })
    }

    /// `force_verify` stays unset: who has allowed the same before is not asked again.
    pub(super) fn authorize_url(&self, state: String) -> Url {
        let client = BasicClient::new(ClientId::new(self.client_id.clone()))
            .set_auth_uri(AuthUrl::from_url(self.authorize.clone()))
            .set_redirect_uri(RedirectUrl::from_url(self.redirect_url.clone()));
        let scopes = SCOPES.iter().map(|scope| Scope::new((*scope).to_owned()));
        client.authorize_url(|| CsrfToken::new(state)).add_scopes(scopes).url().0
    }

    /// Trades the code of a login for tokens.
    pub(super) async fn exchange(&self, code: &SecretString) -> Result<TokenAnswer, TwitchError> {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code.expose_secret()),
            ("redirect_uri", self.redirect_url.as_str()),
        ];
        self.ask_token(&form).await.map_err(|failure| match failure {
            Failure::Refused(refusal) if refusal.status == 400 && refusal.names("code") => {
                TwitchError::InvalidCode
            }
            failure => failure.into(),
        })
    }

    /// Trades a refresh token for new tokens. The inner error is Twitch's verdict that the grant is dead.
    pub(super) async fn refresh(
        &self,
        token: &SecretString,
    ) -> Result<Result<TokenAnswer, &'static str>, TwitchError> {
        let form = [("grant_type", "refresh_token"), ("refresh_token", token.expose_secret())];
        match self.ask_token(&form).await {
            Ok(answer) => Ok(Ok(answer)),
            // Ours to mend, not the user's: unknown client, missing secret.
            Err(Failure::Refused(refusal)) if refusal.names("client") => {
                Err(Failure::Refused(refusal).into())
            }
            Err(Failure::Refused(Refusal { status: 400, .. })) => Ok(Err("refresh_token_invalid")),
            Err(Failure::Refused(Refusal { status: 401, .. })) => Ok(Err("grant_revoked")),
            Err(failure) => Err(failure.into()),
        }
    }

    /// A token for the application itself.
    pub(super) async fn client_credentials(&self) -> Result<TokenAnswer, TwitchError> {
        Ok(self.ask_token(&[("grant_type", "client_credentials")]).await?)
    }

    /// Whose token it is, or `None` when Twitch does not honour it.
    pub(super) async fn validate(&self, token: &SecretString) -> Result<Option<Validation>, TwitchError> {
        let request = self.http.get(self.validate.clone()).header("authorization", authorization(token)?);
        match self.ask::<Validation>("oauth_validate", request).await {
            Ok(validation) if validation.client_id == self.client_id => Ok(Some(validation)),
            Ok(_) => Err(TwitchError::Misconfigured("a token of another application".to_owned())),
            Err(Failure::Refused(Refusal { status: 401, .. })) => Ok(None),
            Err(failure) => Err(failure.into()),
        }
    }

    /// Tells Twitch to forget a token. `false`: Twitch does not know it (any more).
    pub(super) async fn revoke(&self, token: &SecretString) -> Result<bool, TwitchError> {
        let form = [("client_id", self.client_id.as_str()), ("token", token.expose_secret())];
        let request = self.http.post(self.revoke.clone()).form(&form);
        match self.send("oauth_revoke", request).await {
            Ok(_) => Ok(true),
            Err(Failure::Refused(Refusal { status: 400, .. })) => Ok(false),
            Err(failure) => Err(failure.into()),
        }
    }

    async fn ask_token(&self, form: &[(&str, &str)]) -> Result<TokenAnswer, Failure> {
        let mut form = form.to_vec();
        form.push(("client_id", &self.client_id));
        form.push(("client_secret", self.client_secret.expose_secret()));
        self.ask("oauth_token", self.http.post(self.token.clone()).form(&form)).await
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        endpoint: &'static str,
        request: RequestBuilder,
    ) -> Result<T, Failure> {
        let body = self.send(endpoint, request).await?;
        // Not the parser's own words: they can quote the body, and there are tokens in it.
        serde_json::from_slice(&body).map_err(|error| {
            Failure::Other(TwitchError::Protocol(format!("{endpoint}: {:?}", error.classify())))
        })
    }

    /// Sends; repeats once what was answered with a 5xx, as that changed nothing.
    async fn send(&self, endpoint: &'static str, request: RequestBuilder) -> Result<bytes::Bytes, Failure> {
        let again = request.try_clone();
        match (self.send_once(endpoint, request).await, again) {
            (Err(Failure::Refused(Refusal { status: 500.., .. })), Some(again)) => {
                self.send_once(endpoint, again).await
            }
            (outcome, _) => outcome,
        }
    }

    async fn send_once(
        &self,
        endpoint: &'static str,
        request: RequestBuilder,
    ) -> Result<bytes::Bytes, Failure> {
        self.breaker.admit().map_err(|retry_after| {
            let what = "OAuth has been down".to_owned();
            Failure::Other(TwitchError::Unavailable { what, retry_after, source: None })
        })?;
        let started = Instant::now();
        let outcome = tokio::time::timeout(self.timeout, async {
            let response = request.send().await?;
            Ok((response.status(), response.bytes().await?))
        })
        .await;
        metrics::twitch::DURATION.with_label_values(&[endpoint]).observe(started.elapsed().as_secs_f64());
        let status = outcome
            .as_ref()
            .ok()
            .and_then(|answer| answer.as_ref().ok())
            .map_or(0, |(status, _)| status.as_u16());
        metrics::twitch::REQUESTS.with_label_values(&[endpoint, &status.to_string()]).inc();
        if status == 0 || status >= 500 {
            self.breaker.failed();
        } else {
            self.breaker.succeeded();
        }
        match outcome {
            Err(_) => Err(Failure::Other(TwitchError::down(format!("{endpoint} took too long")))),
            Ok(Err(error)) => Err(Failure::Other(no_answer(endpoint, error))),
            Ok(Ok((StatusCode::OK, body))) => Ok(body),
            Ok(Ok((status, body))) => Err(Failure::Refused(Refusal::read(status, &body))),
        }
    }
}

fn authorization(token: &SecretString) -> Result<reqwest::header::HeaderValue, TwitchError> {
    let mut value = reqwest::header::HeaderValue::from_str(&format!("OAuth {}", token.expose_secret()))
        .map_err(|_| TwitchError::Protocol("a token that does not fit into a header".to_owned()))?;
    value.set_sensitive(true);
    Ok(value)
}

fn no_answer(endpoint: &'static str, error: reqwest::Error) -> TwitchError {
    TwitchError::Unavailable {
        what: format!("{endpoint} gave no answer"),
        retry_after: Duration::from_secs(5),
        source: Some(error.without_url()),
    }
}

impl Refusal {
    fn read(status: StatusCode, body: &[u8]) -> Self {
        #[derive(Deserialize)]
        struct Wire {
            message: String,
        }
        let message = serde_json::from_slice::<Wire>(body).map(|wire| wire.message).unwrap_or_default();
        Self { status: status.as_u16(), message }
    }

    /// Twitch's messages are no interface, but here nothing else tells the cases apart.
    fn names(&self, word: &str) -> bool {
        self.message.to_ascii_lowercase().contains(word)
    }
}

impl From<Failure> for TwitchError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Other(error) => error,
            Failure::Refused(refusal) => match refusal.status {
                500.. | 429 => Self::down(format!("OAuth answered {}", refusal.status)),
                400 | 401 | 403 | 404 => Self::Misconfigured(refusal.message),
                status => Self::Refused { status, message: refusal.message },
            },
        }
    }
}

impl fmt::Debug for OAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OAuth").field("token", &self.token.as_str()).finish_non_exhaustive()
    }
}
