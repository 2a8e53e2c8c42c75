//! `GET …/export?format=csv|json|ndjson|parquet&what=accounts|presences`: everything, for other programs.
//!
//! Whom an export is about is found before the head of the answer, so that one which is too large, or whose captures
//! cannot be read, is refused like any other question. Then it is made while it is sent, and no faster: rows go through
//! a short queue of pieces, so its memory is bounded by the names of the accounts in it.
//!
//! Nothing is left running when the connection is cut. What waits is dropped with the queue's other end, threads ask
//! whether it is still there, and the export's turn is free when the last of them has ended. A client that takes
//! nothing for [`PATIENCE`] is treated as one that left. What goes wrong or is given up after the head was sent cuts the
//! connection, so that half a file is never taken for a whole one: only [`Piece::End`] ends a file.

mod accounts;
mod csv;
mod json;
mod parquet;
mod presences;
mod table;

use std::{sync::Arc, time::Duration};

use axum::{
    body::Body,
    extract::State as Shared,
    http::{HeaderValue, header},
    response::{IntoResponse as _, Response},
};
use bytes::Bytes;
use common::problem::{Problem, chain};
use tokio::{
    runtime::Handle,
    sync::{
        OwnedSemaphorePermit,
        mpsc::{self, error::SendTimeoutError},
    },
};

use self::table::{Encoder, Format};
use crate::{
    App,
    answers::{Needs, State},
    engine::{set::DenseSet, sightings::Sightings},
    error::{Failure, problem},
    params::Params,
    selection::Selection,
    store::Store,
    subject::{Period, Subject},
};

/// How many pieces wait to be sent.
const AHEAD: usize = 4;

/// About how many bytes a piece has.
pub(crate) const PIECE_BYTES: usize = 64 << 10;

/// How many it has at most: a group of Parquet's, which has millions, goes in several.
const MAX_PIECE_BYTES: usize = 256 << 10;

/// How long a piece waits until there is room for it. There are few turns, and whoever pauses a download would keep one.
const PATIENCE: Duration = Duration::from_mins(1);

/// How often captures may change before the file begins.
const ATTEMPTS: u32 = 3;

/// How many distinct accounts an export may have: their names are in memory.
const MAX_ACCOUNTS: u32 = 2_000_000;

const FORMATS: &[(&str, Format)] =
    &[("csv", Format::Csv), ("json", Format::Json), ("ndjson", Format::NdJson), ("parquet", Format::Parquet)];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    /// One row for each account.
    Accounts,
    /// One row for each account in each capture.
    Presences,
}

/// An export of which everything has been looked at that may be refused.
enum Export {
    Accounts(Sightings),
    Presences(DenseSet),
}

/// What is on its way to the client.
#[derive(Debug)]
enum Piece {
    Part(Bytes),
    /// That was all of it.
    End,
}

/// Where the pieces of one export go. Whoever works for it has one.
#[derive(Clone, Debug)]
struct Pieces {
    queue: mpsc::Sender<Piece>,
    /// How long one waits until there is room for it.
    patience: Duration,
    /// The export's turn.
    permit: Arc<OwnedSemaphorePermit>,
}

pub(crate) async fn get(
    Shared(app): Shared<App>,
    subject: Subject,
    mut parameters: Params,
) -> Result<Response, Problem> {
    let (channels, period) = (parameters.channels()?, parameters.period()?);
    let format = parameters.choice("format", FORMATS)?;
    let what = parameters.choice("what", &[("accounts", What::Accounts), ("presences", What::Presences)])?;
    parameters.finish()?;
    let asked = (subject, period, Needs::default());
    let permit = app.store.export_turn().ok_or_else(|| {
        Problem::unavailable("exports_busy", "Many exports are being made; try again in a moment.")
            .retry_after(Duration::from_secs(10))
    })?;
    let mut left = ATTEMPTS;
    let (selection, export) = loop {
        let state = app.answers.state(asked, &channels).await?;
        left -= 1;
        match Export::prepare(what, &app.store, &state, period).await {
            Err(Failure::Changed) if left > 0 => {}
            outcome => break outcome.map_err(refusal)?,
        }
    };
    let file =
        format!("attachment; filename=\"{}.{}\"", subject.to_string().replace(':', "_"), format.extension());
    let disposition = HeaderValue::from_str(&file).map_err(Problem::internal)?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(format.content_type())),
        (header::CONTENT_DISPOSITION, disposition),
    ];

    let (pieces, queue) = Pieces::new(permit, PATIENCE);
    let (store, working) = (app.store.clone(), pieces.clone());
    let writing = async move { export.write(&store, &selection, format, &working).await };
    tokio::spawn(pieces.while_wanted(writing));
    Ok((headers, body(queue)).into_response())
}

