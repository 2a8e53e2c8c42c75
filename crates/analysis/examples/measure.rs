//! How long answers take, on a session of the size asked for, against a private MariaDB and Redis.
//!
//! ```text
//! cargo run --release -p analysis --example measure -- [captures 200] [chatters 5000] [accounts 20000]
//! ```
//! *cold*: the first question that a new replica hears, with an empty Redis. *in cache*: computed again from rosters
//! in memory. *warm*: the answer is in Redis. Times are those of the client, in milliseconds.

#![expect(clippy::unwrap_used, reason = "a measurement that fails says so by panicking")]

use std::{collections::HashMap, time::Instant};

use common::{config, ids::AccountId, lifecycle::Shutdown, roster::Roster};
use reqwest::Client;
use sqlx::MySqlPool;
use tokio::net::TcpListener;
use uuid::Uuid;

const TOKEN: &str = "an-internal-token-of-enough-characters";
const QUESTIONS: [&str; 6] = ["summary", "evolution", "newcomers", "participation", "retention", "creations"];
const REPEATS: usize = 20;

/// xorshift64: the same numbers in each run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

#[tokio::main]
async fn main() {
    let sizes: Vec<u64> = std::env::args().skip(1).map(|text| text.parse().unwrap()).collect();
    let size = |place: usize, default: u64| sizes.get(place).copied().unwrap_or(default);
    let (captures, chatters, accounts) = (size(0, 200), size(1, 5_000), size(2, 20_000));
    let database = devstack::testing::migrated_database().await.unwrap();
    let redis = devstack::testing::redis().await.unwrap();
    let pool = MySqlPool::connect(database.url()).await.unwrap();
    let http = client();
    let session = fill(&pool, captures, chatters.min(accounts), accounts).await;

    println!(
        "{captures} captures of {chatters} chatters, {accounts} accounts, optimised: {}",
        !cfg!(debug_assertions)
    );
    println!("{:<14} {:>9} {:>9} {:>9}", "question", "cold", "in cache", "warm");
    let ask = async |base: &str, question: &str, from: usize| {
        // A time before everything: another question with the same answer.
        let url =
            format!("{base}/internal/v1/sessions/{session}/{question}?from=2000-01-01T00:00:{from:02}Z");
        let begun = Instant::now();
        let answer = http.get(url).bearer_auth(TOKEN).send().await.unwrap();
        let status = answer.status();
        let body = answer.bytes().await.unwrap();
        assert!(status.is_success(), "{}", String::from_utf8_lossy(&body));
        begun.elapsed().as_secs_f64() * 1e3
    };
    for question in QUESTIONS {
        // A replica of its own, which has nothing in memory.
        let base = start(database.url(), redis.url()).await;
        let cold = ask(&base, question, 1).await;
        let mut cached = Vec::new();
        let mut warm = Vec::new();
        for repeat in 0..REPEATS {
            cached.push(ask(&base, question, 2 + repeat).await);
            warm.push(ask(&base, question, 1).await);
        }
        println!("{question:<14} {cold:>9.1} {:>9.1} {:>9.1}", median(cached), median(warm));
    }
    let base = start(database.url(), redis.url()).await;
    for format in ["csv", "parquet"] {
        let url = format!("{base}/internal/v1/sessions/{session}/export?what=presences&format={format}");
        let begun = Instant::now();
        let mut answer = http.get(url).bearer_auth(TOKEN).send().await.unwrap();
        let mut bytes = 0;
        while let Some(piece) = answer.chunk().await.unwrap() {
            bytes += piece.len();
        }
        let seconds = begun.elapsed().as_secs_f64();
        let rows = captures * chatters.min(accounts);
        #[expect(clippy::cast_precision_loss, reason = "for people")]
        let rate = rows as f64 / seconds / 1e6;
        println!("export {format}: {rows} rows, {bytes} bytes, {seconds:.2} s, {rate:.2} M rows/s");
    }
}

fn client() -> Client {
    common::http::client(std::time::Duration::from_mins(2)).unwrap()
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

async fn start(database: &str, redis: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let variables: HashMap<&str, String> = [
        ("INTERNAL_API_TOKEN", TOKEN.to_owned()),
        ("DATABASE_URL", database.to_owned()),
        ("REDIS_URL", redis.to_owned()),
    ]
    .into();
    let lookup = move |name: &str| variables.get(name).cloned();
    let config = config::load_from(lookup, analysis::Config::from_env).unwrap();
    tokio::spawn(analysis::run(config, listener, Shutdown::manual()));
    let ready = format!("{base}/readyz");
    while client().get(&ready).send().await.is_ok_and(|answer| !answer.status().is_success()) {
        tokio::task::yield_now().await;
    }
    base
}

/// A session on two channels, a capture every five minutes for four hours a day.
async fn fill(pool: &MySqlPool, captures: u64, chatters: u64, accounts: u64) -> Uuid {
    let session = Uuid::now_v7();
    let run = async |sql: &'static str, number: u64| {
        sqlx::query(sql).bind(number).execute(pool).await.unwrap();
    };
    run(
        "INSERT INTO accounts (id, twitch_id, login, display_name, created_at, enriched_at, updated_at)
         SELECT seq, 1000 + seq, CONCAT('user', seq), CONCAT('User', seq), '2012-01-01' + INTERVAL seq * 97 % 5000 DAY,
                NOW(6), NOW(6) FROM seq_1_to_10000000 WHERE seq <= ?",
        accounts,
    )
    .await;
    sqlx::query("INSERT INTO sessions (uuid, user_id, status, created_at, updated_at) VALUES (?, 1, 'saved', NOW(6), NOW(6))")
        .bind(session.to_string())
        .execute(pool)
        .await
        .unwrap();
    let mut numbers = Numbers(0x2545_F491_4F6C_DD1D);
    let mut tx = pool.begin().await.unwrap();
    for capture in 0..captures {
        let mut roster = Roster::default();
        while u64::from(roster.len()) < chatters {
            roster.0.insert(AccountId(u32::try_from(1 + numbers.below(accounts)).unwrap()).0);
        }
        let minutes = capture / 48 * 1_440 + capture % 48 * 5;
        sqlx::query(
            "INSERT INTO captures (channel_id, slot, status, captured_at, chatters_count, roster, stream_id)
             VALUES (?, '2026-01-01' + INTERVAL ? MINUTE, 'complete', slot, ?, ?, ?)",
        )
        .bind(1 + capture % 2)
        .bind(minutes)
        .bind(roster.len())
        .bind(roster.to_bytes())
        .bind(1 + capture / 48 * 2 + capture % 2)
        .execute(&mut *tx)
        .await
        .unwrap();
    }
    sqlx::query("INSERT INTO session_captures SELECT sessions.id, captures.id FROM sessions, captures")
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    session
}
