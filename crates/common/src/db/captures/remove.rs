//! Removing captures that nobody looks at any more.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use sqlx::MySqlConnection;

use super::{
    removed::{self, Gone},
    rosters::{self, Place},
};
use crate::{
    db::{DbError, json_list},
    ids::ChannelId,
};

/// How many parts of rosters go in one transaction, about: a few seconds' work.
const PARTS: u32 = 20_000;

/// Captures, each with the parts of its roster, a few at a time as [`unheld`] takes them.
pub(in crate::db) fn pieces(captures: &[(u64, u16)]) -> Vec<Vec<u64>> {
    let (mut pieces, mut parts): (Vec<Vec<u64>>, u32) = (Vec::new(), PARTS);
    for (capture, roster_parts) in captures {
        if parts >= PARTS {
            pieces.push(Vec::new());
            parts = 0;
        }
        parts += u32::from(*roster_parts);
        if let Some(piece) = pieces.last_mut() {
            piece.push(*capture);
        }
    }
    pieces
}

/// Removes those of `captures` (ascending) that no session holds, with their rosters, in a transaction; returns how many.
/// Whom they had seen is noted. Those that are still being made stay.
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
        "SELECT STRAIGHT_JOIN captures.id, captures.channel_id, captures.captured_at AS `captured_at: DateTime<Utc>`,
                captures.roster_id, captures.roster_parts AS parts
         FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) AS some
         JOIN captures ON captures.id = some.id FOR UPDATE",
        ids
    )
    .fetch_all(&mut *connection)
    .await?;
    let deleted = sqlx::query!(
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
    let (mut places, mut gone) = (Vec::new(), Vec::new());
    for row in rows.into_iter().filter(|row| !left.contains(&row.id)) {
        let Some(first) = row.roster_id else { continue };
        let roster = Place { first, parts: row.parts };
        places.push(roster);
        gone.extend(row.captured_at.map(|at| Gone { channel: ChannelId(row.channel_id), at, roster }));
    }
    if !places.is_empty() {
        removed::note(connection, &gone).await?;
        rosters::remove(connection, &places).await?;
    }
    Ok(deleted.rows_affected())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_go_at_once_as_their_rosters_allow() {
        assert!(pieces(&[]).is_empty());
        let small: Vec<_> = (0..1_000).map(|id| (id, 10)).collect();
        assert_eq!(pieces(&small).len(), 1);
        let large: Vec<_> = (0..1_000).map(|id| (id, 300)).collect();
        let pieces = pieces(&large);
        assert_eq!(pieces.concat(), (0..1_000).collect::<Vec<_>>());
        assert!(pieces.iter().all(|piece| piece.len() <= 67), "{}", pieces.len());
    }
}
