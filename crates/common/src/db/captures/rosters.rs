//! `rosters`: who was there at complete captures, in parts of at most [`PART`] bytes. A capture has the id of its first part;
//! the others follow it.
//!
//! That is how they lie close together. A value longer than half a page gets pages of its own from `InnoDB`, on which a roster
//! of 5,000 leaves a third empty. Rows that come between others leave pages half empty, which is what a key of channel, slot
//! or time would do: captures of one slot end in any order. Parts are short, and each comes after all that are there:
//! `INSERT … SELECT` holds the lock of the table's counter, so the parts of one roster follow each other and those of two
//! never mix ([`check`]). `docs/PERFORMANCE.md` has the figures.

use std::collections::HashMap;

use bytes::Bytes;
use sqlx::MySqlConnection;

use crate::{
    db::{DbError, Pool, json_list},
    ids::CaptureId,
    roster::Roster,
};

/// As in the migration.
const PART: usize = 740;

/// How often a roster is looked for that is replaced meanwhile.
pub(super) const ATTEMPTS: u32 = 5;

/// Where a roster is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The id of the first part.
    pub first: u64,
    pub parts: u16,
}

impl Place {
    fn ids(self) -> std::ops::Range<u64> {
        self.first..self.first + u64::from(self.parts)
    }
}

/// Makes sure that MariaDB gives the rows of one statement ids that follow each other.
///
/// # Errors
/// When it is configured otherwise, or does not answer.
pub(in crate::db) async fn check(connection: &mut MySqlConnection) -> Result<(), DbError> {
    let in_order: bool =
        sqlx::query_scalar("SELECT @@innodb_autoinc_lock_mode < 2 AND @@auto_increment_increment = 1")
            .fetch_one(connection)
            .await?;
    if in_order { Ok(()) } else { Err(DbError::Interleaved) }
}

/// Stores a roster, in a transaction that tells its capture where it is.
///
/// # Errors
/// When MariaDB fails, or the roster is longer than 48 MB.
pub async fn insert(connection: &mut MySqlConnection, roster: &mut Roster) -> Result<Place, DbError> {
    let bytes = roster.to_bytes();
    let parts = u16::try_from(bytes.len().div_ceil(PART))
        .map_err(|_| DbError::corrupt("rosters", "a roster is too long"))?;
    let stored = sqlx::query!(
        "INSERT INTO rosters (bytes)
         SELECT SUBSTRING(?, seq * 740 + 1, 740) FROM seq_0_to_65535 WHERE seq < ? ORDER BY seq",
        bytes,
        parts
    )
    .execute(connection)
    .await?;
    Ok(Place { first: stored.last_insert_id(), parts })
}