/// What is answered when an export cannot be made.
fn refusal(failure: Failure) -> Problem {
    let failure = match failure {
        Failure::Changed => Failure::Unsettled,
        failure => failure,
    };
    problem(&Arc::new(failure))
}

/// The pieces as they come. When their end does not, the connection is cut.
fn body(mut queue: mpsc::Receiver<Piece>) -> Body {
    Body::from_stream(futures_util::stream::poll_fn(move |context| {
        queue.poll_recv(context).map(|piece| match piece {
            Some(Piece::Part(bytes)) => Some(Ok(bytes)),
            Some(Piece::End) => None,
            None => Some(Err(std::io::Error::other("the export was cut off"))),
        })
    }))
}

impl Export {
    /// Finds whom it is about.
    async fn prepare(
        what: What,
        store: &Store,
        state: &State,
        period: Period,
    ) -> Result<(Selection, Self), Failure> {
        let selection = Selection::load(store, state, period).await?;
        let export = match what {
            What::Accounts => Self::Accounts(accounts::sightings(store, &selection).await?),
            What::Presences => Self::Presences(presences::members(store, &selection).await?),
        };
        Ok((selection, export))
    }

    async fn write(
        self,
        store: &Store,
        selection: &Selection,
        format: Format,
        pieces: &Pieces,
    ) -> Result<(), Failure> {
        match self {
            Self::Accounts(sightings) => accounts::write(store, selection, sightings, format, pieces).await,
            Self::Presences(members) => presences::write(store, selection, members, format, pieces).await,
        }
    }
}

impl Pieces {
    fn new(permit: OwnedSemaphorePermit, patience: Duration) -> (Self, mpsc::Receiver<Piece>) {
        let (queue, taken) = mpsc::channel(AHEAD);
        (Self { queue, patience, permit: Arc::new(permit) }, taken)
    }

    /// Runs `writing` until it ends, or nobody takes the pieces any more.
    async fn while_wanted(self, writing: impl Future<Output = Result<(), Failure>>) {
        let outcome = tokio::select! {
            () = self.queue.closed() => return,
            outcome = writing => outcome,
        };
        if let Err(failure) = outcome {
            tracing::error!(cause = chain(&failure), "export.failed");
        }
    }

    /// Runs `work` beside the threads that serve. The export keeps its turn until it has ended, wanted or not.
    async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let permit = Arc::clone(&self.permit);
        let working = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work()
        });
        working.await.map_err(|panic| Failure::Cut(panic.to_string()))?
    }

    /// Whether nobody takes them any more.
    fn gone(&self) -> bool {
        self.queue.is_closed()
    }

    /// Sends what the encoder has, from an async task; whether somebody still wants it.
    async fn send(&self, bytes: Vec<u8>) -> bool {
        let mut left = Bytes::from(bytes);
        while !left.is_empty() {
            let part = left.split_to(left.len().min(MAX_PIECE_BYTES));
            if !self.put(Piece::Part(part)).await {
                return false;
            }
        }
        true
    }

    /// The same from a thread that may block.
    fn send_blocking(&self, bytes: Vec<u8>) -> bool {
        Handle::current().block_on(self.send(bytes))
    }

    /// Ends the table, sends what is left of it, and says that this was all.
    async fn finish(&self, mut encoder: Box<dyn Encoder>) -> Result<(), Failure> {
        let rest = self
            .work(move || {
                encoder.finish()?;
                Ok(encoder.take())
            })
            .await?;
        if self.send(rest).await {
            self.put(Piece::End).await;
        }
        Ok(())
    }

    async fn put(&self, piece: Piece) -> bool {
        let sent = self.queue.send_timeout(piece, self.patience).await;
        if let Err(SendTimeoutError::Timeout(_)) = &sent {
            tracing::info!("export.not_taken");
        }
        sent.is_ok()
    }
}

