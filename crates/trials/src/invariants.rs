//! What must hold at the end of every run, one query each.

use common::{db::captures::rosters, ids::CaptureId, queue::LOW, roster::Roster};
use sqlx::AssertSqlSafe;

use crate::{Result, figures::Figures, stage::Stage};

/// Done without exactly one effect, or an effect without being done; of those that leave none, any effect.
const DONE_IS_EFFECT: &str = "
    SELECT COUNT(*) FROM jobs LEFT JOIN (SELECT job_id, COUNT(*) AS rows_of FROM job_probes GROUP BY job_id) AS effects
      ON effects.job_id = jobs.id
    WHERE jobs.kind = 'probe'
      AND IF(jobs.payload LIKE '%\"traceless\":true%', 0, jobs.state = 'done') <> COALESCE(effects.rows_of, 0)";

/// Captures whose job is done without a roster or a reason, or who have a roster without their job being done.
const DONE_IS_ROSTER: &str = "
    SELECT COUNT(*) FROM jobs JOIN captures ON captures.id = jobs.dedup
    WHERE jobs.kind = 'capture_chatters'
      AND ((jobs.state = 'done' AND captures.status = 'pending')
        OR (jobs.state <> 'done' AND captures.status = 'complete'))";

/// Slots of a channel that have two captures.
const ONE_PER_SLOT: &str = "
    SELECT COUNT(*) FROM (SELECT 1 FROM captures GROUP BY channel_id, slot HAVING COUNT(*) > 1) AS doubled";

/// Jobs that are due for more than ten seconds and a round of the reconciler, and are not announced although of their lane
/// so few are that it should have been filled again.
const ANNOUNCED: &str = "
    SELECT COUNT(*) FROM jobs AS due
    WHERE due.state = 'ready' AND due.run_at < UTC_TIMESTAMP(6) - INTERVAL 12 SECOND AND due.announced = 0
      AND (SELECT COUNT(*) FROM jobs AS told WHERE told.state = 'ready' AND told.kind = due.kind
             AND told.tenant = due.tenant AND told.announced = 1) <= ";

/// Running jobs whose lease has ended, and whom no reconciler took back in its next round.
const LIVE_LEASES: &str = "
    SELECT COUNT(*) FROM jobs WHERE state = 'running' AND lease_until < UTC_TIMESTAMP(6) - INTERVAL 3 SECOND";

/// Parts of rosters that no capture has, or that one has and that are not there.
const PARTS: &str = "
    SELECT CAST(ABS(CAST(COUNT(*) AS SIGNED)
                    - (SELECT CAST(COALESCE(SUM(roster_parts), 0) AS SIGNED) FROM captures)) AS SIGNED) FROM rosters";

/// Counts what violates the invariants; says which, when any does.
///
/// # Errors
/// When MariaDB fails.
pub async fn check(stage: &Stage, figures: &mut Figures) -> Result<()> {
    let announced = format!("{ANNOUNCED}{LOW}");
    let mut violations = 0;
    for (invariant, query) in [
        ("a probe is done ⇔ it has one effect", DONE_IS_EFFECT),
        ("a capture's job is done ⇔ the capture has ended", DONE_IS_ROSTER),
        ("one capture per channel and slot", ONE_PER_SLOT),
        ("what is due is announced within 10 s", &announced),
        ("what is running has a live lease", LIVE_LEASES),
        ("rosters have the parts that their captures say", PARTS),
    ] {
        let count: i64 = sqlx::query_scalar(AssertSqlSafe(query.to_owned())).fetch_one(&stage.pool).await?;
        violations += told(invariant, count);
    }
    violations += told("a roster's size is its chatters_count", wrong_rosters(stage).await?);
    figures.exactly("violations of the invariants", "", violations, 0);
    Ok(())
}

fn told(invariant: &str, violations: i64) -> i64 {
    if violations > 0 {
        eprintln!("  ✗ violated {violations} times: {invariant}");
    }
    violations
}

async fn wrong_rosters(stage: &Stage) -> Result<i64> {
    let counts: Vec<(u64, u32)> =
        sqlx::query_as("SELECT id, chatters_count FROM captures WHERE status = 'complete'")
            .fetch_all(&stage.pool)
            .await?;
    let mut wrong = 0;
    for some in counts.chunks(1_000) {
        let ids: Vec<CaptureId> = some.iter().map(|(id, _)| CaptureId(*id)).collect();
        let stored = rosters::load(&stage.pool, &ids).await?;
        for (id, (_, count)) in ids.iter().zip(some) {
            let roster = stored.get(id).and_then(|bytes| Roster::from_bytes(bytes).ok());
            wrong += i64::from(roster.is_none_or(|roster| roster.len() != *count));
        }
    }
    Ok(wrong)
}
