//! `GET …/export?format=csv|json|ndjson|parquet&what=accounts|presences`: everything, for other programs.
//!
//! An export is made while it is sent, and no faster: rows go through a short queue of pieces, so its memory is
//! bounded by the names of the accounts in it, and nothing is left running when the connection is cut. What goes wrong
//! after the head was sent cuts the connection, so that half a file is never taken for a whole one.

mod accounts;
mod csv;
mod json;
mod parquet;
mod presences;
mod table;

use std::sync::Arc;

use axum::{
    body::Body,
    extract::State as Shared,
    http::{HeaderValue, header},
    response::{IntoResponse as _, Response},
};
use bytes::Bytes;
use common::problem::{Problem, chain};
use tokio::sync::mpsc;

use self::table::{Encoder, Format};
use crate::{
    App,
    answers::{Needs, State},
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

/// What goes to the client, or what cuts it off.
type Piece = Result<Bytes, std::io::Error>;

/// The pieces of one export.
#[derive(Clone, Debug)]
struct Pieces(mpsc::Sender<Piece>);

pub(crate) async fn get(
    Shared(app): Shared<App>,
    subject: Subject,
    mut parameters: Params,
) -> Result<Response, Problem> {
    let (channels, period) = (parameters.channels()?, parameters.period()?);
    let format = parameters.choice("format", FORMATS)?;
    let what = parameters.choice("what", &[("accounts", What::Accounts), ("presences", What::Presences)])?;
    parameters.finish()?;
    let state = app.answers.state((subject, period, Needs::default()), &channels).await?;
    let permit = app.store.export_turn().ok_or_else(|| {
        Problem::unavailable("exports_busy", "Many exports are being made; try again in a moment.")
            .retry_after(std::time::Duration::from_secs(10))
    })?;
    let selection = load(&app.store, &state, period).await?;

    let (sender, mut receiver) = mpsc::channel(AHEAD);
    let store = app.store.clone();
    tokio::spawn(async move {
        let _permit = permit;
        let pieces = Pieces(sender);
        let outcome = match what {
            What::Accounts => accounts::write(&store, &selection, format, &pieces).await,
            What::Presences => presences::write(&store, &selection, format, &pieces).await,
        };
        if let Err(failure) = outcome {
            tracing::error!(cause = chain(&failure), "export.failed");
            drop(pieces.0.send(Err(std::io::Error::other("the export failed"))).await);
        }
    });
    let body = Body::from_stream(futures_util::stream::poll_fn(move |context| receiver.poll_recv(context)));
    let file =
        format!("attachment; filename=\"{}.{}\"", subject.to_string().replace(':', "_"), format.extension());
    let disposition = HeaderValue::from_str(&file).map_err(Problem::internal)?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(format.content_type())),
        (header::CONTENT_DISPOSITION, disposition),
    ];
    Ok((headers, body).into_response())
}

async fn load(store: &Store, state: &State, period: Period) -> Result<Arc<Selection>, Problem> {
    let selection = Selection::load(store, state, period).await;
    selection.map(Arc::new).map_err(|failure| match failure {
        Failure::Changed => problem(&Arc::new(Failure::Unsettled)),
        failure => problem(&Arc::new(failure)),
    })
}

impl Pieces {
    /// Sends what the encoder has, from an async task; whether somebody still wants it.
    async fn send(&self, bytes: Vec<u8>) -> bool {
        bytes.is_empty() || self.0.send(Ok(bytes.into())).await.is_ok()
    }

    /// The same from a thread that may block.
    fn send_blocking(&self, bytes: Vec<u8>) -> bool {
        bytes.is_empty() || self.0.blocking_send(Ok(bytes.into())).is_ok()
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
