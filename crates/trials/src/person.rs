//! Somebody at a browser: logs in through the simulator's consent page and asks the gateway, over real HTTP.

use std::collections::BTreeMap;

use reqwest::{Client, Method, Response, header};
use serde_json::Value;
use url::Url;

use crate::Result;

/// A logged-in person.
#[derive(Debug)]
pub struct Person {
    http: Client,
    gateway: String,
    cookies: BTreeMap<String, String>,
    request_id: Option<String>,
}

impl Person {
    /// Logs in as the simulator's `user_id`, allowing everything.
    ///
    /// # Errors
    /// When a step of the login answers something else than a redirect, or the gateway does not know us afterwards.
    pub async fn log_in(gateway: &str, user_id: &str) -> Result<Self> {
        let http = crate::http()?;
        let mut person =
            Self { http, gateway: gateway.to_owned(), cookies: BTreeMap::new(), request_id: None };
        let consent = person.follow(&format!("{gateway}/auth/login")).await?;
        let mut form: Vec<(String, String)> = consent.query_pairs().into_owned().collect();
        form.push(("user_id".to_owned(), user_id.to_owned()));
        form.push(("decision".to_owned(), "allow".to_owned()));
        let mut page = consent.clone();
        page.set_query(None);
        let allowed = person.http.post(page).form(&form).send().await?;
        let callback = location(&allowed)?;
        let landed = person.follow(callback.as_str()).await?;
        if landed.query_pairs().any(|(name, _)| name == "error") {
            return Err(format!("the login was refused: {landed}").into());
        }
        person.get("/api/v1/me").await?;
        Ok(person)
    }

    /// Follows one redirect, keeping cookies.
    async fn follow(&mut self, url: &str) -> Result<Url> {
        let response = self.request(Method::GET, url).send().await?;
        for cookie in response.headers().get_all(header::SET_COOKIE) {
            let pair = cookie.to_str()?.split(';').next().unwrap_or_default();
            if let Some((name, value)) = pair.split_once('=') {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        location(&response)
    }

    fn request(&self, method: Method, url: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(method, url);
        let request = match &self.request_id {
            Some(id) => request.header("x-request-id", id),
            None => request,
        };
        request.header(header::COOKIE, self.cookie_header()).header("sec-fetch-site", "same-origin")
    }

    /// From now on each request carries this id.
    #[must_use]
    pub fn followed_as(mut self, request_id: &str) -> Self {
        self.request_id = Some(request_id.to_owned());
        self
    }

    /// The JSON at a path of the gateway.
    ///
    /// # Errors
    /// When the answer is not a success; the error says what it was.
    pub async fn get(&self, path: &str) -> Result<Value> {
        json(self.request(Method::GET, &format!("{}{path}", self.gateway)).send().await?).await
    }

    /// Posts JSON to a path of the gateway.
    ///
    /// # Errors
    /// When the answer is not a success; the error says what it was.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        json(self.request(Method::POST, &format!("{}{path}", self.gateway)).json(body).send().await?).await
    }

    /// The cookies as a header, for clients such as wrk.
    #[must_use]
    pub fn cookie_header(&self) -> String {
        self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }
}

fn location(response: &Response) -> Result<Url> {
    let location = response
        .headers()
        .get(header::LOCATION)
        .ok_or_else(|| format!("{} redirects nowhere", response.url()))?;
    Ok(response.url().join(location.to_str()?)?)
}

/// An answer that is no success.
#[derive(Debug)]
pub struct Refusal {
    pub status: u16,
    /// The stable code of the problem document, if it is one.
    pub code: Option<String>,
    what: String,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for Refusal {}

async fn json(response: Response) -> Result<Value> {
    let (status, url) = (response.status(), response.url().clone());
    let text = response.text().await?;
    if !status.is_success() {
        let problem: Option<Value> = serde_json::from_str(&text).ok();
        let code = problem.and_then(|problem| Some(problem["code"].as_str()?.to_owned()));
        let what = format!("{url} answered {status}: {text}");
        return Err(Refusal { status: status.as_u16(), code, what }.into());
    }
    Ok(if text.is_empty() { Value::Null } else { serde_json::from_str(&text)? })
}
