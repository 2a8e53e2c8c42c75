//! What jobs there are: their payloads, names and policies. How each runs is in the worker.
//!
//! | kind               | priority | due after | runs | timeout | backoff   | at once | redrive |
//! |--------------------|---------:|----------:|-----:|--------:|-----------|--------:|---------|
//! | `capture_chatters` |       10 |       0 s |    5 |   180 s | 2–60 s    |     all | no      |
//! | `probe`            |       20 |       0 s |    5 |    12 s | 1–10 s    |     all | yes     |
//! | `enrich_accounts`  |       50 |       2 s |   20 |   180 s | 5–300 s   |       2 | yes     |
//! | `forget_viewer`    |       60 |     240 s |   20 |   600 s | 30–900 s  |       1 | yes     |
//!
//! *priority*: lower goes first; every eighth time a worker looks the other way round, so that nothing starves.
//! *runs*: after so many failed ones the job is dead, as it is after a failure that no repeat can mend (`Fail`).
//! *backoff*: the wait after the first failure, doubled after each further one up to the second number, ± 20 %.
//! *at once*: runs in one worker at the same time, at most `WORKER_CONCURRENCY` of all kinds together.
//! *redrive*: whether `worker redrive` puts dead ones back; the moment of a capture is over, it stays a gap.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::ids::{AccountId, CaptureId, ChannelId, TwitchUserId, UserId};

/// All kinds, the most urgent first.
pub const KINDS: [(&str, Policy); 4] = [
    (CaptureChatters::KIND, CaptureChatters::POLICY),
    (Probe::KIND, Probe::POLICY),
    (EnrichAccounts::KIND, EnrichAccounts::POLICY),
    (ForgetViewer::KIND, ForgetViewer::POLICY),
];

/// The policy of a kind; one that this version does not know is treated as the most patient one.
#[must_use]
pub fn policy(kind: &str) -> Policy {
    KINDS.iter().find(|(known, _)| *known == kind).map_or(EnrichAccounts::POLICY, |(_, policy)| *policy)
}

/// How a kind of job is treated.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// Lower runs first.
    pub priority: u8,
    /// How long after being enqueued it is due.
    pub delay: Duration,
    /// Runs before the job is dead.
    pub max_attempt: u16,
    /// A run that takes longer is cut off and counts as failed.
    pub timeout: Duration,
    /// The wait after the first failure; it doubles each time, up to [`Self::backoff_cap`], ± 20 % of jitter.
    pub first_backoff: Duration,
    pub backoff_cap: Duration,
    /// How many run in one worker at once; `None`: as many as it has room for.
    pub concurrency: Option<u32>,
    /// Whether a dead one can be put back to work.
    pub redrive: bool,
}

impl Policy {
    /// The wait before the run after `attempt` failed; `jitter` is uniform in 0..1.
    #[must_use]
    pub fn backoff(&self, attempt: u16, jitter: f64) -> Duration {
        let doubled = self.first_backoff.saturating_mul(1 << attempt.saturating_sub(1).min(20));
        doubled.min(self.backoff_cap).mul_f64(0.8 + 0.4 * jitter)
    }
}

/// A kind of job, by its payload.
pub trait Job: Serialize + DeserializeOwned + Send + Sync {
    const KIND: &'static str;
    const POLICY: Policy;

    /// Jobs of one kind with the same key are one job.
    fn dedup(&self) -> String;

    /// On whose behalf; user 0 is the system.
    fn tenant(&self) -> UserId;
}

/// Capture who is in a channel's chat, with a moderator's token.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CaptureChatters {
    pub capture: CaptureId,
    pub channel: ChannelId,
    pub user: UserId,
    /// After this time the slot is missed: what is in the chat then says nothing of it. None when asked for by hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<DateTime<Utc>>,
}

impl Job for CaptureChatters {
    const KIND: &'static str = "capture_chatters";
    const POLICY: Policy = Policy {
        priority: 10,
        delay: Duration::ZERO,
        max_attempt: 5,
        timeout: Duration::from_mins(3),
        first_backoff: Duration::from_secs(2),
        backoff_cap: Duration::from_mins(1),
        concurrency: None,
        redrive: false,
    };

    fn dedup(&self) -> String {
        self.capture.to_string()
    }

    fn tenant(&self) -> UserId {
        self.user
    }
}

/// Ask Twitch about accounts that were seen for the first time, or are stale: all that are due.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "after", rename_all = "snake_case")]
pub enum EnrichAccounts {
    /// A capture brought them.
    Capture { capture: CaptureId },
    /// They were left over, by a capture that failed half way for instance; one sweep every ten minutes.
    Sweep { slot: i64 },
}