/// Removes rosters, in a transaction that takes them from their captures. Names each part: a range would also wait for
/// the part behind it, which may be somebody's who waits for us.
///
/// # Errors
/// When MariaDB fails.
pub async fn remove(connection: &mut MySqlConnection, places: &[Place]) -> Result<(), DbError> {
    let ids: Vec<u64> = places.iter().flat_map(|place| place.ids()).collect();
    sqlx::query!(
        "DELETE rosters FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) AS gone
         STRAIGHT_JOIN rosters ON rosters.id = gone.id",
        json_list(&ids)?
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A capture, locked until the transaction ends.
#[derive(Debug)]
pub struct Locked {
    capture: CaptureId,
    place: Option<Place>,
}

/// Locks a capture to change its roster; none when it is gone.
///
/// # Errors
/// When MariaDB fails.
pub async fn lock(connection: &mut MySqlConnection, capture: CaptureId) -> Result<Option<Locked>, DbError> {
    let row = sqlx::query!("SELECT roster_id, roster_parts FROM captures WHERE id = ? FOR UPDATE", capture.0)
        .fetch_optional(connection)
        .await?;
    Ok(row.map(|row| Locked {
        capture,
        place: row.roster_id.map(|first| Place { first, parts: row.roster_parts }),
    }))
}

impl Locked {
    /// The roster; empty when there is none yet.
    ///
    /// # Errors
    /// When MariaDB fails, or the roster cannot be read.
    pub async fn read(&self, connection: &mut MySqlConnection) -> Result<Roster, DbError> {
        let Some(place) = self.place else { return Ok(Roster::default()) };
        let missing =
            || DbError::corrupt("rosters", format!("parts are missing of capture {}", self.capture));
        at(connection, place).await?.ok_or_else(missing)
    }

    /// Gives the capture this roster, and its size, instead of the one that it has.
    ///
    /// # Errors
    /// When MariaDB fails.
    pub async fn replace(self, connection: &mut MySqlConnection, roster: &mut Roster) -> Result<(), DbError> {
        if let Some(place) = self.place {
            remove(connection, &[place]).await?;
        }
        let place = insert(connection, roster).await?;
        sqlx::query!(
            "UPDATE captures SET roster_id = ?, roster_parts = ?, chatters_count = ? WHERE id = ?",
            place.first,
            place.parts,
            roster.len(),
            self.capture.0
        )
        .execute(connection)
        .await?;
        Ok(())
    }
}

/// The roster at a place; none when parts of it are gone. The bounds are constants: as columns of another table, MariaDB
/// would go through all parts there are.
pub(super) async fn at(connection: &mut MySqlConnection, place: Place) -> Result<Option<Roster>, DbError> {
    let parts = sqlx::query_scalar!(
        "SELECT bytes FROM rosters WHERE id >= ? AND id < ? ORDER BY id",
        place.ids().start,
        place.ids().end
    )
    .fetch_all(connection)
    .await?;
    if parts.len() < place.parts.into() { Ok(None) } else { read(&parts.concat()).map(Some) }
}

/// Reads the bytes of a whole roster.
pub(super) fn read(bytes: &[u8]) -> Result<Roster, DbError> {
    Roster::from_bytes(bytes).map_err(|error| DbError::corrupt("rosters", error.to_string()))
}

/// The rosters of `captures` as they are stored, not read yet; what has none (any more) is left out.
///
/// # Errors
/// When MariaDB fails, or parts are missing.
pub async fn load(pool: &Pool, captures: &[CaptureId]) -> Result<HashMap<CaptureId, Bytes>, DbError> {
    let mut found = HashMap::with_capacity(captures.len());
    let mut wanted = captures.to_vec();
    for _ in 0..ATTEMPTS {
        let places = places(pool, &wanted).await?;
        let parts = parts(pool, places.iter().flat_map(|(_, place)| place.ids()).collect()).await?;
        wanted.clear();
        for (capture, place) in places {
            let whole: Option<Vec<&[u8]>> = place.ids().map(|id| parts.get(&id).map(Vec::as_slice)).collect();
            match whole {
                Some(parts) => drop(found.insert(capture, parts.concat().into())),
                // Replaced or removed since its place was read.
                None => wanted.push(capture),
            }
        }
        if wanted.is_empty() {
            return Ok(found);
        }
    }
    Err(DbError::corrupt("rosters", format!("parts are missing of capture {}", wanted[0])))
}

async fn places(pool: &Pool, captures: &[CaptureId]) -> Result<Vec<(CaptureId, Place)>, DbError> {
    let rows = sqlx::query!(
        "SELECT STRAIGHT_JOIN captures.id, captures.roster_id AS `first!`, captures.roster_parts AS parts
         FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) AS wanted
         JOIN captures ON captures.id = wanted.id AND captures.roster_id IS NOT NULL",
        json_list(captures)?
    )
    .fetch_all(pool)
    .await?;
    let places = rows.into_iter();
    Ok(places.map(|row| (CaptureId(row.id), Place { first: row.first, parts: row.parts })).collect())
}

async fn parts(pool: &Pool, ids: Vec<u64>) -> Result<HashMap<u64, Vec<u8>>, DbError> {
    let rows = sqlx::query!(
        "SELECT STRAIGHT_JOIN rosters.id, rosters.bytes
         FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) AS wanted
         JOIN rosters ON rosters.id = wanted.id",
        json_list(&ids)?
    )
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.bytes)).collect())
}
