//! The same session in the schema of the Go system: a row for each chatter in each capture, three indexes. Its summary
//! counts distinct accounts, finds the fullest creation days and lists their logins, in SQL.

use std::time::Instant;

use common::{db::captures::rosters, ids::CaptureId, roster::Roster};

use super::world::World;
use crate::{
    Result,
    figures::{Figures, float},
    stage::Stage,
};

const TABLE: &str = "
    CREATE TABLE capture_chatters (
        id             BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
        capture_id     BIGINT UNSIGNED NOT NULL,
        twitch_user_id VARCHAR(32) NOT NULL,
        created_at     DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
        UNIQUE KEY one_each (capture_id, twitch_user_id),
        KEY by_user (twitch_user_id),
        KEY by_capture (capture_id)
    ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4";

const USERS: &str = "
    CREATE TABLE twitch_users (
        twitch_user_id VARCHAR(32) NOT NULL PRIMARY KEY,
        login          VARCHAR(64) NOT NULL,
        created_at     DATETIME NULL,
        KEY by_creation (created_at)
    ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 AS
    SELECT CAST(twitch_id AS CHAR(32)) AS twitch_user_id, login, created_at FROM accounts";

const COUNT: &str = "
    SELECT COUNT(DISTINCT twitch_user_id) FROM capture_chatters
    WHERE capture_id IN (SELECT capture_id FROM session_captures JOIN sessions ON sessions.id = session_id WHERE uuid = ?)";

const DAYS: &str = "
    SELECT DATE(twitch_users.created_at) AS day, COUNT(DISTINCT twitch_users.twitch_user_id) AS accounts,
           GROUP_CONCAT(DISTINCT twitch_users.login ORDER BY twitch_users.login SEPARATOR ',') AS logins
    FROM capture_chatters JOIN twitch_users ON twitch_users.twitch_user_id = capture_chatters.twitch_user_id
    WHERE capture_id IN (SELECT capture_id FROM session_captures JOIN sessions ON sessions.id = session_id WHERE uuid = ?)
    GROUP BY day ORDER BY accounts DESC LIMIT 10";

/// Measures the other system's answer to the question that took ours `cold` milliseconds.
pub(super) async fn run(stage: &Stage, world: &World, cold: f64, figures: &mut Figures) -> Result<()> {
    sqlx::raw_sql(TABLE).execute(&stage.pool).await?;
    sqlx::raw_sql(USERS).execute(&stage.pool).await?;
    let captures: Vec<u64> = sqlx::query_scalar(
        "SELECT capture_id FROM session_captures JOIN sessions ON sessions.id = session_id WHERE uuid = ? ORDER BY capture_id",
    )
    .bind(world.session.to_string())
    .fetch_all(&stage.pool)
    .await?;
    let captures: Vec<CaptureId> = captures.into_iter().map(CaptureId).collect();
    let stored = rosters::load(&stage.pool, &captures).await?;
    for capture in captures {
        let roster = stored.get(&capture).ok_or("a capture without a roster")?;
        let ids: Vec<u32> = Roster::from_bytes(roster)?.0.iter().collect();
        sqlx::query(
            "INSERT INTO capture_chatters (capture_id, twitch_user_id)
             SELECT ?, 1000 + id FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) AS ids",
        )
        .bind(capture.0)
        .bind(serde_json::to_string(&ids)?)
        .execute(&stage.pool)
        .await?;
    }
    stage.admin("ANALYZE TABLE chatters.capture_chatters PERSISTENT FOR ALL, chatters.twitch_users").await?;
    let session = world.session.to_string();
    let begun = Instant::now();
    let _accounts: i64 = sqlx::query_scalar(COUNT).bind(&session).fetch_one(&stage.pool).await?;
    sqlx::query(DAYS).bind(&session).fetch_all(&stage.pool).await?;
    let theirs = begun.elapsed().as_secs_f64() * 1e3;
    figures.report("the same summary from a row for each chatter", "ms", theirs);
    figures.report("ratio: their summary to ours, cold", "times", theirs / cold);
    let (bytes, _) = super::size::of_tables(stage, &["capture_chatters"]).await?;
    figures.report("bytes of a presence with a row for each chatter", "B", float(bytes) / world.presences());
    sqlx::raw_sql("DROP TABLE capture_chatters, twitch_users").execute(&stage.pool).await?;
    Ok(())
}
