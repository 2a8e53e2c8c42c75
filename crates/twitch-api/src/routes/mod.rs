//! The handlers: they read the request, call, and map the answer. The addresses are in the router.

pub(crate) mod accounts;
pub(crate) mod channels;
pub(crate) mod chatters;
pub(crate) mod oauth;
pub(crate) mod streams;
pub(crate) mod users;

use std::time::Duration;

/// How long a caller waits for budget who does not say so: a person, who is sent away before the gateway gives up, which
/// it does after 20 s, of which a call to Twitch may take ten.
const DEFAULT_DEADLINE: Duration = Duration::from_secs(8);
