//! What every job may use.

use std::sync::Arc;

use common::{clients::TwitchApi, clock::Clock, db::Pool, queue::Queue, redis_store::Redis};

use crate::{accounts::Accounts, endings::Endings, opt_outs::OptOuts, pulse::Pulse};

/// Shared by all jobs of this worker. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Context(Arc<Parts>);

#[derive(Debug)]
pub struct Parts {
    pub clock: Clock,
    pub pool: Pool,
    pub redis: Redis,
    pub queue: Queue,
    pub twitch: TwitchApi,
    pub accounts: Accounts,
    pub opt_outs: OptOuts,
    pub pulse: Pulse,
    pub endings: Endings,
    /// Whether the reconciler does its work: always, except where a trial shows what happens otherwise.
    pub reconciles: bool,
    /// Whether jobs of kind `probe` are run.
    pub probes: bool,
}

impl From<Parts> for Context {
    fn from(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }
}

impl std::ops::Deref for Context {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.0
    }
}