fn check_size(accounts: u32) -> Result<(), Failure> {
    if accounts > MAX_ACCOUNTS {
        return Err(Failure::refused(
            "export_too_large",
            format!("That is about more than {MAX_ACCOUNTS} accounts; export a shorter time."),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use tokio::sync::{Semaphore, oneshot};

    use super::*;

    /// How long a test waits for what happens at once.
    const SOON: Duration = Duration::from_secs(10);

    /// The pieces of an export, where they are taken, and the turns, of which it has the only one.
    fn export(patience: Duration) -> (Pieces, mpsc::Receiver<Piece>, Arc<Semaphore>) {
        let turns = Arc::new(Semaphore::new(1));
        let permit = Arc::clone(&turns).try_acquire_owned().unwrap();
        let (pieces, queue) = Pieces::new(permit, patience);
        (pieces, queue, turns)
    }

    /// Waits for the export's turn: nothing works for it then.
    async fn ended(turns: &Semaphore) {
        let turn = tokio::time::timeout(SOON, turns.acquire()).await;
        drop(turn.expect("nothing is left running").unwrap());
    }

    #[tokio::test]
    async fn an_export_ends_when_it_is_cut_before_its_first_piece() {
        let (pieces, queue, turns) = export(PATIENCE);
        let working = pieces.clone();
        let writing = async move {
            while working.send(Vec::new()).await {
                std::future::pending::<()>().await;
            }
            Ok::<_, Failure>(())
        };
        tokio::spawn(pieces.while_wanted(writing));
        tokio::task::yield_now().await;
        assert_eq!(turns.available_permits(), 0);
        drop(queue);
        ended(&turns).await;
    }

    #[tokio::test]
    async fn a_turn_is_kept_until_the_thread_has_ended() {
        let (pieces, queue, turns) = export(PATIENCE);
        let working = pieces.clone();
        let ((begun, begins), (go, wait)) = (oneshot::channel::<()>(), oneshot::channel::<()>());
        let writing = async move {
            let thread = move || {
                begun.send(()).unwrap();
                assert!(wait.blocking_recv().is_err());
                Ok(())
            };
            working.work(thread).await
        };
        let running = tokio::spawn(pieces.while_wanted(writing));
        begins.await.unwrap();
        drop(queue);
        tokio::time::timeout(SOON, running).await.unwrap().unwrap();
        assert_eq!(turns.available_permits(), 0);
        drop(go);
        ended(&turns).await;
    }

    #[tokio::test]
    async fn a_client_that_takes_nothing_is_cut_off() {
        for blocking in [false, true] {
            let (pieces, queue, turns) = export(Duration::from_millis(20));
            let working = pieces.clone();
            let writing = async move {
                let rows = || b"rows".to_vec();
                if blocking {
                    let thread = working.clone();
                    let sending = move || {
                        while thread.send_blocking(rows()) {}
                        Ok(())
                    };
                    return working.work(sending).await;
                }
                while working.send(rows()).await {}
                Ok(())
            };
            tokio::spawn(pieces.while_wanted(writing));
            ended(&turns).await;
            // Now it goes on.
            assert!(axum::body::to_bytes(body(queue), usize::MAX).await.is_err(), "half a file is whole");
        }
    }

    #[tokio::test]
    async fn a_whole_file_ends_well() {
        let (pieces, queue, turns) = export(PATIENCE);
        let working = pieces.clone();
        let writing = async move {
            let long = vec![b' '; 2 * MAX_PIECE_BYTES + 1];
            assert!(working.send(long).await);
            working.finish(Format::Json.encoder(&[])?).await
        };
        tokio::spawn(pieces.while_wanted(writing));
        let whole = axum::body::to_bytes(body(queue), usize::MAX).await.unwrap();
        assert_eq!(whole.len(), 2 * MAX_PIECE_BYTES + 1 + "[]\n".len());
        assert!(whole.ends_with(b"[]\n"));
        ended(&turns).await;
    }
}
