//! Rosters: who was there, as a set of dense account ids.
//!
//! Stored in the portable format of the Roaring Bitmap specification, run-optimised, so that any language can read it.

use roaring::RoaringBitmap;

use crate::ids::AccountId;

/// A set of accounts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Roster(pub RoaringBitmap);

/// The bytes are not a roaring bitmap.
#[derive(Debug, thiserror::Error)]
#[error("a stored roster cannot be read")]
pub struct RosterError(#[from] std::io::Error);

impl Roster {
    /// Reads the portable format.
    ///
    /// # Errors
    /// When the bytes are not a bitmap.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, RosterError> {
        Ok(Self(RoaringBitmap::deserialize_from(bytes)?))
    }

    /// Writes the portable format.
    ///
    /// # Panics
    /// Never: memory takes every write.
    #[must_use]
    #[expect(clippy::expect_used, reason = "memory takes every write")]
    pub fn to_bytes(&mut self) -> Vec<u8> {
        self.0.optimize();
        let mut bytes = Vec::with_capacity(self.0.serialized_size());
        self.0.serialize_into(&mut bytes).expect("writing to memory");
        bytes
    }

    /// How many accounts.
    #[must_use]
    pub fn len(&self) -> u32 {
        u32::try_from(self.0.len()).unwrap_or(u32::MAX)
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<AccountId> for Roster {
    fn from_iter<I: IntoIterator<Item = AccountId>>(accounts: I) -> Self {
        Self(accounts.into_iter().map(|account| account.0).collect())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn bytes_give_the_same_set_back(ids in proptest::collection::btree_set(any::<u32>(), 0..500)) {
            let mut roster: Roster = ids.iter().copied().map(AccountId).collect();
            let back = Roster::from_bytes(&roster.to_bytes()).unwrap();
            prop_assert_eq!(&back, &roster);
            prop_assert_eq!(back.len() as usize, ids.len());
        }
    }

    #[test]
    fn garbage_is_refused() {
        assert!(Roster::from_bytes(b"not a bitmap").is_err());
    }
}
