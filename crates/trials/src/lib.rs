//! What the system can take, and what it survives, measured on real processes with throwaway data.
//!
//! * `bench` ([`bench`]) measures; `chaos` ([`chaos`]) breaks things and counts what was lost or done twice. Both print a
//!   table, write JSON below `target/`, and end with an error when a figure falls short of its target.
//!   `scripts/bench` and `scripts/chaos` build them, and what they start, and run them.
//! * [`stage`] is what most trials play on: MariaDB, Redis and workers, with a stand-in for `twitch-api`. Jobs of kind
//!   `probe` show by their effects in `job_probes` what was lost or doubled.
//! * Short versions of all trials are in `tests/`.
//!
//! Development only: no image contains this crate.

pub mod backstage;
pub mod bench;
pub mod chaos;
pub mod figures;
pub mod invariants;
pub mod load;
pub mod options;
pub mod person;
pub mod scrape;
pub mod sim;
pub mod stage;
pub mod stub;
pub mod truth;

/// Any failure of a trial itself, which is not the same as a figure that falls short.
pub type Error = Box<dyn std::error::Error + Send + Sync>;
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A client for the services, that follows no redirect.
///
/// # Errors
/// When it cannot be built.
pub fn http() -> Result<reqwest::Client> {
    Ok(common::http::client(std::time::Duration::from_mins(1))?)
}

/// Prints the table, writes the JSON, and says whether all figures were met.
#[must_use]
pub fn finish(
    figures: &figures::Figures,
    options: &options::Options,
    path: &std::path::Path,
) -> std::process::ExitCode {
    println!("{}", figures.table());
    if let Err(error) = figures.write(path, options.seed, options.short) {
        eprintln!("{} was not written: {error}", path.display());
    }
    let short = figures.short();
    println!("{} figures, {short} short of their target; {}", figures.all().len(), path.display());
    if short == 0 && !figures.all().is_empty() {
        std::process::ExitCode::SUCCESS
    } else {
        std::process::ExitCode::FAILURE
    }
}
