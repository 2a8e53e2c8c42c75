//! A private Redis with the settings of production: AOF every second, and nothing is ever evicted.

use std::path::Path;
use std::time::Duration;

use crate::binaries::system_program;
use crate::error::{Context, Result};
use crate::ports::Port;
use crate::process::{Process, Spec};
use crate::server::{Probe, Server};

const START_ATTEMPTS: u32 = 5;

/// Numbered databases, of which each test takes one.
pub(crate) const DATABASES: u32 = 256;

/// Starts a server with its data below `dir` and waits until it answers.
pub(crate) async fn start(dir: &Path, logs: &Path, limit: Duration) -> Result<Server> {
    let program = system_program("redis-server", "redis-server")?;
    let data = dir.join("redis");
    std::fs::create_dir_all(&data).context(|| format!("create {}", data.display()))?;
    let mut attempt = 1;
    loop {
        let port = Port::free()?;
        let options = [
            ("--port", port.number().to_string()),
            ("--bind", "127.0.0.1".to_owned()),
            ("--dir", data.to_string_lossy().into_owned()),
            ("--appendonly", "yes".to_owned()),
            ("--appendfsync", "everysec".to_owned()),
            ("--maxmemory-policy", "noeviction".to_owned()),
            ("--save", String::new()),
            ("--databases", DATABASES.to_string()),
            ("--daemonize", "no".to_owned()),
        ];
        let process = Process::new(Spec {
            name: "redis".to_owned(),
            program: program.clone(),
            args: options.into_iter().flat_map(|(name, value)| [name.into(), value.into()]).collect(),
            env: Vec::new(),
            log: logs.join("redis.log"),
        });
        let server = Server::new(process, Probe::Redis, port, limit);
        match server.start().await {
            Ok(()) => return Ok(server),
            Err(error) if error.is_address_in_use() && attempt < START_ATTEMPTS => attempt += 1,
            Err(error) => return Err(error),
        }
    }
}
