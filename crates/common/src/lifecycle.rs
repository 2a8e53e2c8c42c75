//! Shutdown in two steps: the first signal is soft (take no new work, finish what runs), the second, or the end of the
//! grace period, is hard (drop everything).

use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Tells running work to stop. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Shutdown {
    soft: CancellationToken,
    hard: CancellationToken,
}

impl Shutdown {
    /// A shutdown that only its owner triggers.
    #[must_use]
    pub fn manual() -> Self {
        Self::default()
    }

    /// A shutdown that SIGTERM and SIGINT trigger; work that is still running `grace` later is dropped.
    ///
    /// # Errors
    /// When the process may not listen to signals.
    pub fn on_signals(grace: Duration) -> std::io::Result<Self> {
        let shutdown = Self::default();
        let mut term = signal(SignalKind::terminate())?;
        let mut int = signal(SignalKind::interrupt())?;
        let tokens = shutdown.clone();
        tokio::spawn(async move {
            tokio::select! { _ = term.recv() => {}, _ = int.recv() => {} }
            tracing::info!(grace_seconds = grace.as_secs(), "service.draining");
            tokens.soft.cancel();
            tokio::select! {
                _ = term.recv() => {},
                _ = int.recv() => {},
                () = tokio::time::sleep(grace) => tracing::warn!("service.grace_over"),
            }
            tokens.hard.cancel();
        });
        Ok(shutdown)
    }

    /// Asks for the soft stop.
    pub fn begin(&self) {
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
