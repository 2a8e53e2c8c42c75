//! A counter for each account, 64 of them at a time: the lowest bits of 64 neighbours are one word, their next bits
//! another. Adding one to any of the 64 is a carry through a few words ("vertical counters", or bit slicing), instead of
//! 64 numbers to look up.

/// Counters of accounts by dense id, 0 at first. They are addressed by the word of a [`super::set::DenseSet`].
#[derive(Clone, Debug, Default)]
pub struct Counters {
    /// The bits of all counters, the lowest first.
    planes: Vec<Vec<u64>>,
    words: usize,
}

impl Counters {
    /// Makes room for `words` times 64 accounts.
    pub fn reach(&mut self, words: usize) {
        if self.words < words {
            self.words = words;
            for plane in &mut self.planes {
                plane.resize(words, 0);
            }
        }
    }

    /// Adds one to those of the 64 at `word` that are in `mask`.
    pub fn add(&mut self, word: usize, mask: u64) {
        let mut carry = mask;
        for plane in &mut self.planes {
            if carry == 0 {
                return;
            }
            let bits = plane[word];
            plane[word] = bits ^ carry;
            carry &= bits;
        }
        if carry != 0 {
            let mut plane = vec![0; self.words];
            plane[word] = carry;
            self.planes.push(plane);
        }
    }

    /// Sets those of the 64 at `word` that are not in `mask` to 0.
    pub fn keep(&mut self, word: usize, mask: u64) {
        for plane in &mut self.planes {
            plane[word] &= mask;
        }
    }

    /// Takes in the counters of other accounts: where one counts, the other is at 0.
    pub fn merge(&mut self, other: &Self) {
        self.reach(other.words);
        let planes = self.planes.len().max(other.planes.len());
        self.planes.resize(planes, vec![0; self.words]);
        for (plane, more) in self.planes.iter_mut().zip(&other.planes) {
            for (bits, more) in plane.iter_mut().zip(more) {
                *bits |= more;
            }
        }
    }

    /// The counter of any account; 0 where there is no room for it.
    #[must_use]
    pub fn get(&self, id: u32) -> u32 {
        let (word, bit) = (id as usize / 64, id % 64);
        let bits = self.planes.iter().map(|plane| plane.get(word).map_or(0, |bits| bits >> bit & 1));
        u32::try_from(bits.zip(0..).map(|(bit, place)| bit << place).sum::<u64>()).unwrap_or(u32::MAX)
    }

    /// Sets all to 0.
    pub fn clear(&mut self) {
        self.planes.clear();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The accounts of one part: not a whole word's.
    const LOW: u64 = 0xffff;

    proptest! {
        #[test]
        fn they_count_as_numbers_do(steps in proptest::collection::vec((0_usize..3, any::<u64>(), any::<bool>()), 0..300)) {
            let (mut counters, mut numbers) = (Counters::default(), [0_u32; 192]);
            let mut parts = [Counters::default(), Counters::default()];
            counters.reach(2);
            for (word, mask, add) in steps {
                counters.reach(word + 1);
                for (part, accounts) in parts.iter_mut().zip([LOW, !LOW]) {
                    part.reach(word + 1);
                    if add { part.add(word, mask & accounts) } else { part.keep(word, mask) }
                }
                for (bit, number) in numbers[word * 64..][..64].iter_mut().enumerate() {
                    let set = mask >> bit & 1 == 1;
                    *number = if add { *number + u32::from(set) } else { *number * u32::from(set) };
                }
                if add { counters.add(word, mask) } else { counters.keep(word, mask) }
            }
            let [mut merged, high] = parts;
            merged.merge(&high);
            for (id, number) in (0..).zip(numbers) {
                prop_assert_eq!((counters.get(id), merged.get(id)), (number, number));
            }
            prop_assert_eq!(counters.get(192), 0);
        }
    }
}
