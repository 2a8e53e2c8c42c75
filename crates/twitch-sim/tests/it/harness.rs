//! A simulator of its own for each test, and a client that knows its addresses.

use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use twitch_sim::{Config, Pace};

use crate::schema;

pub const CLIENT: &str = "simclient0000000000000000000000";
pub const SECRET: &str = "simsecret0000000000000000000000";
pub const BACK: &str = "http://localhost:8080/auth/callback";
pub const LEA: &str = "10000001";
pub const PETIT_PIXEL: &str = "10000002";
pub const HARBOR_LIGHT: &str = "10000003";
pub const NIGHT_SHIFT: &str = "10000006";
pub const NEW_FACE: &str = "10000008";
pub const READ_CHATTERS: &str = "moderator:read:chatters";

/// A running simulator whose clock stands still until told otherwise.
#[derive(Debug)]
pub struct Sim {
    pub base: String,
    http: Client,
    _stop: oneshot::Sender<()>,
}

/// Somebody logged in.
#[derive(Debug, Clone)]
pub struct Login {
    pub access: String,
    pub refresh: String,
}

impl Sim {
    pub async fn start() -> Self {
        // Twelve o'clock on a Tuesday.
        Self::start_with(Config {
            start: DateTime::<Utc>::from_timestamp(1_796_126_400, 0),
            pace: Pace::Stepped,
            ..Config::default()
        })
        .await
    }

    pub async fn start_with(config: Config) -> Self {
        // An error means that another test installed it first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let (stop, stopped) = oneshot::channel::<()>();
        tokio::spawn(twitch_sim::run(config, listener, async {
            let _ = stopped.await;
        }));
        let http = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(30))
            .build()
            .unwrap();
        Self { base, http, _stop: stop }
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base))
    }

    /// A control call that must succeed; its JSON, or null.
    pub async fn control(&self, method: Method, path: &str, body: Value) -> Value {
        let response = self.request(method, &format!("/sim{path}")).json(&body).send().await.unwrap();
        let status = response.status();
        let text = response.text().await.unwrap();
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }

    pub async fn fault(&self, endpoint: &str, kind: &str, more: Value) {
        let mut rule = json!({ "endpoint": endpoint, "kind": kind });
        rule.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
        self.control(Method::POST, "/faults", rule).await;
    }

    /// Answers the consent page.
    pub async fn consent(&self, fields: &[(&str, &str)]) -> Response {
        self.request(Method::POST, "/oauth2/authorize").form(fields).send().await.unwrap()
    }

    pub async fn code(&self, user: &str, scope: &str) -> String {
        let fields = [
            ("client_id", CLIENT),
            ("redirect_uri", BACK),
            ("scope", scope),
            ("state", "s"),
            ("user_id", user),
            ("decision", "allow"),
        ];
        let response = self.consent(&fields).await;
        assert_eq!(response.status(), 302);
        query(&location(&response), "code").unwrap()
    }

    pub async fn token(&self, fields: &[(&str, &str)]) -> (u16, Value) {
        let mut all = vec![("client_id", CLIENT), ("client_secret", SECRET)];
        all.extend_from_slice(fields);
        answer(self.request(Method::POST, "/oauth2/token").form(&all)).await
    }

    pub async fn log_in(&self, user: &str, scope: &str) -> Login {
        let code = self.code(user, scope).await;
        let (status, token) = self
            .token(&[("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", BACK)])
            .await;
        assert_eq!(status, 200, "{token}");
        Login { access: text(&token["access_token"]), refresh: text(&token["refresh_token"]) }
    }

    pub async fn app(&self) -> Login {
        let (_, token) = self.token(&[("grant_type", "client_credentials")]).await;
        Login { access: text(&token["access_token"]), refresh: String::new() }
    }

    pub fn helix(&self, login: &Login, method: Method, path: &str) -> RequestBuilder {
        self.request(method, &format!("/helix{path}")).bearer_auth(&login.access).header("Client-Id", CLIENT)
    }

    pub async fn get(&self, login: &Login, path: &str) -> (u16, Value) {
        answer(self.helix(login, Method::GET, path)).await
    }

    pub async fn chatters(&self, login: &Login, channel: &str, more: &str) -> (u16, Value) {
        let path = format!("/chat/chatters?broadcaster_id={channel}&moderator_id={LEA}{more}");
        self.get(login, &path).await
    }

    /// Who is really there, sorted.
    pub async fn truth(&self, channel: &str) -> Vec<String> {
        let truth = self.control(Method::GET, &format!("/channels/{channel}/truth"), Value::Null).await;
        sorted(truth["ids"].as_array().unwrap().iter().map(text).collect())
    }

    pub async fn advance(&self, seconds: f64) {
        self.control(Method::PUT, "/clock", json!({ "advance_seconds": seconds })).await;
    }
}

/// Status and body, which must be as the reference says.
pub async fn answer(request: RequestBuilder) -> (u16, Value) {
    let (http, request) = request.build_split();
    let request = request.unwrap();
    let (method, path) = (request.method().clone(), request.url().path().to_owned());
    let response = http.execute(request).await.unwrap();
    let status = response.status();
    let text = response.text().await.unwrap();
    schema::check(&method, &path, status, &text);
    (status.as_u16(), serde_json::from_str(&text).unwrap_or(Value::Null))
}

/// The status of an answer whose body a fault has spoilt, and the body.
pub async fn spoilt(request: RequestBuilder) -> (u16, String) {
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

pub fn location(response: &Response) -> String {
    response.headers()["location"].to_str().unwrap().to_owned()
}

pub fn query(url: &str, key: &str) -> Option<String> {
    let url = url::Url::parse(url).unwrap();
    url.query_pairs().find(|(name, _)| name == key).map(|(_, value)| value.into_owned())
}

pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

pub fn sorted(mut ids: Vec<String>) -> Vec<String> {
    ids.sort();
    ids
}

/// Ids of a page of chatters.
pub fn ids(page: &Value) -> Vec<String> {
    page["data"].as_array().unwrap().iter().map(|row| text(&row["user_id"])).collect()
}

pub fn cursor(page: &Value) -> Option<&str> {
    page["pagination"]["cursor"].as_str()
}
