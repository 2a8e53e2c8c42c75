//! Counter-based randomness: every draw of the world is a hash of what it is about.
//!
//! Nothing here keeps state, so the presence of one account at one instant can be asked
//! without replaying anything, in any order, from any thread.

use std::f64::consts::PI;

/// The finaliser of `SplitMix64`: spreads every input bit over the whole output.
pub(crate) const fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Hash of an ordered pair.
pub(crate) const fn pair(a: u64, b: u64) -> u64 {
    mix(mix(a) ^ b.rotate_left(32))
}

/// Hash of a name, to derive a key per purpose from one seed.
pub(crate) fn named(seed: u64, name: &str) -> u64 {
    name.bytes().fold(mix(seed), |key, byte| pair(key, u64::from(byte)))
}

/// Uniform in `[0, 1)`.
pub(crate) fn unit(hash: u64) -> f64 {
    (hash >> 11) as f64 / (1_u64 << 53) as f64
}

/// A standard normal draw (Box and Muller).
pub(crate) fn normal(hash: u64) -> f64 {
    let radius = (-2.0 * (1.0 - unit(hash)).ln()).sqrt();
    radius * (2.0 * PI * unit(mix(hash))).cos()
}

/// Permutes `0..2^24` under `key`.
pub(crate) fn permute24(key: u64, index: u32) -> u32 {
    feistel(key, 12, index)
}

/// Permutes `0..limit` under `key`, for `limit` up to `2^24`: distinct inputs stay distinct.
///
/// Walks the permutation of the next power of four until it comes back below the limit, which
/// takes fewer than four steps on average.
pub(crate) fn permute_below(key: u64, index: u32, limit: u32) -> u32 {
    debug_assert!(index < limit && limit <= 1 << 24);
    let half = (32 - limit.saturating_sub(1).leading_zeros()).div_ceil(2).max(1);
    let mut at = feistel(key, half, index);
    while at >= limit {
        at = feistel(key, half, at);
    }
    at
}

/// Four Feistel rounds over two halves of `half` bits each.
fn feistel(key: u64, half: u32, index: u32) -> u32 {
    let mask = (1 << half) - 1;
    let (mut left, mut right) = (index >> half & mask, index & mask);
    for round in 0..4 {
        let noise = pair(key ^ round, u64::from(right)) as u32 & mask;
        (left, right) = (right, left ^ noise);
    }
    left << half | right
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn permutations_do_not_collide() {
        let seen: HashSet<u32> = (0..50_000).map(|index| permute_below(7, index, 50_000)).collect();
        assert_eq!(seen.len(), 50_000);
        assert!(seen.iter().all(|&at| at < 50_000));
    }

    #[test]
    fn draws_look_uniform_and_normal() {
        let n = 20_000;
        let mean = (0..n).map(|i| unit(mix(i))).sum::<f64>() / n as f64;
        assert!((mean - 0.5).abs() < 0.01, "{mean}");
        let variance = (0..n).map(|i| normal(mix(i)).powi(2)).sum::<f64>() / n as f64;
        assert!((variance - 1.0).abs() < 0.05, "{variance}");
    }
}
