//! A front for the simulator: hands requests on, counts them, and misbehaves on request.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Request, State},
    http::{Response, StatusCode, header},
};
use serde_json::Value;
use url::Url;

type Answer = Box<dyn Fn(&[(String, String)]) -> Value + Send + Sync>;
type Edit = Arc<dyn Fn(&mut Value) + Send + Sync>;

/// What happens to a request instead of, or after, being handed on.
pub enum Fault {
    /// Not handed on; answered with a status and a message as Twitch writes them.
    Status(u16, &'static str),
    /// A status with `Ratelimit-*` headers: limit, remaining, seconds until full.
    Limited(u32, u32),
    /// Refused as a bad identifier if the query is one of these.
    RefuseWhen(Box<dyn Fn(&str) -> bool + Send + Sync>),
    /// Answered with this instead.
    Replace(Answer),
    /// The simulator's answer, changed.
    Edit(Edit),
    /// A whole body that is no JSON.
    Garbage,
    /// The first half of the body under the length of the whole.
    Cut,
}

struct Rule {
    path: &'static str,
    skip: usize,
    times: usize,
    fault: Fault,
}

#[derive(Clone)]
pub struct Front(Arc<Inner>);

struct Inner {
    sim: Url,
    http: reqwest::Client,
    rules: Mutex<Vec<Rule>>,
    seen: Mutex<Vec<String>>,
}

impl Fault {
    /// Changes the simulator's answer.
    pub fn edit(edit: impl Fn(&mut Value) + Send + Sync + 'static) -> Self {
        Self::Edit(Arc::new(edit))
    }
}

impl Front {
    /// A front for the simulator at `sim`, and where it listens.
    pub async fn start(sim: Url) -> (Self, Url) {
        let http = common::http::client(std::time::Duration::from_secs(20)).unwrap();
        let front = Self(Arc::new(Inner { sim, http, rules: Mutex::default(), seen: Mutex::default() }));
        let app = Router::new().fallback(hand_on).with_state(front.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
        tokio::spawn(async move { axum::serve(listener, app).await });
        (front, url)
    }

    /// Misbehaves at the `times` requests to `path` that come after the next `skip`.
    pub fn misbehave(&self, path: &'static str, skip: usize, times: usize, fault: Fault) {
        self.0.rules.lock().unwrap().push(Rule { path, skip, times, fault });
    }

    /// How many requests have contained `part` in their path, query or form.
    pub fn count(&self, part: &str) -> usize {
        self.0.seen.lock().unwrap().iter().filter(|seen| seen.contains(part)).count()
    }

    /// Forgets what it has counted.
    pub fn clear(&self) {
        self.0.seen.lock().unwrap().clear();
    }

    /// Forgets how to misbehave.
    pub fn behave(&self) {
        self.0.rules.lock().unwrap().clear();
    }

    /// Refuses requests to `path` whose query is one of these, as Twitch refuses bad identifiers.
    pub fn refuse_when(&self, path: &'static str, bad: impl Fn(&str) -> bool + Send + Sync + 'static) {
        self.misbehave(path, 0, usize::MAX, Fault::RefuseWhen(Box::new(bad)));
    }

    /// Answers requests to `path` itself.
    pub fn replace(
        &self,
        path: &'static str,
        answer: impl Fn(&[(String, String)]) -> Value + Send + Sync + 'static,
    ) {
        self.misbehave(path, 0, usize::MAX, Fault::Replace(Box::new(answer)));
    }

    fn fault_for(&self, path: &str, query: &str) -> Option<Action> {
        let mut rules = self.0.rules.lock().unwrap();
        let rule = rules.iter_mut().find(|rule| rule.times > 0 && path.ends_with(rule.path))?;
        if rule.skip > 0 {
            rule.skip -= 1;
            return None;
        }
        rule.times -= 1;
        Some(match &rule.fault {
            Fault::Status(status, message) => Action::Answer(refusal(*status, message)),
            Fault::Limited(remaining, seconds) => Action::Answer(limited(*remaining, *seconds)),
            Fault::Garbage => Action::Answer(json(b"<html>nginx</html>".as_slice().into())),
            Fault::Cut => Action::Cut,
            Fault::RefuseWhen(bad) if bad(query) => {
                Action::Answer(refusal(400, "Invalid username(s), email(s), or ID(s). Bad Identifiers."))
            }
            Fault::RefuseWhen(_) => return None,
            Fault::Replace(answer) => {
                let pairs: Vec<_> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
                Action::Answer(json(answer(&pairs).to_string().into()))
            }
            Fault::Edit(edit) => Action::Edit(Arc::clone(edit)),
        })
    }
}

enum Action {
    Answer(Response<Body>),
    Edit(Edit),
    Cut,
}

async fn hand_on(State(front): State<Front>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let path = parts.uri.path().to_owned();
    let asked = format!("{} {} {}", parts.method, parts.uri, String::from_utf8_lossy(&body));
    front.0.seen.lock().unwrap().push(asked);
    let action = front.fault_for(&path, parts.uri.query().unwrap_or_default());
    if let Some(Action::Answer(answer)) = action {
        return answer;
    }
    let mut url = front.0.sim.join(path.trim_start_matches('/')).unwrap();
    url.set_query(parts.uri.query());
    let mut request = front.0.http.request(parts.method, url).body(body);
    for name in ["authorization", "client-id", "content-type"] {
        if let Some(value) = parts.headers.get(name) {
            request = request.header(name, value);
        }
    }
    let answer = request.send().await.unwrap();
    let mut response = Response::builder().status(answer.status());
    for (name, value) in answer.headers() {
        if name.as_str().starts_with("ratelimit")
            || *name == header::LOCATION
            || *name == header::CONTENT_TYPE
        {
            response = response.header(name, value);
        }
    }
    let Ok(mut body) = answer.bytes().await else {
        // The simulator has cut its answer: so do we.
        let cut = futures_util::stream::iter([Err::<Bytes, _>(std::io::Error::other("cut"))]);
        return response.header(header::CONTENT_LENGTH, 1_000).body(Body::from_stream(cut)).unwrap();
    };
    match action {
        Some(Action::Edit(edit)) => {
            let mut value: Value = serde_json::from_slice(&body).unwrap();
            edit(&mut value);
            body = value.to_string().into();
        }
        Some(Action::Cut) => {
            let half = futures_util::stream::iter([
                Ok(body.slice(..body.len() / 2)),
                Err(std::io::Error::other("cut")),
            ]);
            return response
                .header(header::CONTENT_LENGTH, body.len())
                .body(Body::from_stream(half))
                .unwrap();
        }
        _ => {}
    }
    response.body(body.into()).unwrap()
}

fn refusal(status: u16, message: &str) -> Response<Body> {
    let body = serde_json::json!({ "error": "refused", "status": status, "message": message }).to_string();
    let mut response = json(body.into());
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    response
}

fn limited(remaining: u32, seconds: u32) -> Response<Body> {
    let mut response = refusal(429, "Too Many Requests");
    let reset = common::clock::Clock::system().now().timestamp() + i64::from(seconds);
    for (name, value) in
        [("ratelimit-limit", 800), ("ratelimit-remaining", remaining.into()), ("ratelimit-reset", reset)]
    {
        response.headers_mut().insert(name, value.into());
    }
    response
}

fn json(body: Bytes) -> Response<Body> {
    Response::builder().header(header::CONTENT_TYPE, "application/json").body(body.into()).unwrap()
}
