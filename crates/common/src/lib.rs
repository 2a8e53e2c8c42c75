//! What the four services share.
//!
//! The services are thin: configuration, telemetry, probes, shutdown, errors, every SQL statement, the job queue and
//! the clients by which the services call each other live here. `common` depends on no service.
//!
//! A service is started by [`service::Service`]: it loads the configuration, opens what it needs, and serves its
//! routes until [`lifecycle::Shutdown`] says otherwise.

pub mod clients;
pub mod clock;
pub mod config;
pub mod crypto;
pub mod db;
pub mod events;
pub mod health;
pub mod http;
pub mod ids;
pub mod jobs;
pub mod lifecycle;
pub mod lru;
pub mod metrics;
pub mod opt_out;
pub mod problem;
pub mod queue;
pub mod redis_keys;
pub mod redis_store;
pub mod request_id;
pub mod roster;
pub mod service;
pub mod telemetry;
