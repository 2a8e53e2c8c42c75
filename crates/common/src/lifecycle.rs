//! Shutdown in three steps. Draining: no new work of our own, `/readyz` says no, requests are still served. Closing, when
//! proxies have had the time to notice: no new requests, open ones are answered. Forced: everything is dropped.
//!
//! A listener that closed at once would refuse the requests of whoever has not noticed yet.

use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// How long the steps take after the first signal.
#[derive(Clone, Copy, Debug)]
pub struct Grace {
    /// From draining to closing.
    pub delay: Duration,
    /// From draining to forced.
    pub whole: Duration,
}

/// Tells running work to stop. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Shutdown {
    soft: CancellationToken,
    closing: CancellationToken,
    hard: CancellationToken,
}

impl Shutdown {
    /// A shutdown that only its owner triggers.
    #[must_use]
    pub fn manual() -> Self {
        Self::default()
    }

    /// A shutdown that SIGTERM and SIGINT trigger, step by step; a second signal forces it.
    ///
    /// # Errors
    /// When the process may not listen to signals.
    pub fn on_signals(grace: Grace) -> std::io::Result<Self> {
        let shutdown = Self::default();
        let mut signals =
            Signals { term: signal(SignalKind::terminate())?, int: signal(SignalKind::interrupt())? };
        let tokens = shutdown.clone();
        tokio::spawn(async move {
            signals.next().await;
            tracing::info!(grace_seconds = grace.whole.as_secs(), "service.draining");
            tokens.soft.cancel();
            let impatient = signals.next_within(grace.delay).await;
            tokens.closing.cancel();
            if !impatient && !signals.next_within(grace.whole.saturating_sub(grace.delay)).await {
                tracing::warn!("service.grace_over");
            }
            tokens.hard.cancel();
        });
        Ok(shutdown)
    }

    /// Asks to drain, and to close at once.
    pub fn begin(&self) {
        self.drain();
        self.closing.cancel();
    }

    /// Asks to drain; requests are served until [`begin`](Self::begin).
    pub fn drain(&self) {
        self.soft.cancel();
    }

    /// Whether no new work should be taken.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.soft.is_cancelled()
    }

    /// Resolves when no new work should be taken.
    pub async fn draining(&self) {
        self.soft.cancelled().await;
    }

    /// Resolves when no new requests should be accepted, and answers without an end should end.
    pub async fn closing(&self) {
        self.closing.cancelled().await;
    }

    /// Resolves when running work should be dropped.
    pub async fn forced(&self) {
        self.hard.cancelled().await;
    }

    /// Waits for `pause`, or less when draining; whether to go on.
    pub async fn pause(&self, pause: Duration) -> bool {
        tokio::select! {
            () = self.soft.cancelled() => false,
            () = tokio::time::sleep(pause) => true,
        }
    }
}

struct Signals {
    term: Signal,
    int: Signal,
}

impl Signals {
    async fn next(&mut self) {
        tokio::select! { _ = self.term.recv() => {}, _ = self.int.recv() => {} }
    }

    /// Waits for a signal for at most `limit`; whether one came.
    async fn next_within(&mut self, limit: Duration) -> bool {
        tokio::time::timeout(limit, self.next()).await.is_ok()
    }
}
