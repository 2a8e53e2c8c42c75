//! `bench [--only NAME[,NAME]] [--seed S] [--short]`: measures; see `scripts/bench`.

use std::process::ExitCode;

use trials::{
    bench,
    options::{Options, report_path},
};

#[tokio::main]
async fn main() -> ExitCode {
    let options = match Options::parse(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(problem) => {
            eprintln!("bench: {problem}\nusage: bench [--only NAME[,NAME]] [--seed S] [--short]");
            return ExitCode::from(2);
        }
    };
    let figures = bench::run(&options).await;
    trials::finish(&figures, &options, &report_path("bench", "bench.json"))
}
