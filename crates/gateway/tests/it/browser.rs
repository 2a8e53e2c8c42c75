//! Somebody's browser: keeps its cookie, follows nothing by itself, and says where its requests come from.

use common::http;
use reqwest::{Method, Response, StatusCode, header};
use serde_json::Value;

pub struct Browser {
    http: reqwest::Client,
    site: String,
    /// `name=value`, as it is sent.
    pub cookie: Option<String>,
    /// The last `Set-Cookie`, whole.
    pub set_cookie: Option<String>,
}

/// An answer, read.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: header::HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub fn location(&self) -> &str {
        assert_eq!(self.status, StatusCode::FOUND, "{self:?}");
        self.header("location")
    }

    /// The stable code of a problem document.
    pub fn code(&self) -> String {
        assert_eq!(self.header("content-type"), "application/problem+json", "{self:?}");
        self.json()["code"].as_str().unwrap().to_owned()
    }

    #[track_caller]
    pub fn is_problem(&self, status: u16, code: &str) {
        assert_eq!((self.status.as_u16(), self.code().as_str()), (status, code), "{self:?}");
    }

    #[track_caller]
    pub fn ok(self) -> Value {
        assert!(self.status.is_success(), "{self:?}");
        self.json()
    }
}

impl Browser {
    pub fn new(site: &str) -> Self {
        let http = http::client(std::time::Duration::from_secs(30)).unwrap();
        Self { http, site: site.trim_end_matches('/').to_owned(), cookie: None, set_cookie: None }
    }

    /// The same cookie at another replica.
    pub fn at(&self, site: &str) -> Self {
        Self { cookie: self.cookie.clone(), ..Self::new(site) }
    }

    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.site));
        match &self.cookie {
            Some(cookie) => request.header(header::COOKIE, cookie),
            None => request,
        }
    }

    pub async fn send(&mut self, request: reqwest::RequestBuilder) -> Answer {
        let response = request.send().await.unwrap();
        self.keep_cookie(&response);
        let (status, headers) = (response.status(), response.headers().clone());
        Answer { status, headers, text: response.text().await.unwrap() }
    }

    fn keep_cookie(&mut self, response: &Response) {
        let Some(set) = response.headers().get(header::SET_COOKIE) else { return };
        let set = set.to_str().unwrap().to_owned();
        let pair = set.split(';').next().unwrap().to_owned();
        let is_removal = set.contains("Max-Age=0");
        self.cookie = (!is_removal).then_some(pair);
        self.set_cookie = Some(set);
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    /// A request that our own page makes.
    pub async fn post(&mut self, path: &str, body: &Value) -> Answer {
        let request = self.request(Method::POST, path).header("sec-fetch-site", "same-origin").json(body);
        self.send(request).await
    }

    pub async fn put(&mut self, path: &str, body: &Value) -> Answer {
        let request = self.request(Method::PUT, path).header("sec-fetch-site", "same-origin").json(body);
        self.send(request).await
    }

    pub async fn patch(&mut self, path: &str, body: &Value) -> Answer {
        let request = self.request(Method::PATCH, path).header("sec-fetch-site", "same-origin").json(body);
        self.send(request).await
    }

    pub async fn delete(&mut self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path).header("sec-fetch-site", "same-origin")).await
    }

    /// Begins a login; the state that Twitch was given.
    pub async fn begin_login(&mut self, path: &str) -> String {
        let answer = self.get(path).await;
        let location = answer.location();
        assert!(location.starts_with("https://id.twitch.example/"), "{location}");
        location.split_once("state=").unwrap().1.to_owned()
    }

    /// Twitch sends the browser back with a code.
    pub async fn come_back(&mut self, state: &str, user: u64) -> Answer {
        self.get(&format!("/auth/callback?code=code-{user}&state={state}")).await
    }

    pub async fn log_in(&mut self, user: u64) {
        let state = self.begin_login("/auth/login").await;
        assert_eq!(self.come_back(&state, user).await.location(), "/channels");
    }
}
