//! The worker against a real MariaDB and a real Redis, with a scripted `twitch-api`.

mod capture;
mod enrich;
mod queue;
mod support;
