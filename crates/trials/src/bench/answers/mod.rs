//! How soon questions are answered, how large rosters are, how fast exports come, and how often the gateway can be
//! asked; beside the schema of the Go system, a row for each chatter.
//!
//! *cold*: the first question that a new replica hears, with nothing in Redis. *rosters in cache*: computed again from
//! memory. *warm*: the answer is in Redis. Times are those of a client of the service.

mod baseline;
mod load;
mod size;
mod world;

use std::time::{Duration, Instant};

use devstack::{Server, Service, Stack};
use secrecy::SecretString;
use uuid::Uuid;

use self::world::Shape;
use crate::{
    Result,
    figures::{Figures, quantile},
    options::Options,
    stage::Stage,
};

const SMALL: Shape = Shape { captures: 200, chatters: 5_000, accounts: 20_000 };
const LARGE: Shape = Shape { captures: 2_000, chatters: 5_000, accounts: 100_000 };
const HUGE: Shape = Shape { captures: 20_000, chatters: 5_000, accounts: 100_000 };
const TINY: Shape = Shape { captures: 20, chatters: 500, accounts: 2_000 };

const QUESTIONS: [&str; 4] = ["evolution", "newcomers", "participation", "compare"];
/// How often a question is asked for its median.
const REPEATS: u32 = 15;
const COLD_REPEATS: u32 = 5;

/// Measures all of it.
///
/// # Errors
/// When the stack does not start or a question is refused.
pub async fn run(options: &Options, figures: &mut Figures) -> Result<()> {
    let stack = Stack::builder()
        .env(Service::Gateway, "GATEWAY_REQUESTS_PER_MINUTE", "1000000")
        .env(Service::Gateway, "LOG_LEVEL", "warn")
        .env(Service::Analysis, "LOG_LEVEL", "warn")
        .start()
        .await?;
    let stage = Stage::of(stack).await?;
    let small = world::fill(&stage, options.pick(SMALL, TINY), 1).await?;
    let asker = Asker::new(&stage, small.session)?;
    let name = "summary, 200 captures of 5,000";
    let cold = asker.cold(&small.session, "summary").await?;
    figures.at_most(&format!("{name}: cold"), "ms", cold, 50.0);
    figures.at_most(&format!("{name}: warm"), "ms", asker.warm(&small.session, "summary").await?, 5.0);
    baseline::run(&stage, &small, cold, figures).await?;
    load::run(&stage, &small, options, figures).await?;

    let large = world::fill(&stage, options.pick(LARGE, TINY), 2).await?;
    let name = "2,000 captures of 5,000";
    let cold = asker.cold(&large.session, "summary").await?;
    figures.at_most(&format!("summary, {name}: cold"), "ms", cold, 300.0);
    figures.at_most(
        &format!("summary, {name}: warm"),
        "ms",
        asker.warm(&large.session, "summary").await?,
        5.0,
    );
    for question in QUESTIONS {
        let cold = asker.cold(&large.session, question).await?;
        figures.at_most(&format!("{question}, {name}: cold"), "ms", cold, 300.0);
        let cached = asker.cached(&large.session, question).await?;
        figures.at_most(&format!("{question}, {name}: rosters in cache"), "ms", cached, 50.0);
    }
    asker.exports(&large, figures).await?;
    size::run(&stage, options, figures).await?;

    if !options.short {
        let huge = world::fill(&stage, HUGE, 3).await?;
        let cold = asker.cold(&huge.session, "summary").await?;
        figures.report("summary, 20,000 captures of 5,000: cold", "ms", cold);
        figures.report(
            "summary, 20,000 captures of 5,000: warm",
            "ms",
            asker.warm(&huge.session, "summary").await?,
        );
    }
    Ok(())
}

/// Asks the analysis service, past the gateway.
struct Asker<'a> {
    stage: &'a Stage,
    http: reqwest::Client,
    token: SecretString,
    /// What others are compared with.
    other: Uuid,
}

