//! The program itself: what it takes of memory can be told of a process, not of a service in this one.

use std::{
    net::{SocketAddr, TcpListener},
    process::Stdio,
    time::Duration,
};

use tokio::{
    process::{Child, Command},
    time::{Instant, sleep},
};

use crate::support::{NO_REDIS, SOON, Service, TOKEN, World};

/// How often it is started when somebody takes the address that was free a moment ago.
const ATTEMPTS: u32 = 3;

/// A running one, killed with this value.
pub struct Program {
    pub service: Service,
    metrics: Service,
    child: Child,
}

impl Program {
    /// Starts it without Redis, so that it computes every answer.
    pub async fn start(world: &World, memory_mb: u64) -> Self {
        for _ in 0..ATTEMPTS {
            if let Some(program) = Self::attempt(world, memory_mb).await {
                return program;
            }
        }
        panic!("the program ends when it is started");
    }

    /// None when it ended.
    async fn attempt(world: &World, memory_mb: u64) -> Option<Self> {
        let [address, metrics] = free_addresses();
        let child = Command::new(env!("CARGO_BIN_EXE_analysis"))
            .env_clear()
            .env("DATABASE_URL", world.database_url())
            .env("REDIS_URL", NO_REDIS)
            .env("INTERNAL_API_TOKEN", TOKEN)
            .env("LISTEN_ADDR", address.to_string())
            .env("METRICS_ADDR", metrics.to_string())
            .env("ANALYSIS_MEMORY_MB", memory_mb.to_string())
            .env("LOG_LEVEL", "error")
            // What is measured is what the program holds, not what the allocator keeps for each of its threads.
            .env("MALLOC_ARENA_MAX", "1")
            // It reads `.env` from the working directory or above: there is none above the root.
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let [service, metrics] = [address, metrics].map(|address| Service::at(format!("http://{address}")));
        let mut program = Self { service, metrics, child };
        let deadline = Instant::now() + SOON;
        loop {
            let is_up = program.service.is_up().await;
            if program.child.try_wait().unwrap().is_some() {
                return None;
            }
            if is_up {
                return Some(program);
            }
            assert!(Instant::now() < deadline, "the program does not answer");
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// The most that it ever had resident, in bytes.
    pub fn peak(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id().unwrap())).unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        peak.trim_end_matches("kB").trim().parse::<u64>().unwrap() * 1024
    }

    /// A metric by its name and labels, as its page has them.
    pub async fn metric(&self, name: &str) -> f64 {
        let (_, page) = self.metrics.download("/metrics").await;
        let page = String::from_utf8(page).unwrap();
        let value = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')).unwrap();
        value.parse().unwrap()
    }
}

/// Free at this moment: both are taken before either is released.
fn free_addresses() -> [SocketAddr; 2] {
    let listeners = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    listeners.map(|listener| listener.local_addr().unwrap())
}
