//! Removing captures that nobody looks at any more.

use std::collections::HashSet;

use sqlx::MySqlConnection;

use super::rosters::{self, Place};
use crate::db::{DbError, json_list};

/// Removes those of `captures` that no session holds, with their rosters, in a transaction; returns how many. Those that
/// are still being made stay.
///
/// # Errors
/// When MariaDB fails.
pub(in crate::db) async fn unheld(
    connection: &mut MySqlConnection,
    captures: &[u64],
) -> Result<u64, DbError> {
    let ids = json_list(captures)?;
    let rosters = sqlx::query!(
        "SELECT STRAIGHT_JOIN captures.id, captures.roster_id AS `first!`, captures.roster_parts AS parts
         FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) AS some
         JOIN captures ON captures.id = some.id AND captures.roster_id IS NOT NULL FOR UPDATE",
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
    for roster in rosters.into_iter().filter(|roster| !left.contains(&roster.id)) {
        rosters::remove(connection, Place { first: roster.first, parts: roster.parts }).await?;
    }
    Ok(removed.rows_affected())
}
