//! The benchmarks: one file each, one registry of figures.

mod answers;
mod budget;
pub mod captures;
mod queue;
mod schedules;
mod system;
mod twitch;

use crate::{figures::Figures, options::Options};

/// Runs the benchmarks that are wanted, each whatever became of the others.
pub async fn run(options: &Options) -> Figures {
    let mut figures = Figures::default();
    for name in ["queue", "schedules", "captures", "system", "answers", "twitch", "budget"] {
        if !options.wants(name) {
            continue;
        }
        eprintln!("\n{name} …");
        figures.begin(name);
        let outcome = match name {
            "queue" => queue::run(options, &mut figures).await,
            "schedules" => schedules::run(options, &mut figures).await,
            "twitch" => twitch::run(options, &mut figures).await,
            "budget" => budget::run(options, &mut figures).await,
            "answers" => answers::run(options, &mut figures).await,
            "system" => system::run(options, &mut figures).await,
            _ => captures::run(&mut figures).await,
        };
        if let Err(error) = outcome {
            eprintln!("  ✗ could not be measured: {error}");
            figures.exactly("benchmarks that could not be run", "", 1, 0);
        }
    }
    figures
}
