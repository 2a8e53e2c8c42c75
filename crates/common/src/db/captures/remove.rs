//! Removing captures that nobody looks at any more.

use std::collections::HashSet;

use sqlx::MySqlConnection;

use super::rosters::{self, Place};
use crate::db::{DbError, json_list};

/// Removes those of `captures` (ascending) that no session holds, with their rosters, in a transaction; returns how many.
/// Those that are still being made stay.
///
/// # Errors
/// When MariaDB fails.
pub(in crate::db) async fn unheld(
    connection: &mut MySqlConnection,
    captures: &[u64],
) -> Result<u64, DbError> {
    let ids = json_list(captures)?;
    // All of them are locked: one that is being made gets its roster before this, or not at all.
    let rows = sqlx::query!(
        "SELECT STRAIGHT_JOIN captures.id, captures.roster_id, captures.roster_parts AS parts
         FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) AS some
         JOIN captures ON captures.id = some.id FOR UPDATE",
        ids
    )
    .fetch_all(&mut *connection)
    .await?;
    let removed = sqlx::query!(
        "DELETE captures FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) AS some
         STRAIGHT_JOIN captures ON captures.id = some.id
         WHERE captures.status <> 'pending'
           AND NOT EXISTS (SELECT 1 FROM session_captures WHERE session_captures.capture_id = captures.id)",
        ids
    )
    .execute(&mut *connection)
    .await?;
    let left = sqlx::query_scalar!(
        "SELECT STRAIGHT_JOIN captures.id
         FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) AS some
         JOIN captures ON captures.id = some.id",
        ids
    )
    .fetch_all(&mut *connection)
    .await?;
    let left: HashSet<u64> = left.into_iter().collect();
    let gone = rows.into_iter().filter(|row| !left.contains(&row.id));
    let places: Vec<Place> =
        gone.filter_map(|row| Some(Place { first: row.roster_id?, parts: row.parts })).collect();
    if !places.is_empty() {
        rosters::remove(connection, &places).await?;
    }
    Ok(removed.rows_affected())
}
