//! `job_probes`: the effects of probe jobs. See [`crate::jobs::Probe`].

use sqlx::MySqlConnection;

use super::DbError;
use crate::ids::JobId;

/// Notes that the job was done, as part of the transaction that finishes it.
///
/// # Errors
/// When MariaDB fails.
pub async fn insert(connection: &mut MySqlConnection, job: JobId) -> Result<(), DbError> {
    sqlx::query!("INSERT INTO job_probes (job_id, at) VALUES (?, UTC_TIMESTAMP(6))", job.0)
        .execute(connection)
        .await?;
    Ok(())
}
