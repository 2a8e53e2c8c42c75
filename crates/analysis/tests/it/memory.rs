//! What is kept in memory stays within its bound, and the answers are the same.

use std::collections::BTreeSet;

use common::{db::captures::rosters, ids::AccountId, roster::Roster};
use uuid::Uuid;

use crate::{program::Program, support::World};

const MIB: u64 = 1 << 20;

/// The least that can be configured, of which rosters get five eighths.
const BOUND: u64 = 16 * MIB;
const ROSTERS_MIB: f64 = 10.0;

/// What is not in the bound: the answer that is computed, with the columns of its accounts and the rosters on their way to
/// it. Those of [`room`] alone would take 60 MiB.
const ALLOWANCE: u64 = 32 * MIB;

/// How many captures there are, and how many of their rosters differ.
const CAPTURES: u32 = 8_000;
const DIFFERENT: u32 = 64;

/// How many are in each roster, so far apart that each has a container of the bitmap to themselves. That takes some 60 bytes
/// in memory and 3 in MariaDB: much is kept of what is quickly stored, read and folded.
const PRESENT: u32 = 128;
const APART: u32 = 1 << 16;

/// Who is in a roster: in each place one of a few dozen, mostly another one each time.
fn who(number: u32) -> impl Iterator<Item = u32> {
    (0..PRESENT).map(move |place| place * APART + 1 + number * (place + 1) % DIFFERENT)
}

async fn accounts(world: &World) {
    sqlx::query(
        "INSERT INTO accounts (id, twitch_id, login, display_name, updated_at)
         SELECT id, 1000 + id, CONCAT('user', id), CONCAT('User', id), NOW(6)
         FROM (SELECT places.seq * ? + 1 + numbers.seq AS id
               FROM seq_0_to_1023 AS places JOIN seq_0_to_1023 AS numbers
               WHERE places.seq < ? AND numbers.seq < ?) AS ids",
    )
    .bind(APART)
    .bind(PRESENT)
    .bind(DIFFERENT)
    .execute(&world.pool)
    .await
    .unwrap();
}

/// An evening of channel 7 with a capture a second. Some have the same roster in MariaDB; it is read for each of them.
async fn room(world: &World, session: Uuid) {
    let mut tx = world.pool.begin().await.unwrap();
    let mut stored = Vec::new();
    for number in 0..DIFFERENT {
        let mut roster: Roster = who(number).map(AccountId).collect();
        let place = rosters::insert(&mut tx, &mut roster).await.unwrap();
        stored.push((place.first, place.parts, roster.len()));
    }
    tx.commit().await.unwrap();
    let captures: Vec<_> = stored.iter().cycle().take(CAPTURES as usize).collect();
    sqlx::query(
        "INSERT INTO captures (channel_id, slot, status, captured_at, chatters_count, roster_id, roster_parts)
         SELECT 7, '2026-11-01 20:00:00' + INTERVAL place SECOND, 'complete',
                '2026-11-01 20:00:00' + INTERVAL place SECOND, chatters, roster, pieces
         FROM JSON_TABLE(?, '$[*]' COLUMNS (place FOR ORDINALITY, roster BIGINT UNSIGNED PATH '$[0]',
                         pieces SMALLINT UNSIGNED PATH '$[1]', chatters INT UNSIGNED PATH '$[2]')) AS made
         ORDER BY place",
    )
    .bind(serde_json::to_string(&captures).unwrap())
    .execute(&world.pool)
    .await
    .unwrap();
    sqlx::query(
        "INSERT INTO session_captures (session_id, capture_id)
         SELECT sessions.id, captures.id FROM captures JOIN sessions ON sessions.uuid = ?
         WHERE captures.channel_id = 7",
    )
    .bind(session.to_string())
    .execute(&world.pool)
    .await
    .unwrap();
}

#[tokio::test]
async fn rosters_that_do_not_fit_are_answered_about_within_the_bound() {
    let world = World::new().await;
    let (small, large) = (world.session().await, world.session().await);
    accounts(&world).await;
    world.capture(small, 8, "2026-11-01 20:00:00", &[1]).await;
    room(&world, large).await;
    let path = |session: Uuid, question: &str| format!("/internal/v1/sessions/{session}/{question}");
    // What is said of everybody, and where.
    let everybody = (0..DIFFERENT).flat_map(who).collect::<BTreeSet<_>>().len();
    let questions = [("evolution", None), ("newcomers", Some("newcomers")), ("accounts", Some("accounts"))];

    let program = Program::start(&world, BOUND / MIB).await;
    for (question, _) in questions {
        assert_eq!(program.service.get(&path(small, question)).await.cache(), "MISS");
    }
    let before = program.peak();
    for (question, count) in questions {
        let path = path(large, question);
        let asked = (program.service.get(&path), world.service.get(&path));
        let (said, plenty) = futures_util::future::join(asked.0, asked.1).await;
        assert_eq!((said.cache(), plenty.cache()), ("MISS", "MISS"), "{question}");
        assert_eq!(said.body["coverage"]["captures"], CAPTURES, "{question}");
        if let Some(count) = count {
            assert_eq!(said.body[count], everybody, "{question}");
            assert_eq!(said.body["people"].as_array().unwrap().len(), 100, "{question}");
        }
        assert!(said.body == plenty.body, "{question}: another answer with more memory");
    }

    let rosters = program.metric("tca_cache_bytes{cache=\"rosters\"}").await / 1_048_576.0;
    assert!((0.9 * ROSTERS_MIB..=ROSTERS_MIB).contains(&rosters), "{rosters} MiB of rosters are kept");
    let grown = program.peak() - before;
    assert!(grown < BOUND + ALLOWANCE, "{} MiB were taken", grown / MIB);
}
