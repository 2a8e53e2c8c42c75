//! What every job may use.

use std::sync::Arc;

use common::{clients::TwitchApi, clock::Clock, db::Pool, queue::Queue, redis_store::Redis};

use crate::accounts::Accounts;

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
}

impl Context {
    pub fn new(
        clock: Clock,
        pool: Pool,
        redis: Redis,
        queue: Queue,
        twitch: TwitchApi,
        accounts: Accounts,
    ) -> Self {
        Self(Arc::new(Parts { clock, pool, redis, queue, twitch, accounts }))
    }
}

impl std::ops::Deref for Context {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.0
    }
}
