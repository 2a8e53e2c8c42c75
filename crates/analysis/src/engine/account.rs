//! One viewer: in which captures they were.

use super::{Capture, Fold, Present};

/// Notes for each capture whether an account is in it.
#[derive(Clone, Debug)]
pub struct Attended {
    account: u32,
    attended: Vec<bool>,
}

impl Attended {
    #[must_use]
    pub fn new(account: u32) -> Self {
        Self { account, attended: Vec::new() }
    }

    /// One for each capture, in their order.
    #[must_use]
    pub fn finish(self) -> Vec<bool> {
        self.attended
    }
}

impl Fold for Attended {
    fn push(&mut self, _: &Capture, present: &Present<'_>) {
        self.attended.push(present.contains(self.account));
    }

    fn merge(&mut self, other: Self) {
        for (attended, more) in self.attended.iter_mut().zip(other.attended) {
            *attended |= more;
        }
    }
}
