//! A summary that is in the cache, asked for through the gateway by a person who is logged in, with wrk beside it.

use std::process::Stdio;

use tokio::process::Command;

use super::world::World;
use crate::{
    Result, bench::captures::MODERATOR, figures::Figures, options::Options, person::Person, stage::Stage,
};

pub(super) async fn run(
    stage: &Stage,
    world: &World,
    options: &Options,
    figures: &mut Figures,
) -> Result<()> {
    let person = Person::log_in(stage.stack.public_url(), MODERATOR).await?;
    let path = format!("/api/v1/sessions/{}/summary", world.session);
    person.get(&path).await?;
    let output = Command::new("wrk")
        .args(["--threads", "1", "--connections", "32", "--latency"])
        .args(["--duration", options.pick("15s", "1s")])
        .args(["--header", &format!("Cookie: {}", person.cookie_header())])
        .arg(format!("{}{path}", stage.stack.public_url()))
        .stderr(Stdio::inherit())
        .output()
        .await?;
    let text = String::from_utf8_lossy(&output.stdout);
    let rate = value(&text, "Requests/sec:").ok_or("wrk tells no rate")?;
    figures.at_least(
        "authenticated cached summary through the gateway",
        "1/s",
        rate,
        options.pick(5_000.0, 1.0),
    );
    let p99 = value(&text, "99%").ok_or("wrk tells no latency")?;
    figures.at_most("authenticated cached summary through the gateway, p99", "ms", p99, 20.0);
    figures.exactly("answers that were no success", "", i64::from(text.contains("Non-2xx")), 0);
    Ok(())
}

/// The number after `label`; a time in milliseconds.
fn value(text: &str, label: &str) -> Option<f64> {
    let word = text.lines().find_map(|line| line.trim().strip_prefix(label))?.trim();
    let unit = word.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    let number: f64 = word.strip_suffix(unit)?.parse().ok()?;
    match unit {
        "us" => Some(number / 1e3),
        "s" => Some(number * 1e3),
        _ => Some(number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_wrk_says_is_read() {
        let text =
            "  Latency Distribution\n     50%    1.32ms\n     99%  870.00us\nRequests/sec:   7034.21\n";
        assert_eq!((value(text, "99%"), value(text, "50%")), (Some(0.87), Some(1.32)));
        assert_eq!((value(text, "Requests/sec:"), value(text, "90%")), (Some(7034.21), None));
    }
}
