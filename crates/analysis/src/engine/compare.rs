//! Two sets of accounts: who is in one, the other, or both.

use common::ids::AccountId;
use roaring::RoaringBitmap;

/// How many are where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// In `b` only.
    pub arrived: u32,
    /// In `a` only.
    pub left: u32,
    /// In both.
    pub stayed: u32,
}

/// Which accounts to list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum List {
    Arrived,
    Left,
    Stayed,
}

#[must_use]
pub fn sizes(a: &RoaringBitmap, b: &RoaringBitmap) -> Sizes {
    let count = |accounts: u64| u32::try_from(accounts).unwrap_or(u32::MAX);
    let stayed = a.intersection_len(b);
    Sizes { arrived: count(b.len() - stayed), left: count(a.len() - stayed), stayed: count(stayed) }
}

/// Up to `limit` accounts of a list after `after`, ascending, and whether there are more.
#[must_use]
pub fn list(
    a: &RoaringBitmap,
    b: &RoaringBitmap,
    list: List,
    after: Option<AccountId>,
    limit: usize,
) -> (Vec<AccountId>, bool) {
    let (from, keep): (_, fn(&RoaringBitmap, u32) -> bool) = match list {
        List::Arrived => ((b, a), |other, id| !other.contains(id)),
        List::Left => ((a, b), |other, id| !other.contains(id)),
        List::Stayed => ((a, b), |other, id| other.contains(id)),
    };
    let (walked, other) = from;
    let start = after.map_or(Some(0), |after| after.0.checked_add(1));
    let Some(start) = start else { return (Vec::new(), false) };
    let mut found = walked.range(start..).filter(|id| keep(other, *id)).map(AccountId);
    let page: Vec<AccountId> = found.by_ref().take(limit).collect();
    (page, found.next().is_some())
}
