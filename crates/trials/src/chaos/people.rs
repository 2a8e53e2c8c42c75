//! People at work during a trial: everything that is started, and somebody who asks for captures all the time.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use devstack::{Service, Stack, StackBuilder};
use serde_json::{Value, json};
use tokio::{
    task::JoinHandle,
    time::{Instant, sleep},
};

use crate::{
    Result,
    figures::{Figures, float},
    person::{Person, Refusal},
    stage::{Stage, for_trials},
};

/// The simulator's person who moderates most rooms, and small rooms among them.
const MODERATOR: &str = "10000001";
const ROOMS: [&str; 3] = ["10000001", "10000002", "10000003"];
/// Between two requests.
const PAUSE: Duration = Duration::from_millis(100);
/// After this long a request has not been answered.
const BOUND: Duration = Duration::from_secs(35);

/// Everything, with variables for trials.
///
/// # Errors
/// When a process does not start.
pub async fn stage(more: impl FnOnce(StackBuilder) -> StackBuilder) -> Result<Arc<Stage>> {
    let builder = for_trials(Stack::builder())
        .simulator_env("SIM_RATE_LIMIT", "off")
        .env(Service::Gateway, "GATEWAY_REQUESTS_PER_MINUTE", "1000000")
        .env(Service::TwitchApi, "RATE_LIMIT_REQUESTS_PER_SECOND", "10000");
    Ok(Arc::new(Stage::of(more(builder).start().await?).await?))
}

/// What somebody was told.
#[derive(Clone, Debug, Default)]
pub struct Answers {
    /// Captures that were promised: 202.
    pub promised: BTreeSet<String>,
    /// Other requests that were answered.
    pub served: u32,
    /// Refusals that say by a code what is the matter.
    pub refused: u32,
    /// And their codes.
    pub refusals: BTreeSet<String>,
    /// Logged in again.
    pub logins: u32,
    /// No answer, or one that says nothing.
    pub unclear: u32,
    /// The longest wait, in seconds.
    pub slowest: f64,
}

/// Somebody who asks all the time, until stopped.
#[derive(Debug)]
pub struct Asker {
    answers: Arc<Mutex<Answers>>,
    stop: tokio::sync::watch::Sender<bool>,
    asking: JoinHandle<()>,
}

impl Asker {
    /// Logs in and begins.
    ///
    /// # Errors
    /// When the login fails.
    pub async fn begin(stage: &Stage) -> Result<Self> {
        Self::start(stage, false).await
    }

    /// As [`begin`](Self::begin), and looks at channels and summaries too, so that every service is asked.
    ///
    /// # Errors
    /// When the login fails.
    pub async fn looking_around(stage: &Stage) -> Result<Self> {
        Self::start(stage, true).await
    }

    async fn start(stage: &Stage, looks: bool) -> Result<Self> {
        let answers = Arc::new(Mutex::new(Answers::default()));
        let (stop, stopped) = tokio::sync::watch::channel(false);
        let gateway = stage.stack.public_url().to_owned();
        let person = Person::log_in(&gateway, MODERATOR).await?;
        let asking = tokio::spawn(ask(gateway, person, looks, answers.clone(), stopped));
        Ok(Self { answers, stop, asking })
    }

