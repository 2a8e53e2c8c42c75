//! `worker migrate`: applies the migrations and exits.

use std::process::ExitCode;

use crate::command;

pub async fn main() -> ExitCode {
    // Connecting has migrated.
    command::on_database(async |_pool| {
        tracing::info!("database.migrated");
        Ok(())
    })
    .await
}
