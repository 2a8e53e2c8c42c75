//! Rosters: who was there, as a set of dense account ids.
//!
//! Stored in the shorter of two formats, which the first byte tells apart:
//!
//! - the portable format of the Roaring Bitmap specification, run-optimised: 0x3A or 0x3B, the first byte of its cookies.
//!   Shorter where many neighbours were there, such as in a room whose accounts are all new.
//! - 0x01, then each id in ascending order as its distance from the one before, minus one (the first: the id itself), in
//!   unsigned LEB128. Shorter for a few thousand among millions: 1.8 instead of 2.2 bytes each, and 3 instead of 10 for a
//!   few dozen.

use std::io;

use roaring::RoaringBitmap;

/// The first byte of a roster that is stored as distances.
const DISTANCES: u8 = 1;

use crate::ids::AccountId;

/// A set of accounts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Roster(pub RoaringBitmap);

/// The bytes are no roster.
#[derive(Debug, thiserror::Error)]
#[error("a stored roster cannot be read")]
pub struct RosterError(#[from] io::Error);

impl Roster {
    /// Reads either format.
    ///
    /// # Errors
    /// When the bytes are in none of them.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, RosterError> {
        Ok(Self(match bytes.split_first() {
            Some((&DISTANCES, distances)) => read_distances(distances)?,
            _ => read_portable(bytes)?,
        }))
    }

    /// Writes the shorter format.
    ///
    /// # Panics
    /// Never: memory takes every write.
    #[must_use]
    #[expect(clippy::expect_used, reason = "memory takes every write")]
    pub fn to_bytes(&mut self) -> Vec<u8> {
        self.0.optimize();
        let portable = self.0.serialized_size();
        if let Some(distances) = write_distances(&self.0, portable) {
            return distances;
        }
        let mut bytes = Vec::with_capacity(portable);
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

/// The ids as distances; none when that takes `limit` bytes or more.
fn write_distances(ids: &RoaringBitmap, limit: usize) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(limit);
    bytes.push(DISTANCES);
    let mut next = 0;
    for id in ids {
        let mut distance = id - next;
        while distance >= 0x80 {
            bytes.push(distance.to_le_bytes()[0] | 0x80);
            distance >>= 7;
        }
        bytes.push(distance.to_le_bytes()[0]);
        if bytes.len() >= limit {
            return None;
        }
        next = id.wrapping_add(1);
    }
    (bytes.len() < limit).then_some(bytes)
}

/// Without runs: `next_many` of roaring 0.12 leaves out a container that is one run of all its 65,536 ids
/// (`end - start + 1` overflows in `interval_store.rs`).
fn read_portable(bytes: &[u8]) -> io::Result<RoaringBitmap> {
    let mut bitmap = RoaringBitmap::deserialize_from(bytes)?;
    bitmap.remove_run_compression();
    Ok(bitmap)
}

fn read_distances(bytes: &[u8]) -> io::Result<RoaringBitmap> {
    let invalid = || io::Error::from(io::ErrorKind::InvalidData);
    // A byte of each at least.
    let mut ids = Vec::with_capacity(bytes.len());
    let (mut next, mut distance, mut shift) = (0, 0, 0);
    for &byte in bytes {
        distance |= u64::from(byte & 0x7F) << shift;
        if byte >= 0x80 {
            shift += 7;
            if shift >= u32::BITS {
                return Err(invalid());
            }
            continue;
        }
        let id = u32::try_from(next + distance).map_err(|_| invalid())?;
        ids.push(id);
        (next, distance, shift) = (u64::from(id) + 1, 0, 0);
    }
    if shift > 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let grown = RoaringBitmap::from_sorted_iter(ids).map_err(|_| invalid())?;
    // What has grown an id at a time takes up to twice its length in memory; a clone does not.
    Ok(grown.clone())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn bytes_give_the_same_set_back(
            near in proptest::collection::btree_set(0_u32..3_000, 0..500),
            far in proptest::collection::btree_set(any::<u32>(), 0..500),
        ) {
            for ids in [&near, &far, &(&near | &far)] {
                let mut roster: Roster = ids.iter().copied().map(AccountId).collect();
                let back = Roster::from_bytes(&roster.to_bytes()).unwrap();
                prop_assert_eq!(&back, &roster);
                prop_assert_eq!(back.len() as usize, ids.len());
            }
        }

        #[test]
        fn any_bytes_are_a_roster_or_refused(mut bytes in proptest::collection::vec(any::<u8>(), 1..100)) {
            bytes[0] = DISTANCES;
            if let Ok(mut roster) = Roster::from_bytes(&bytes) {
                prop_assert_eq!(Roster::from_bytes(&roster.to_bytes()).unwrap(), roster);
            }
        }
    }

    #[track_caller]
    fn first_byte_and_length(ids: impl IntoIterator<Item = u32>) -> (u8, usize) {
        let mut roster: Roster = ids.into_iter().map(AccountId).collect();
        let bytes = roster.to_bytes();
        assert_eq!(Roster::from_bytes(&bytes).unwrap(), roster);
        (bytes[0], bytes.len())
    }

    #[test]
    fn the_shorter_format_is_written() {
        // Two bytes for a distance of 599, and one more for the format.
        assert_eq!(first_byte_and_length((1..=5_000).map(|n| n * 600)), (DISTANCES, 10_001));
        assert_eq!(first_byte_and_length([u32::MAX]), (DISTANCES, 6));
        assert_eq!(first_byte_and_length(0..100_000).0, 0x3B);
        assert_eq!(first_byte_and_length((0..30_000).map(|n| n * 3)).0, 0x3A);
        assert_eq!(first_byte_and_length([]), (DISTANCES, 1));
    }

    #[test]
    fn nobody_of_a_full_room_is_left_out_when_many_are_read_at_once() {
        let mut roster: Roster = (0..200_000).map(AccountId).collect();
        let back = Roster::from_bytes(&roster.to_bytes()).unwrap();
        let (mut ids, mut buffer, mut read) = (back.0.iter(), [0; 1024], 0);
        loop {
            match ids.next_many(&mut buffer).len() {
                0 => break,
                more => read += more,
            }
        }
        assert_eq!(read, 200_000);
    }

    #[test]
    fn garbage_is_refused() {
        let cut_off: &[u8] = &[DISTANCES, 0x80];
        let too_long = &[DISTANCES, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00];
        let beyond_u32 = &[DISTANCES, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 0x00];
        for bytes in [b"", &b"not a bitmap"[..], cut_off, too_long, beyond_u32] {
            assert!(Roster::from_bytes(bytes).is_err(), "{bytes:?}");
        }
    }
}