    /// What was answered so far.
    #[must_use]
    pub fn answers(&self) -> Answers {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Stops asking; what was answered in all.
    pub async fn end(self) -> Answers {
        self.stop.send_replace(true);
        let Self { answers, asking, .. } = self;
        asking.await.ok();
        let answers = answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers.clone()
    }
}

async fn ask(
    gateway: String,
    mut person: Person,
    looks: bool,
    answers: Arc<Mutex<Answers>>,
    stopped: tokio::sync::watch::Receiver<bool>,
) {
    let capture = json!({ "channel_ids": ROOMS });
    let mut turn = 0_u32;
    let mut summary: Option<String> = None;
    while !*stopped.borrow() {
        turn += 1;
        let asked = Instant::now();
        let outcome = match (turn % 3, &summary) {
            (0, _) => bounded(person.post("/api/v1/captures", &capture)).await,
            (1, Some(path)) if turn.is_multiple_of(2) => bounded(person.get(path)).await,
            (1, _) => bounded(person.get("/api/v1/me")).await,
            _ if looks && turn.is_multiple_of(2) => bounded(person.get("/api/v1/channels")).await,
            _ => bounded(person.get("/api/v1/sessions")).await,
        };
        let mut login = false;
        {
            let mut answers = answers.lock().unwrap_or_else(PoisonError::into_inner);
            answers.slowest = answers.slowest.max(asked.elapsed().as_secs_f64());
            match &outcome {
                Ok(answer) => {
                    answers.served += 1;
                    answers.promised.extend(captures_in(answer));
                    if looks && let Some(session) = answer["session"].as_str() {
                        summary = Some(format!("/api/v1/sessions/{session}/summary"));
                    }
                }
                Err(error) => match error.downcast_ref::<Refusal>() {
                    Some(refusal) if refusal.status == 401 => login = true,
                    // A 500 has a code too, and says nothing.
                    Some(refusal) if refusal.code.is_some() && refusal.status != 500 => {
                        answers.refused += 1;
                        answers.refusals.insert(refusal.code.clone().unwrap_or_default());
                    }
                    _ => {
                        answers.unclear += 1;
                        eprintln!("  unclear: {error}");
                    }
                },
            }
        }
        // The web session was in the emptied Redis.
        if login && let Ok(again) = bounded(Person::log_in(&gateway, MODERATOR)).await {
            person = again;
            answers.lock().unwrap_or_else(PoisonError::into_inner).logins += 1;
        }
        sleep(PAUSE).await;
    }
}

async fn bounded<T>(asking: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::time::timeout(BOUND, asking).await.unwrap_or_else(|_| Err("no answer in time".into()))
}

/// The captures that an answer promises, if it does.
fn captures_in(answer: &Value) -> Vec<String> {
    let jobs = answer["jobs"].as_array().into_iter().flatten();
    jobs.filter_map(|job| job["capture_id"].as_str().map(str::to_owned)).collect()
}

impl Answers {
    /// Adds what somebody else was told.
    pub fn add(&mut self, other: Self) {
        self.promised.extend(other.promised);
        self.served += other.served;
        self.refused += other.refused;
        self.refusals.extend(other.refusals);
        self.logins += other.logins;
        self.unclear += other.unclear;
        self.slowest = self.slowest.max(other.slowest);
    }

    /// Nothing unclear, and nothing later than `bound` seconds.
    pub fn judge(&self, figures: &mut Figures, bound: f64) {
        figures.at_least("requests served", "", float(self.served), 1.0);
        figures.report("requests refused with a code", "", float(self.refused));
        if !self.refusals.is_empty() {
            eprintln!("  refused with: {}", self.refusals.iter().cloned().collect::<Vec<_>>().join(", "));
        }
        figures.exactly("requests without a clear answer", "", self.unclear.into(), 0);
        figures.at_most("the slowest answer", "s", self.slowest, bound);
    }

    /// Waits until no capture is pending; then every promised one must be there, with a roster or the reason why not.
    ///
    /// # Errors
    /// When captures are pending after `limit`.
    pub async fn kept(&self, stage: &Stage, figures: &mut Figures, limit: Duration) -> Result<()> {
        stage.captures_ended(limit).await?;
        let ended: Vec<(String, bool)> = sqlx::query_as(
            "SELECT CAST(id AS CHAR), status = 'complete' FROM captures WHERE status = 'complete' OR reason IS NOT NULL",
        )
        .fetch_all(&stage.pool)
        .await?;
        let ended: BTreeMap<_, _> = ended.into_iter().collect();
        let lost = self.promised.iter().filter(|capture| !ended.contains_key(*capture)).count();
        let failed = self.promised.iter().filter(|capture| ended.get(*capture) == Some(&false)).count();
        figures.at_least("captures promised", "", float(self.promised.len()), 1.0);
        figures.exactly("promised captures lost", "", i64::try_from(lost)?, 0);
        figures.report("promised captures marked as failed, with the reason", "", float(failed));
        Ok(())
    }
}
