//! Faults of plenty: 9 very many at once, 12 a crowd beside somebody with few.

use std::time::Duration;

use devstack::Service;
use tokio::time::sleep;

use crate::{
    Result,
    figures::{Figures, float, quantile},
    invariants,
    load::probe,
    options::Options,
    stage::Stage,
};

/// What the services may read of the tables in one statement, except for counting the queue.
const MOST_ROWS: f64 = 10_000.0;

/// 9: very many jobs due at once, half of them one tenant's. Statements that read many rows, and commands of Redis that
/// take long, are logged by the stores themselves.
pub async fn all_at_once(options: &Options, figures: &mut Figures) -> Result<()> {
    let jobs = options.pick(100_000, 10_000);
    let stage = Stage::with(2, |builder| {
        builder.env(Service::Worker, "WORKER_CONCURRENCY", "16").env(Service::Worker, "LOG_LEVEL", "warn")
    })
    .await?;
    stage
        .admin(
            "SET GLOBAL log_output = 'TABLE', GLOBAL long_query_time = 0, GLOBAL slow_query_log = 1,
                 GLOBAL min_examined_row_limit = 1000",
        )
        .await?;
    let slowlog = redis::cmd("CONFIG").arg("SET").arg("slowlog-log-slower-than").arg(20_000).to_owned();
    slowlog.exec_async(&mut stage.redis.shared()).await?;
    stage.pile_up("crowd", jobs, "IF(seq % 2, 1, 2 + seq % 1000)", r#""nap_ms":0"#).await?;
    let drained = stage.drained(Duration::from_mins(5)).await?;
    figures.report("drained", "s", drained.as_secs_f64());
    stage.outcome().await?.judge(figures, jobs.into());

    let log = sqlx::MySqlPool::connect(&stage.stack.database_admin_url()).await?;
    let (rows, longest): (i64, f64) = sqlx::query_as(
        "SELECT CAST(COALESCE(MAX(IF(sql_text LIKE '%LIMIT 100000%', 0, rows_examined)), 0) AS SIGNED),
                CAST(COALESCE(MAX(TIME_TO_SEC(query_time)), 0) AS DOUBLE)
         FROM mysql.slow_log WHERE user_host LIKE 'chatters%' AND sql_text NOT LIKE '%job_probes%'
           AND sql_text NOT LIKE '%EXISTS (SELECT 1 FROM jobs WHERE state = ''ready'' AND kind = ''probe'')%'",
    )
    .fetch_one(&log)
    .await?;
    log.close().await;
    figures.at_most("most rows read by a statement", "rows", float(rows), MOST_ROWS);
    figures.at_most("the longest statement", "s", longest, 1.0);
    let slow: i64 = redis::cmd("SLOWLOG").arg("LEN").query_async(&mut stage.redis.shared()).await?;
    figures.exactly("commands of Redis of 20 ms or more", "", slow, 0);
    let mut errors = 0;
    for worker in stage.workers() {
        errors += worker.process().log()?.lines().filter(|line| line.contains("ERROR")).count();
    }
    figures.exactly("errors logged by workers", "", i64::try_from(errors)?, 0);
    invariants::check(&stage, figures).await
}

/// 12: ten jobs of one tenant, again and again, beside the very many of another.
pub async fn beside_a_crowd(options: &Options, figures: &mut Figures) -> Result<()> {
    let (crowd, rounds) = options.pick((50_000, 20), (3_000, 3));
    let stage = Stage::with(2, |builder| builder.env(Service::Worker, "LOG_LEVEL", "warn")).await?;
    stage.pile_up("crowd", crowd, "1", r#""nap_ms":20"#).await?;
    let done = "SELECT LEAST(COUNT(*), 100) FROM job_probes";
    stage.until("the crowd to be under way", done, 100, Duration::from_secs(30)).await?;
    for _ in 0..rounds {
        let few: Vec<_> = (0..10).map(|_| probe(2, Duration::ZERO)).collect();
        stage.enqueue(&few).await?;
        sleep(Duration::from_millis(700)).await;
    }
    let waiting = stage.number("SELECT COUNT(*) FROM jobs WHERE tenant = 1 AND state = 'ready'").await?;
    figures.at_least("jobs of the crowd still waiting then", "", float(waiting), 1.0);
    let few = "SELECT COUNT(*) FROM jobs WHERE tenant = 2 AND state <> 'done'";
    stage.until("the end of the few", few, 0, Duration::from_mins(1)).await?;
    let delays: Vec<i64> = sqlx::query_scalar(
        "SELECT TIMESTAMPDIFF(MICROSECOND, jobs.created_at, job_probes.at) FROM job_probes
         JOIN jobs ON jobs.id = job_probes.job_id WHERE jobs.tenant = 2",
    )
    .fetch_all(&stage.pool)
    .await?;
    let mut delays: Vec<f64> = delays.into_iter().map(|micros| float(micros) / 1e6).collect();
    figures.at_most("p99 from due to done of the few", "s", quantile(&mut delays, 0.99), 2.0);
    let drained = stage.drained(Duration::from_mins(10)).await?;
    figures.report("the crowd was done after further", "s", drained.as_secs_f64());
    stage.outcome().await?.judge(figures, i64::from(crowd) + 10 * rounds);
    invariants::check(&stage, figures).await
}
