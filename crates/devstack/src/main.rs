//! `devstack`: see `devstack --help`.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    devstack::cli::main(std::env::args().skip(1).collect()).await
}
