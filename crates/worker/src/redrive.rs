//! `worker redrive [--kind KIND] [--limit N]`: puts dead jobs back to work, and says how many of each kind.
//!
//! They begin anew, with all their attempts; the workers find them within `JOB_POLL_INTERVAL`. Kinds whose policy says
//! that a dead one is over (see [`common::jobs`]) are left alone.

use std::process::ExitCode;

use common::{db, jobs::KINDS};

use crate::command;

const USAGE: &str = "usage: worker redrive [--kind KIND] [--limit N]";
const LIMIT: u32 = 1_000;

#[derive(Debug, PartialEq, Eq)]
struct Wanted {
    kinds: Vec<&'static str>,
    /// Of each kind.
    limit: u32,
}

pub async fn main(args: &[String]) -> ExitCode {
    let wanted = match parse(args) {
        Ok(wanted) => wanted,
        Err(problem) => {
            eprintln!("{problem}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    command::on_database(async |pool| {
        for kind in wanted.kinds {
            let jobs = db::jobs::redrive(&pool, kind, wanted.limit).await?;
            println!("{kind}: {jobs} put back");
        }
        Ok(())
    })
    .await
}

fn parse(args: &[String]) -> Result<Wanted, String> {
    let redriven = KINDS.iter().filter(|(_, policy)| policy.redrive).map(|(kind, _)| *kind);
    let mut wanted = Wanted { kinds: redriven.collect(), limit: LIMIT };
    for pair in args.chunks(2) {
        match pair {
            [option, value] if option == "--limit" => {
                wanted.limit = value.parse().map_err(|_| format!("`{value}` is no number of jobs"))?;
            }
            [option, value] if option == "--kind" => wanted.kinds.retain(|kind| kind == value),
            _ => return Err(format!("`{}` is not understood", pair.join(" "))),
        }
    }
    if wanted.kinds.is_empty() {
        return Err("no such kind of job can be put back to work".to_owned());
    }
    Ok(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Wanted, String> {
        parse(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn without_a_kind_all_that_can_are_put_back() {
        assert_eq!(
            parsed(""),
            Ok(Wanted { kinds: vec!["probe", "enrich_accounts", "forget_viewer"], limit: LIMIT })
        );
        let one = Wanted { kinds: vec!["enrich_accounts"], limit: 5 };
        assert_eq!(parsed("--limit 5 --kind enrich_accounts"), Ok(one));
    }

    #[test]
    fn captures_and_nonsense_are_refused() {
        for line in ["--kind capture_chatters", "--kind", "--limit many", "enrich_accounts"] {
            assert!(parsed(line).is_err(), "{line}");
        }
    }
}
