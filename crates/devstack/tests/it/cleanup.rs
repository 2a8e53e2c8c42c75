//! The program itself: what it leaves behind, however it ends.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use devstack::wait;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::support::{Folder, SOON, fake_binaries, runs};

const DEVSTACK: &str = env!("CARGO_BIN_EXE_devstack");

fn devstack(args: &[&str], temp: &Folder) -> Command {
    let mut command = Command::new(DEVSTACK);
    command.args(args).env("TMPDIR", &temp.0).env_remove("DEMO_DIR").env_remove("DEMO_PORT");
    command
}

fn signal(child: &Child, signal: Signal) {
    kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), signal).unwrap();
}

/// All that descend from a process.
fn descendants(of: u32) -> Vec<u32> {
    let pairs: Vec<(u32, u32)> = std::fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter_map(|entry| {
            let pid = entry.file_name().to_str()?.parse().ok()?;
            let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
            // The name in parentheses may contain anything; the state and the parent follow it.
            let (_, rest) = stat.rsplit_once(") ")?;
            Some((pid, rest.split(' ').nth(1)?.parse().ok()?))
        })
        .collect();
    let mut family = vec![of];
    let mut next = 0;
    while let Some(parent) = family.get(next).copied() {
        family.extend(pairs.iter().filter(|(_, ppid)| *ppid == parent).map(|(pid, _)| pid));
        next += 1;
    }
    family.split_off(1)
}

async fn all_gone(pids: &[u32]) {
    wait::until("the end of all processes", SOON, || async {
        (!pids.iter().any(|pid| runs(*pid))).then_some(())
    })
    .await
    .unwrap();
}

fn is_empty(folder: &Path) -> bool {
    folder.read_dir().unwrap().next().is_none()
}

async fn exit_code(child: &mut Child) -> i32 {
    let deadline = Instant::now() + SOON;
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code().unwrap_or(-1);
        }
        assert!(Instant::now() < deadline, "it does not end");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Starts the demo with stand-ins; returns it with its first line of output.
fn demo(binaries: &Folder, temp: &Folder, port: u16, fake: Option<&str>) -> (Child, String) {
    let mut command = devstack(&["demo"], temp);
    command
        .env("DEVSTACK_BIN_DIR", &binaries.0)
        .env("DEMO_PORT", port.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    if let Some(dir) = fake {
        command.env("DEMO_DIR", dir);
    }
    let mut child = command.spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    (child, line)
}

fn unused_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[tokio::test]
async fn a_command_runs_beside_the_services_and_its_exit_code_is_passed_on() {
    let temp = Folder::new();
    let script = r#"[ -n "$TEST_DATABASE_ADMIN_URL" ] && [ -n "$TEST_REDIS_URL" ] && exit 7"#;
    let status = devstack(&["services", "--", "sh", "-c", script], &temp).status().unwrap();
    assert_eq!(status.code(), Some(7));
    assert!(is_empty(&temp.0));
}

#[tokio::test]
async fn a_killed_devstack_takes_everything_with_it() {
    let temp = Folder::new();
    let mut child = devstack(&["services", "--", "sh", "-c", "echo up; exec sleep 1000"], &temp)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let family = descendants(child.id());
    assert_eq!(family.len(), 3, "MariaDB, Redis and the command");
    child.kill().unwrap();
    child.wait().unwrap();
    all_gone(&family).await;
}

#[tokio::test]
async fn the_demo_says_where_it_is_and_ends_cleanly_on_each_signal() {
    let binaries = fake_binaries();
    for by in [Signal::SIGINT, Signal::SIGTERM] {
        let (temp, port) = (Folder::new(), unused_port());
        let (mut child, line) = demo(&binaries, &temp, port, None);
        assert_eq!(line, format!("Ready: http://localhost:{port} (Ctrl-C stops it)\n"));
        let family = descendants(child.id());
        assert_eq!(family.len(), 8);
        signal(&child, by);
        assert_eq!(exit_code(&mut child).await, 0);
        assert!(!family.into_iter().any(runs));
        assert!(is_empty(&temp.0));
    }
}

#[tokio::test]
async fn the_demo_that_is_interrupted_while_it_starts_leaves_nothing() {
    let (binaries, temp) = (fake_binaries(), Folder::new());
    let mut child = devstack(&["demo"], &temp)
        .env("DEVSTACK_BIN_DIR", &binaries.0)
        .env("DEMO_PORT", unused_port().to_string())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    wait::until("the first process", SOON, || async { descendants(child.id()).first().copied() })
        .await
        .unwrap();
    let family = descendants(child.id());
    signal(&child, Signal::SIGTERM);
    assert_eq!(exit_code(&mut child).await, 0);
    all_gone(&family).await;
    assert!(is_empty(&temp.0));
}

#[tokio::test]
async fn the_demo_reports_a_service_that_ends() {
    let (binaries, temp) = (fake_binaries(), Folder::new());
    let (child, _) = demo(&binaries, &temp, unused_port(), None);
    let sleeper = descendants(child.id());
    let analysis = sleeper.into_iter().find(|pid| {
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&line).contains("/analysis")
    });
    kill(Pid::from_raw(i32::try_from(analysis.unwrap()).unwrap()), Signal::SIGKILL).unwrap();
    let output = tokio::task::spawn_blocking(|| child.wait_with_output().unwrap()).await.unwrap();
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.contains("analysis-0 ended (signal: 9 (SIGKILL))"), "{told}");
    assert!(is_empty(&temp.0));
}

#[tokio::test]
async fn the_demo_names_a_port_that_is_taken() {
    let (binaries, temp) = (fake_binaries(), Folder::new());
    let stranger = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = stranger.local_addr().unwrap().port();
    let (child, _) = demo(&binaries, &temp, port, None);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.contains(&format!("port {port} is already in use")), "{told}");
    assert!(told.contains("DEMO_PORT="), "{told}");
}

#[tokio::test]
async fn the_demo_goes_on_with_what_its_folder_holds() {
    let (binaries, temp) = (fake_binaries(), Folder::new());
    let kept = Folder::new();
    let dir = kept.0.join("demo");
    for _ in 0..2 {
        let (mut child, line) = demo(&binaries, &temp, unused_port(), dir.to_str());
        assert!(line.starts_with("Ready: "), "{line}");
        signal(&child, Signal::SIGTERM);
        assert_eq!(exit_code(&mut child).await, 0);
        assert!(dir.join("secrets.json").exists());
    }
    assert!(is_empty(&temp.0));
}

#[tokio::test]
async fn a_command_runs_beside_the_demo_and_its_exit_code_is_passed_on() {
    let (binaries, temp) = (fake_binaries(), Folder::new());
    let told = binaries.0.join("told");
    let script = r#"echo "$E2E_BASE_URL" >"$TOLD"; exit 7"#;
    let output = devstack(&["demo", "--", "sh", "-c", script], &temp)
        .env("DEVSTACK_BIN_DIR", &binaries.0)
        .env("TOLD", &told)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(7), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(std::fs::read_to_string(told).unwrap().starts_with("http://localhost:"));
    assert!(is_empty(&temp.0));
}

#[test]
fn a_command_line_that_makes_no_sense_is_answered_with_the_usage() {
    let temp = Folder::new();
    for args in [&["nonsense"][..], &["services"], &["db", "--what", "--", "true"], &[]] {
        let output = devstack(args, &temp).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{args:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("devstack db"), "{args:?}");
    }
}
