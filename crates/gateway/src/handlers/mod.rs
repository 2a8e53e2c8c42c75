//! `/api/v1`, one file per subject: parse, call, map.

pub(crate) mod about;
pub(crate) mod accounts;
pub(crate) mod captures;
pub(crate) mod channels;
pub(crate) mod compare;
mod cursor;
pub(crate) mod events;
pub(crate) mod jobs;
pub(crate) mod me;
pub(crate) mod my_data;
pub(crate) mod questions;
pub(crate) mod saving;
pub(crate) mod schedules;
pub(crate) mod sessions;
pub(crate) mod streams;
pub(crate) mod undoing;
pub(crate) mod verdicts;
