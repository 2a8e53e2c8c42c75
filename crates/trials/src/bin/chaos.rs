//! `chaos [--only N[,N]] [--seed S] [--short] [--minutes M]`: plays the fault trials; see `scripts/chaos`.

use std::process::ExitCode;

use trials::{
    chaos,
    options::{Options, report_path},
};

#[tokio::main]
async fn main() -> ExitCode {
    let options = match Options::parse(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(problem) => {
            eprintln!("chaos: {problem}\nusage: chaos [--only N[,N]] [--seed S] [--short] [--minutes M]");
            return ExitCode::from(2);
        }
    };
    let figures = chaos::run(&options).await;
    trials::finish(&figures, &options, &report_path("trials", "chaos.json"))
}
