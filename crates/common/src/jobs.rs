//! What jobs there are: their payloads, names and policies. How each runs is in the worker.

use std::time::Duration;

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::ids::{CaptureId, ChannelId, UserId};

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
    fn the_wait_doubles_up_to_its_cap() {
        let policy = CaptureChatters::POLICY;
        let waits: Vec<_> = (1..=7).map(|attempt| policy.backoff(attempt, 0.5).as_secs()).collect();
        assert_eq!(waits, [2, 4, 8, 16, 32, 60, 60]);
        assert!(policy.backoff(u16::MAX, 1.0) <= policy.backoff_cap.mul_f64(1.2));
    }
}
