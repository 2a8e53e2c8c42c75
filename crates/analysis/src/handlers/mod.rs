//! One file for each question: its parameters, what computes it, the shape of its answer.

mod account;
mod accounts;
mod compare;
mod creations;
mod evolution;
mod newcomers;
mod overlap;
mod participation;
mod people;
mod raids;
mod renames;
mod summary;

pub(crate) use account::{AccountAsked, get as account};
pub(crate) use accounts::get as accounts;
pub(crate) use compare::get as compare;
pub(crate) use creations::get as creations;
pub(crate) use evolution::get as evolution;
pub(crate) use newcomers::{get as newcomers, get_retention as retention};
pub(crate) use overlap::{get as overlap, of_channels as overlap_of_channels};
pub(crate) use participation::get as participation;
pub(crate) use raids::get as raids;
pub(crate) use renames::get as renames;
pub(crate) use summary::get as summary;
