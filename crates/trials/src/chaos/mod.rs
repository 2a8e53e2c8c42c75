//! The fault trials. Each starts what it needs, breaks something while work goes on, and counts at the end.
//!
//! | file | faults |
//! |---|---|
//! | `workers` | 1 kills, 2 aborts at each point, 3 frozen workers, 8 jobs longer than their lease, 11 poison |
//! | `redis` | 4 FLUSHALL, 5 outage, 6 restarts |
//! | `mariadb` | 7 kills in the middle of commits, 19 read-only |
//! | `load` | 9 a hundred thousand due at once, 12 a tenant with 50,000 jobs beside one with ten |
//! | `schedulers` | 10 two schedulers, one frozen |
//! | `drain` | 13 SIGTERM to every service under load |
//! | `network` | 14 latency, black hole and reset |
//! | `twitch` | 15 Twitch at its worst: calls, bodies, rows and cursors |
//! | `grants` | 16 tokens expired, rotated, killed; roles lost; the application disconnected |
//! | `guards` | 18 the guards left out: the trials must notice |
//! | `soak` | 20 one fault after the other |

mod drain;
mod grants;
mod guards;
mod load;
mod mariadb;
mod network;
mod people;
mod redis;
mod schedulers;
mod soak;
mod twitch;
mod workers;

pub use schedulers::schedule;

use rand::{SeedableRng as _, rngs::StdRng};

use crate::{Result, figures::Figures, options::Options};

/// The trials by the numbers of the list of faults.
pub const TRIALS: [(u8, &str); 19] = [
    (1, "workers killed with -9 at random"),
    (2, "a worker aborts at each point of a run"),
    (3, "workers frozen for twice their lease"),
    (4, "Redis emptied while work goes on"),
    (5, "Redis away for a while"),
    (6, "Redis restarted again and again"),
    (7, "MariaDB killed with -9 in the middle of commits"),
    (8, "jobs five times longer than their lease"),
    (9, "a hundred thousand jobs due at once"),
    (10, "two schedulers, one frozen"),
    (11, "a job that takes every worker down"),
    (12, "a tenant with very many jobs beside one with ten"),
    (13, "SIGTERM to every service under load"),
    (14, "latency, black hole and reset"),
    (15, "Twitch at its worst"),
    (16, "tokens and roles that are lost"),
    (18, "the guards themselves"),
    (19, "MariaDB read-only"),
    (20, "soak: one random fault after the other"),
];

/// Plays one trial.
///
/// # Errors
/// When the trial itself cannot be played; a figure that falls short is no error.
pub async fn play(number: u8, options: &Options, figures: &mut Figures) -> Result<()> {
    let name = TRIALS.iter().find(|(of, _)| *of == number).map_or("", |(_, name)| name);
    figures.begin(format!("{number:>2}  {name}"));
    let rng = &mut StdRng::seed_from_u64(options.seed.wrapping_add(number.into()));
    match number {
        1 => workers::kills(options, rng, figures).await,
        2 => workers::aborts(options, figures).await,
        3 => workers::frozen(options, rng, figures).await,
        4 => redis::emptied(options, figures).await,
        5 => redis::away(options, figures).await,
        6 => redis::restarted(options, figures).await,
        7 => mariadb::killed(options, rng, figures).await,
        8 => workers::long_jobs(options, figures).await,
        9 => load::all_at_once(options, figures).await,
        10 => schedulers::two(options, rng, figures).await,
        11 => workers::poison(options, figures).await,
        12 => load::beside_a_crowd(options, figures).await,
        13 => drain::every_service(options, figures).await,
        14 => network::faults(options, figures).await,
        15 => twitch::at_its_worst(options, figures).await,
        16 => grants::lost_and_renewed(options, rng, figures).await,
        18 => guards::left_out(options, rng, figures).await,
        19 => mariadb::read_only(options, figures).await,
        20 => soak::run(options, rng, figures).await,
        _ => Err(format!("there is no fault {number}").into()),
    }
}

/// Plays the trials that are wanted, each whatever became of the others.
pub async fn run(options: &Options) -> Figures {
    let mut figures = Figures::default();
    for (number, name) in TRIALS {
        if !options.wants(&number.to_string()) {
            continue;
        }
        eprintln!("\n{number:>2}  {name} …");
        if let Err(error) = play(number, options, &mut figures).await {
            eprintln!("  ✗ the trial could not be played: {error}");
            figures.exactly("trials that could not be played", "", 1, 0);
        }
    }
    figures
}
