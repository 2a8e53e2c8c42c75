//! `/api/v1`, one file per subject: parse, call, map.

pub(crate) mod captures;
pub(crate) mod channels;
mod cursor;
pub(crate) mod events;
pub(crate) mod jobs;
pub(crate) mod me;
pub(crate) mod saving;
pub(crate) mod sessions;
pub(crate) mod summary;
