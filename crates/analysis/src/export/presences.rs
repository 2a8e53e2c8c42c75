//! One row for each account in each capture, by channel, time and account.

use std::ops::ControlFlow;

use common::db::account_columns;

use super::{
    Encoder, PIECE_BYTES, Pieces, check_size,
    table::{Columns, Format, Kind, Stamp, Value, column},
};
use crate::{
    engine::{
        Present,
        overlap::{By, Unions},
        set::DenseSet,
        tally::Tally,
    },
    error::Failure,
    selection::Selection,
    store::{Read, Sink, Store},
};

const COLUMNS: Columns = &[
    column("channel_id", Kind::Id),
    column("capture_id", Kind::Id),
    column("captured_at", Kind::Time),
    column("twitch_user_id", Kind::Id),
    column("login", Kind::Text),
];

/// How many accounts are read at once.
const AT_ONCE: usize = 8_192;

/// Accounts' names, end to end.
#[derive(Debug, Default)]
struct Names {
    /// By account: its place in `who`, and 1.
    places: Tally<u32>,
    /// The Twitch id, and where the login ends in `logins`.
    who: Vec<(u64, u32)>,
    logins: String,
}

impl Names {
    async fn load(store: &Store, members: &DenseSet) -> Result<Self, Failure> {
        let mut names = Self::default();
        let accounts: Vec<_> = members.iter().collect();
        names.places.reach(accounts.last().map(|id| id.0));
        names.who.reserve(accounts.len());
        for some in accounts.chunks(AT_ONCE) {
            for name in account_columns::names(store.pool(), some).await? {
                names.logins.push_str(&name.login);
                let end = u32::try_from(names.logins.len()).unwrap_or(u32::MAX);
                names.who.push((name.twitch_id.0, end));
                *names.places.of(name.id.0) = u32::try_from(names.who.len()).unwrap_or(u32::MAX);
            }
        }
        Ok(names)
    }

    fn of(&self, account: u32) -> Option<(u64, &str)> {
        let place = (self.places.get(account) as usize).checked_sub(1)?;
        let start = place.checked_sub(1).map_or(0, |before| self.who[before].1);
        let (twitch_id, end) = self.who[place];
        Some((twitch_id, &self.logins[start as usize..end as usize]))
    }
}

/// Everybody who was there.
///
/// # Errors
/// When the rosters cannot be read, or too many people were there.
pub(super) async fn members(store: &Store, selection: &Selection) -> Result<DenseSet, Failure> {
    let unions = store.fold(&selection.captures, Unions::new(By::Everything)).await?.finish();
    let members = unions.into_iter().next().map(|union| union.members).unwrap_or_default();
    check_size(members.len())?;
    Ok(members)
}

pub(super) async fn write(
    store: &Store,
    selection: &Selection,
    members: DenseSet,
    format: Format,
    pieces: &Pieces,
) -> Result<(), Failure> {
    let names = Names::load(store, &members).await?;
    drop(members);
    let encoder = format.encoder(COLUMNS)?;
    let rows = Rows { names, encoder, pieces: pieces.clone(), outcome: Ok(true) };
    let rows = store.read(&selection.captures, rows).await?;
    if rows.outcome? { pieces.finish(rows.encoder).await } else { Ok(()) }
}

struct Rows {
    names: Names,
    encoder: Box<dyn Encoder>,
    pieces: Pieces,
    /// Whether somebody still wants them.
    outcome: Result<bool, Failure>,
}

impl Rows {
    /// Whether somebody still wants them.
    fn write(&mut self, (capture, roster): &Read) -> Result<bool, Failure> {
        let stamp = Stamp::from(capture.at);
        let (mut outcome, mut wanted) = (Ok(()), true);
        Present::all(roster).each(|ids| {
            // Not only when there is a piece to send: in Parquet, many rows make one.
            wanted = wanted && !self.pieces.gone();
            for id in ids {
                let (Some((twitch_id, login)), true) = (self.names.of(*id), wanted && outcome.is_ok()) else {
                    continue;
                };
                outcome = self.encoder.row(&[
                    Value::Id(capture.channel.0),
                    Value::Id(capture.id.0),
                    Value::Time(Some(&stamp)),
                    Value::Id(twitch_id),
                    Value::Text(login),
                ]);
            }
            if self.encoder.waiting() >= PIECE_BYTES {
                wanted = wanted && self.pieces.send_blocking(self.encoder.take());
            }
        });
        outcome.map(|()| wanted)
    }
}

impl Sink for Rows {
    fn batch(&mut self, batch: &[Read]) -> ControlFlow<()> {
        for read in batch {
            self.outcome = self.write(read);
            if !matches!(self.outcome, Ok(true)) {
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::Duration};

    use common::ids::{CaptureId, ChannelId};
    use tokio::sync::Semaphore;

    use super::*;
    use crate::engine::Capture;

    #[test]
    fn rows_that_nobody_takes_are_not_written() {
        let permit = Arc::new(Semaphore::new(1)).try_acquire_owned().unwrap();
        let (pieces, queue) = Pieces::new(permit, Duration::from_secs(10));
        let capture = Capture {
            id: CaptureId(1),
            channel: ChannelId(7),
            at: chrono::DateTime::UNIX_EPOCH,
            stream: None,
            broadcast: 0,
            chatters: 3,
            new: 0,
            uncertain: 0,
            viewers: None,
            own: true,
        };
        let batch: [Read; 1] = [(capture, Arc::new((1_u32..=3).collect()))];
        // It has nothing to send before a group is full.
        let encoder = Format::Parquet.encoder(COLUMNS).unwrap();
        let mut rows = Rows { names: Names::default(), encoder, pieces, outcome: Ok(true) };
        assert!(rows.batch(&batch).is_continue());
        drop(queue);
        assert!(rows.batch(&batch).is_break());
        assert!(matches!(rows.outcome, Ok(false)), "an export that is cut off does not end as a whole one");
    }
}