impl<'a> Asker<'a> {
    fn new(stage: &'a Stage, other: Uuid) -> Result<Self> {
        Ok(Self { stage, http: crate::http()?, token: stage.stack.internal_api_token().into(), other })
    }

    fn server(&self) -> Result<&Server> {
        Ok(self.stage.stack.service(Service::Analysis, 0)?)
    }

    async fn get(&self, path: &str) -> Result<reqwest::Response> {
        use secrecy::ExposeSecret as _;
        let url = format!("{}/internal/v1/{path}", self.server()?.url());
        let answer = self.http.get(url).bearer_auth(self.token.expose_secret()).send().await?;
        if answer.status().is_success() {
            return Ok(answer);
        }
        Err(format!("{path} answered {}: {}", answer.status(), answer.text().await?).into())
    }

    /// Milliseconds until the whole answer is here. `variant` makes another question with the same answer.
    async fn ask(&self, session: &Uuid, question: &str, variant: u32) -> Result<f64> {
        let since = format!("from=2000-01-01T00:00:{variant:02}Z");
        let path = match question {
            "compare" => format!("compare?a=session:{}&b=session:{session}&{since}", self.other),
            _ => format!("sessions/{session}/{question}?{since}"),
        };
        let path =
            if question == "summary" && variant == 0 { format!("sessions/{session}/summary") } else { path };
        let begun = Instant::now();
        self.get(&path).await?.bytes().await?;
        Ok(begun.elapsed().as_secs_f64() * 1e3)
    }

    /// Median over replicas that have just started.
    async fn cold(&self, session: &Uuid, question: &str) -> Result<f64> {
        let mut times = Vec::new();
        for _ in 0..COLD_REPEATS {
            self.server()?.restart().await?;
            self.forget_answers().await?;
            times.push(self.ask(session, question, 0).await?);
        }
        Ok(quantile(&mut times, 0.5))
    }

    async fn cached(&self, session: &Uuid, question: &str) -> Result<f64> {
        let mut times = Vec::new();
        for variant in 1..=REPEATS {
            times.push(self.ask(session, question, variant).await?);
        }
        Ok(quantile(&mut times, 0.5))
    }

    async fn warm(&self, session: &Uuid, question: &str) -> Result<f64> {
        self.ask(session, question, 0).await?;
        let mut times = Vec::new();
        for _ in 0..REPEATS {
            times.push(self.ask(session, question, 0).await?);
        }
        Ok(quantile(&mut times, 0.5))
    }

    async fn forget_answers(&self) -> Result<()> {
        let mut redis = self.stage.redis.shared();
        let keys: Vec<String> = redis::cmd("KEYS").arg("*answer*").query_async(&mut redis).await?;
        if !keys.is_empty() {
            redis::cmd("DEL").arg(keys).exec_async(&mut redis).await?;
        }
        Ok(())
    }

    /// Rows a second, and what the service takes meanwhile beside its caches.
    async fn exports(&self, world: &world::World, figures: &mut Figures) -> Result<()> {
        for format in ["csv", "parquet"] {
            self.server()?.restart().await?;
            let path = format!("sessions/{}/export?what=presences&format={format}", world.session);
            let begun = Instant::now();
            let mut answer = self.get(&path).await?;
            let mut bytes = 0;
            while let Some(piece) = tokio::time::timeout(Duration::from_secs(30), answer.chunk()).await?? {
                bytes += piece.len();
            }
            let rate = world.presences() / begun.elapsed().as_secs_f64() / 1e6;
            figures.at_least(&format!("export of 10 M presences, {format}"), "M rows/s", rate, 1.0);
            #[expect(clippy::cast_precision_loss, reason = "for people")]
            figures.report(&format!("export of 10 M presences, {format}: size"), "MB", bytes as f64 / 1e6);
            let peak = crate::scrape::peak_mb(self.server()?)?;
            figures.at_most(&format!("export of 10 M presences, {format}: peak resident"), "MB", peak, 100.0);
        }
        Ok(())
    }
}
