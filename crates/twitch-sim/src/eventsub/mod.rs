//! EventSub: subscriptions by REST, events over WebSocket.
//!
//! [`hub`] keeps sessions and subscriptions and routes events to sockets; [`socket`] runs one
//! connection; [`subscriptions`] is the REST side; [`kinds`] says which types exist; [`announce`]
//! turns what happens in the world into events.

pub(crate) mod announce;
pub(crate) mod frames;
pub(crate) mod hub;
pub(crate) mod kinds;
pub(crate) mod socket;
pub(crate) mod subscriptions;
