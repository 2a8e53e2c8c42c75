//! Pages of long lists, without sorting the whole list.

/// The `limit` first of `items` by `key` that come after `after`, in that order, and whether there are more.
///
/// Keys are distinct. Costs one pass and a sort of the page.
pub fn page<T: Copy, K: Ord + Copy>(
    items: impl Iterator<Item = T>,
    key: impl Fn(&T) -> K,
    after: Option<K>,
    limit: usize,
) -> (Vec<T>, bool) {
    let mut rest: Vec<T> = items.filter(|item| after.is_none_or(|after| key(item) > after)).collect();
    let more = rest.len() > limit;
    if more && limit > 0 {
        rest.select_nth_unstable_by_key(limit - 1, |item| key(item));
    }
    rest.truncate(limit);
    rest.sort_unstable_by_key(|item| key(item));
    (rest, more)
}
