//! The handlers: they read the request, call, and map the answer. The addresses are in the router.

pub(crate) mod accounts;
pub(crate) mod channels;
pub(crate) mod chatters;
pub(crate) mod oauth;
pub(crate) mod streams;
pub(crate) mod users;

use std::time::Duration;

/// How long a caller waits who does not say so.
const DEFAULT_DEADLINE: Duration = Duration::from_secs(25);
