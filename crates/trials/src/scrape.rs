//! Reading the services' metrics, and what the kernel says about processes.

use std::fs;

use devstack::Server;

use crate::Result;

/// The sum of a metric over all its labels, at one server.
///
/// # Errors
/// When the server does not answer.
pub async fn metric(server: &Server, name: &str) -> Result<f64> {
    metric_of(server, name, "").await
}

/// The same over the labels that contain `part`.
///
/// # Errors
/// When the server does not answer.
pub async fn metric_of(server: &Server, name: &str, part: &str) -> Result<f64> {
    let url = server.metrics_url().ok_or("a server without metrics")?;
    let text = crate::http()?.get(url).send().await?.error_for_status()?.text().await?;
    let of_name = |line: &&str| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' ']));
    let counted = text.lines().filter(of_name).filter(|line| line.contains(part));
    Ok(counted.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum())
}

/// The resident memory of a running process, in MB.
///
/// # Errors
/// When it does not run.
pub fn resident_mb(server: &Server) -> Result<f64> {
    memory_mb(server, "VmRSS:")
}

/// The most that a running process ever had resident, in MB.
///
/// # Errors
/// When it does not run.
pub fn peak_mb(server: &Server) -> Result<f64> {
    memory_mb(server, "VmHWM:")
}

fn memory_mb(server: &Server, what: &str) -> Result<f64> {
    let pid = server.pid().ok_or("a process has ended")?;
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let kib = status
        .lines()
        .find_map(|line| line.strip_prefix(what)?.split_whitespace().next()?.parse::<f64>().ok())
        .ok_or("no resident size in /proc")?;
    Ok(kib / 1024.0)
}

/// The CPU time that a running process has used, in seconds.
///
/// # Errors
/// When it does not run.
pub fn cpu_seconds(server: &Server) -> Result<f64> {
    /// Of `/proc`, on every Linux we know.
    const TICKS: f64 = 100.0;
    let pid = server.pid().ok_or("a process has ended")?;
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // After the name, which may contain anything: state is the first field, user and system time the 12th and 13th.
    let fields: Vec<&str> = stat.rsplit_once(") ").map_or("", |(_, rest)| rest).split(' ').collect();
    let ticks = |index: usize| fields.get(index).and_then(|field| field.parse::<f64>().ok());
    Ok((ticks(11).ok_or("no user time in /proc")? + ticks(12).ok_or("no system time in /proc")?) / TICKS)
}
