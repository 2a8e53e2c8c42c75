//! One file for each question: its parameters, what computes it, the shape of its answer.

pub(crate) mod summary;
