//! Short versions of the fault trials and benchmarks, on the programs of this build.

#![expect(clippy::expect_used, reason = "a test says what went wrong by panicking")]

mod killed;
mod logs;
mod points;

use trials::{bench, chaos, figures::Figures, options::Options};

async fn play(number: u8) {
    let options = Options { short: true, ..Options::default() };
    let mut figures = Figures::default();
    chaos::play(number, &options, &mut figures).await.expect("a trial that can be played");
    // Timings are for `scripts/chaos`, on a machine that has nothing else to do.
    let wrong = figures.all().iter().any(|figure| !figure.pass && !figure.is_a_timing());
    assert!(!wrong, "{}", figures.table());
}

macro_rules! trials {
    ($($name:ident: $number:literal,)*) => {
        $(#[tokio::test] async fn $name() { play($number).await; })*

        #[test]
        fn every_trial_has_its_short_version_here() {
            assert_eq!(chaos::TRIALS.map(|(number, _)| number), [$($number),*]);
        }
    };
}

trials! {
    t01_workers_killed: 1,
    t02_aborts_at_each_point: 2,
    t03_workers_frozen: 3,
    t04_redis_emptied: 4,
    t05_redis_away: 5,
    t06_redis_restarted: 6,
    t07_mariadb_killed: 7,
    t08_jobs_longer_than_their_lease: 8,
    t09_all_at_once: 9,
    t10_two_schedulers: 10,
    t11_poison: 11,
    t12_beside_a_crowd: 12,
    t13_sigterm: 13,
    t14_network: 14,
    t15_twitch_at_its_worst: 15,
    t16_tokens_and_roles: 16,
    t18_guards: 18,
    t19_read_only: 19,
    t20_soak: 20,
}

#[tokio::test]
async fn benchmarks_run() {
    let figures = bench("queue,schedules,twitch").await;
    let failed: Vec<_> = figures.all().iter().filter(|figure| figure.name.contains("could not")).collect();
    assert!(failed.is_empty() && figures.all().len() > 10, "{}", figures.table());
}

#[tokio::test]
async fn two_replicas_of_twitch_api_never_meet_an_empty_bucket() {
    let figures = bench("budget").await;
    let wrong = figures.all().iter().any(|figure| !figure.pass && !figure.is_a_timing());
    assert!(!wrong && figures.all().len() > 3, "{}", figures.table());
}

async fn bench(only: &str) -> Figures {
    let only = only.split(',').map(str::to_owned).collect();
    bench::run(&Options { short: true, only, ..Options::default() }).await
}
