//! Stored rosters held against who was really there.

use std::{
    collections::{BTreeSet, HashMap},
    ops::AddAssign,
};

use common::{db::captures::rosters, ids::CaptureId, roster::Roster};

use crate::{Result, figures::Figures, sim::Sim, stage::Stage};

/// The simulator's rooms change this often.
const SLICE_MS: i64 = 10_000;
/// Slices that lie between the first page of a reading, whose moment all its pages show, and its end at most.
const SLICES: i64 = 18;
const HOUR_MS: i64 = 3_600_000;
/// How many rosters are also held against another moment, to see that the judge can tell.
const SAMPLE: usize = 50;

/// What became of a capture.
#[derive(Clone, Debug)]
pub struct Ended {
    pub id: u64,
    pub room: u64,
    /// The stored roster as Twitch's ids, and when it was complete (Unix milliseconds).
    pub roster: Option<(BTreeSet<u64>, i64)>,
    /// Why there is none.
    pub reason: Option<String>,
}

type Row = (u64, u64, Option<String>, Option<i64>);

/// The captures after the one with id `after` that have ended, in the order in which they were asked for.
///
/// # Errors
/// When MariaDB fails or a roster names an account that is not there.
pub async fn ended(stage: &Stage, after: u64) -> Result<Vec<Ended>> {
    let accounts: HashMap<u32, u64> =
        sqlx::query_as::<_, (u32, u64)>("SELECT CAST(id AS UNSIGNED INT), twitch_id FROM accounts")
            .fetch_all(&stage.pool)
            .await?
            .into_iter()
            .collect();
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT id, channel_id, reason, TIMESTAMPDIFF(MICROSECOND, '1970-01-01', captured_at) DIV 1000
         FROM captures WHERE id > ? AND status <> 'pending' ORDER BY id",
    )
    .bind(after)
    .fetch_all(&stage.pool)
    .await?;
    let ids: Vec<CaptureId> = rows.iter().map(|(id, ..)| CaptureId(*id)).collect();
    let mut stored = rosters::load(&stage.pool, &ids).await?;
    let ended = rows.into_iter().map(|(id, room, reason, at)| {
        let roster = match (stored.remove(&CaptureId(id)), at) {
            (Some(bytes), Some(at)) => {
                let named =
                    |account| accounts.get(&account).copied().ok_or("a roster names nobody's account");
                let ids = Roster::from_bytes(&bytes)?.0.iter().map(named).collect::<Result<_, _>>()?;
                Some((ids, at))
            }
            _ => None,
        };
        Ok(Ended { id, room, roster, reason })
    });
    ended.collect()
}

/// How many captures are what.
#[derive(Clone, Copy, Debug, Default)]
pub struct Verdict {
    /// Equal to the truth of a moment of their reading.
    pub right: i64,
    /// Called good, and not that.
    pub wrong: i64,
    /// No roster, but the reason why.
    pub failed: i64,
    /// Neither a roster nor a reason.
    pub silent: i64,
    /// Of a sample: equal also to the truth of an hour before, so that the judge could not tell them apart.
    pub undecided: i64,
}

impl Verdict {
    /// Judges captures.
    ///
    /// # Errors
    /// When the simulator does not answer.
    pub async fn on(captures: &[Ended], sim: &Sim) -> Result<Self> {
        let mut verdict = Self::default();
        for (index, capture) in captures.iter().enumerate() {
            let Some((ids, at)) = &capture.roster else {
                if capture.reason.is_some() {
                    verdict.failed += 1;
                } else {
                    verdict.silent += 1;
                }
                continue;
            };
            if equals_a_truth(sim, capture.room, ids, *at).await? {
                verdict.right += 1;
            } else {
                eprintln!("  ✗ capture {} of room {} is not the truth", capture.id, capture.room);
                verdict.wrong += 1;
            }
            if index < SAMPLE && sim.truth(capture.room, at - HOUR_MS).await? == *ids {
                verdict.undecided += 1;
            }
        }
        Ok(verdict)
    }

    /// Wrong and silent are never allowed.
    pub fn judge(&self, figures: &mut Figures) {
        figures.exactly("rosters called good that differ from the truth", "", self.wrong, 0);
        figures.exactly("captures without a roster and without a reason", "", self.silent, 0);
        figures.exactly("of a sample: rosters that fit the hour before as well", "", self.undecided, 0);
    }
}

impl AddAssign for Verdict {
    fn add_assign(&mut self, other: Self) {
        self.right += other.right;
        self.wrong += other.wrong;
        self.failed += other.failed;
        self.silent += other.silent;
        self.undecided += other.undecided;
    }
}

async fn equals_a_truth(sim: &Sim, room: u64, ids: &BTreeSet<u64>, at: i64) -> Result<bool> {
    for back in 0..SLICES {
        if sim.truth(room, at - back * SLICE_MS).await? == *ids {
            return Ok(true);
        }
    }
    Ok(false)
}
