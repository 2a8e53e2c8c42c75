//! Logins that people could have chosen, one per account, without a table.
//!
//! A login is its account's number, permuted and written in one of nine styles. Each style is a
//! mixed-radix notation with room for all 2^24 numbers, so no two accounts of one style share
//! a login; digits that carry no information come from a hash. Shares of the styles follow the
//! organic law of the detection study: most names are letters only, some end in two to four
//! digits or a year, 2 % look random.

use std::fmt::Write as _;

use super::hash::{mix, pair, permute24};
use super::words::{FIRST, SECOND};

const CONSONANTS: &[u8; 17] = b"bcdfgjklmnprstvxz";
const VOWELS: &[u8; 5] = b"aeiou";
const ALNUM: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";

/// The login of account number `number` (below 2^24).
pub(crate) fn login(key: u64, number: u32) -> String {
    let hash = pair(key, u64::from(number));
    let mut digits = Digits(permute24(key ^ 0x10_91, number));
    let spare = mix(hash);
    let mut out = String::with_capacity(16);
    match hash % 100 {
        0..=24 => {
            syllables(&mut out, &mut digits, 4);
            if let Some(last) = ["", "", "n", "s", "x", "r"].get((spare % 6) as usize) {
                out.push_str(last);
            }
        }
        25..=46 => {
            out.push_str(FIRST[digits.take(128)]);
            out.push_str(SECOND[digits.take(128)]);
            syllables(&mut out, &mut digits, 1);
            out.push(char::from(CONSONANTS[digits.take(17)]));
        }
        47..=58 => {
            syllables(&mut out, &mut digits, 3);
            let _ = write!(out, "{:02}", digits.take(100));
        }
        59..=64 => {
            out.push_str(FIRST[digits.take(128)]);
            out.push_str(SECOND[digits.take(128)]);
            let _ = write!(out, "{:04}", digits.take(1_024) * 9 + (spare % 9) as usize);
        }
        65..=70 => {
            syllables(&mut out, &mut digits, 3);
            let _ = write!(out, "{:03}", digits.take(50) * 20 + (spare % 20) as usize);
        }
        71..=78 => {
            out.push_str(FIRST[digits.take(128)]);
            out.push('_');
            syllables(&mut out, &mut digits, 3);
        }
        79..=87 => {
            syllables(&mut out, &mut digits, 3);
            let _ = write!(out, "{}", 1_975 + digits.take(50));
        }
        88..=97 => {
            syllables(&mut out, &mut digits, 3);
            out.push_str(SECOND[digits.take(128)]);
            let _ = write!(out, "{}", spare % 10);
        }
        _ => random_letters(&mut out, &mut digits, spare),
    }
    out
}

/// Eight to eleven letters and digits; the first five carry the number.
fn random_letters(out: &mut String, digits: &mut Digits, spare: u64) {
    for _ in 0..5 {
        out.push(char::from(ALNUM[digits.take(36)]));
    }
    let mut rest = mix(spare);
    for _ in 0..3 + spare % 4 {
        out.push(char::from(ALNUM[(rest % 36) as usize]));
        rest /= 36;
    }
}

fn syllables(out: &mut String, digits: &mut Digits, count: usize) {
    for _ in 0..count {
        out.push(char::from(CONSONANTS[digits.take(17)]));
        out.push(char::from(VOWELS[digits.take(5)]));
    }
}

/// The name shown in chat: mostly the login as typed, sometimes with capitals.
pub(crate) fn display_name(hash: u64, login: &str) -> String {
    match hash % 100 {
        0..=54 => login.to_owned(),
        55..=89 => capitalised(login),
        90..=98 => login.split('_').map(capitalised).collect::<Vec<_>>().join("_"),
        // A few people have a name in another script, which their login transcribes.
        _ => ["さくらもち", "밤하늘", "小熊貓", "ねこまる"][(hash / 100 % 4) as usize].to_owned(),
    }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
}

/// A number being written out, least significant digit first.
struct Digits(u32);

impl Digits {
    fn take(&mut self, radix: u32) -> usize {
        let digit = self.0 % radix;
        self.0 /= radix;
        digit as usize
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn logins_are_unique_and_well_formed() {
        let mut seen = HashSet::new();
        for number in (0..1 << 24).step_by(61) {
            let login = login(3, number);
            assert!((4..=25).contains(&login.len()), "{login}");
            assert!(login.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'));
            assert!(seen.insert(login), "number {number}");
        }
    }

    #[test]
    fn every_style_has_room_for_every_number() {
        let syllable = 17 * 5_u64;
        let styles = [
            syllable.pow(4),
            128 * 128 * syllable * 17,
            syllable.pow(3) * 100,
            128 * 128 * 1_024,
            syllable.pow(3) * 50,
            128 * syllable.pow(3),
            syllable.pow(3) * 128,
            36_u64.pow(5),
        ];
        assert!(styles.iter().all(|&room| room >= 1 << 24), "{styles:?}");
    }
}
