//! Pages of long lists, without sorting the whole list.

/// The `limit` first of `items` by `key` that come after `after`, in that order, and whether there are more.
///
/// Keys are distinct. Costs one pass and a sort of the page, and the memory of two pages.
pub fn page<T: Copy, K: Ord + Copy>(
    items: impl Iterator<Item = T>,
    key: impl Fn(&T) -> K,
    after: Option<K>,
    limit: usize,
) -> (Vec<T>, bool) {
    let mut first = Vec::new();
    let mut more = false;
    for item in items.filter(|item| after.is_none_or(|after| key(item) > after)) {
        first.push(item);
        if first.len() > 2 * limit.max(ROOM) {
            more |= keep(&mut first, &key, limit);
        }
    }
    more |= keep(&mut first, &key, limit);
    first.sort_unstable_by_key(|item| key(item));
    (first, more)
}

/// How many items are gathered at least before all but the first are dropped.
const ROOM: usize = 1_000;

/// Drops all but the `limit` first; whether there were more.
fn keep<T, K: Ord>(items: &mut Vec<T>, key: impl Fn(&T) -> K, limit: usize) -> bool {
    let more = items.len() > limit;
    if more && limit > 0 {
        items.select_nth_unstable_by_key(limit - 1, key);
    }
    items.truncate(limit);
    more
}