impl Job for EnrichAccounts {
    const KIND: &'static str = "enrich_accounts";
    const POLICY: Policy = Policy {
        priority: 50,
        // Captures that land together share their batches of 100.
        delay: Duration::from_secs(2),
        max_attempt: 20,
        timeout: Duration::from_mins(3),
        first_backoff: Duration::from_secs(5),
        backoff_cap: Duration::from_mins(5),
        // A run takes all that is due; two keep the application's Helix budget busy and leave room for captures.
        concurrency: Some(2),
        redrive: true,
    };

    fn dedup(&self) -> String {
        match self {
            Self::Capture { capture } => capture.to_string(),
            Self::Sweep { slot } => format!("sweep:{slot}"),
        }
    }

    fn tenant(&self) -> UserId {
        UserId(0)
    }
}

/// Take somebody who opted out, out of stored rosters.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ForgetViewer {
    pub twitch_id: TwitchUserId,
    /// The number under which rosters hold the account; none when it had not been seen.
    pub account: Option<AccountId>,
}

impl Job for ForgetViewer {
    const KIND: &'static str = "forget_viewer";
    const POLICY: Policy = Policy {
        priority: 60,
        // Longer than a run of a capture may take: what listed the account before the opt-out is stored by then.
        delay: Duration::from_mins(4),
        max_attempt: 20,
        timeout: Duration::from_mins(10),
        first_backoff: Duration::from_secs(30),
        backoff_cap: Duration::from_mins(15),
        // It rewrites rosters in bulk, and nobody waits for it.
        concurrency: Some(1),
        redrive: true,
    };

    /// One for each request: who came back and leaves again is forgotten again.
    fn dedup(&self) -> String {
        uuid::Uuid::new_v4().to_string()
    }

    fn tenant(&self) -> UserId {
        UserId(0)
    }
}

/// Does nothing but leave a row in `job_probes`, in the transaction that finishes it, or not even that: what fault trials
/// and benchmarks (`crates/trials`) enqueue to see whether jobs are run, and run once. Refused outside of development.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Probe {
    pub name: String,
    pub tenant: UserId,
    /// How long it takes, in milliseconds.
    #[serde(default)]
    pub nap_ms: u64,
    /// Whether it leaves no row: what the queue alone costs.
    #[serde(default)]
    pub traceless: bool,
    /// Where its first run takes the worker down, or panics.
    #[serde(default)]
    pub abort_at: Option<AbortAt>,
    /// Takes every worker down that runs it.
    #[serde(default)]
    pub poison: bool,
}

/// Where the first run of a [`Probe`] ends, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AbortAt {
    AfterClaim,
    /// Not with the worker: the run panics.
    Panic,
    /// When effect and end are written and not committed.
    BeforeCommit,
    AfterCommit,
}

impl Job for Probe {
    const KIND: &'static str = "probe";
    const POLICY: Policy = Policy {
        priority: 20,
        delay: Duration::ZERO,
        max_attempt: 5,
        timeout: Duration::from_secs(12),
        first_backoff: Duration::from_secs(1),
        backoff_cap: Duration::from_secs(10),
        concurrency: None,
        redrive: true,
    };

    fn dedup(&self) -> String {
        self.name.clone()
    }

    fn tenant(&self) -> UserId {
        self.tenant
    }
}

/// A job about to be enqueued.
#[derive(Clone, Debug)]
pub struct NewJob {
    pub kind: &'static str,
    pub dedup: String,
    pub tenant: UserId,
    pub policy: Policy,
    pub payload: String,
}

impl NewJob {
    /// # Errors
    /// When the payload cannot be written as JSON.
    pub fn of<J: Job>(job: &J) -> serde_json::Result<Self> {
        Ok(Self {
            kind: J::KIND,
            dedup: job.dedup(),
            tenant: job.tenant(),
            policy: J::POLICY,
            payload: serde_json::to_string(job)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_above_is_what_is_done() {
        for (kind, policy) in KINDS {
            let backoff = format!("{}–{} s", policy.first_backoff.as_secs(), policy.backoff_cap.as_secs());
            let row = format!(
                "//! | {:<18} | {:>8} | {:>7} s | {:>4} | {:>5} s | {backoff:<9} | {:>7} | {:<7} |",
                format!("`{kind}`"),
                policy.priority,
                policy.delay.as_secs(),
                policy.max_attempt,
                policy.timeout.as_secs(),
                policy.concurrency.map_or("all".to_owned(), |limit| limit.to_string()),
                if policy.redrive { "yes" } else { "no" },
            );
            assert!(include_str!("jobs.rs").contains(&row), "missing:\n{row}");
        }
        assert!(KINDS.is_sorted_by_key(|(_, policy)| policy.priority));
    }

    #[test]
    fn the_wait_doubles_up_to_its_cap() {
        let policy = CaptureChatters::POLICY;
        let waits: Vec<_> = (1..=7).map(|attempt| policy.backoff(attempt, 0.5).as_secs()).collect();
        assert_eq!(waits, [2, 4, 8, 16, 32, 60, 60]);
        assert!(policy.backoff(u16::MAX, 1.0) <= policy.backoff_cap.mul_f64(1.2));
    }
}
