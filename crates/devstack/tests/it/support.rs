//! What several tests need.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use devstack::{Stack, StackBuilder};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub(crate) const SOON: Duration = Duration::from_secs(10);

/// A folder that is removed on drop.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("devstack-test-{}-{number}", std::process::id()));
        fs::create_dir(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

/// A folder with a stand-in for each of our programs.
pub(crate) fn fake_binaries() -> Folder {
    let folder = Folder::new();
    let fake = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/fake-service");
    for name in ["gateway", "twitch-api", "worker", "analysis", "twitch-sim", "scenario"] {
        fs::copy(&fake, folder.0.join(name)).unwrap();
    }
    folder
}

pub(crate) fn with_fakes(binaries: &Folder) -> StackBuilder {
    Stack::builder().relaxed().bin_dir(&binaries.0)
}

/// The environment that a stand-in answers with.
pub(crate) async fn environment(url: &str) -> Vec<(String, String)> {
    let address = url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    body.lines()
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

pub(crate) fn value<'a>(env: &'a [(String, String)], name: &str) -> &'a str {
    let found = env.iter().find(|(of, _)| of == name);
    &found.unwrap_or_else(|| panic!("no {name} in {env:?}")).1
}

/// Whether a process of that id runs.
pub(crate) fn runs(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, state)| !state.starts_with('Z'))
}
