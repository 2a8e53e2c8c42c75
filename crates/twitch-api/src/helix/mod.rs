//! The Helix API.
//!
//! [`wire`] sends one request and reads one answer; [`session`] decides what a failure means and whether to ask again;
//! one module per endpoint says what is asked and what the answer is.

mod channels;
mod chatters;
mod session;
mod streams;
mod users;
mod wire;

use std::{fmt, sync::Arc};

use common::{clock::Clock, ids::UserId};
use tokio::time::Instant;

use crate::{
    TwitchConfig, TwitchError,
    budget::{Budgets, Urgency},
    tokens::Tokens,
};
use wire::Wire;

pub use chatters::{Walk, verdict};
pub use session::Session;
pub(crate) use wire::Question;
pub use wire::RateHeaders;

/// An endpoint: its name in metrics and its path.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Endpoint {
    pub(crate) name: &'static str,
    pub(crate) path: &'static str,
}

/// The client of the Helix API. Cheap to clone.
#[derive(Clone)]
pub struct Helix(Arc<Inner>);

struct Inner {
    wire: Wire,
    tokens: Tokens,
    budgets: Budgets,
    clock: Clock,
}

impl Helix {
    #[must_use]
    pub fn new(
        config: &TwitchConfig,
        http: reqwest::Client,
        tokens: Tokens,
        budgets: Budgets,
        clock: Clock,
    ) -> Self {
        Self(Arc::new(Inner { wire: Wire::new(config, http), tokens, budgets, clock }))
    }

    /// Calls on behalf of `user`, until `deadline`.
    ///
    /// # Errors
    /// When the user's grant is not there or lost.
    pub async fn as_user(&self, user: UserId, deadline: Instant) -> Result<Session, TwitchError> {
        Session::of_user(self.clone(), user, deadline).await
    }

    /// Calls as the application itself, until `deadline`.
    #[must_use]
    pub fn as_app(&self, urgency: Urgency, deadline: Instant) -> Session {
        Session::of_app(self.clone(), urgency, deadline)
    }
}

impl fmt::Debug for Helix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Helix")
    }
}
