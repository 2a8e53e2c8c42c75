//! Opaque cursors: base64 of `{"b":null,"a":{"Cursor":"…"}}`, the shape real ones decode to.
//!
//! Inside is what the list is, the instant it shows and the offset of the next row, with a check
//! that makes any other text an invalid cursor.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde_json::Value;

use crate::helix::error::ApiError;
use crate::world::hash::named;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cursor {
    /// Instant of the list, Unix milliseconds; 0 where the list is not pinned.
    pub(crate) at: i64,
    pub(crate) offset: usize,
}

impl Cursor {
    /// Writes a cursor of the list called `list`.
    pub(crate) fn encode(self, list: &str) -> String {
        let check = check(list, self);
        let text = format!(r#"{{"b":null,"a":{{"Cursor":"{}:{}:{check:04x}"}}}}"#, self.at, self.offset);
        STANDARD_NO_PAD.encode(text)
    }

    /// Reads `after`, which must be a cursor of this list.
    pub(crate) fn decode(list: &str, after: &str) -> Result<Self, ApiError> {
        read(after)
            .filter(|(cursor, sum)| *sum == check(list, *cursor))
            .map(|(cursor, _)| cursor)
            .ok_or_else(|| ApiError::bad_request("Invalid cursor."))
    }
}

fn read(text: &str) -> Option<(Cursor, u16)> {
    let bytes = STANDARD_NO_PAD.decode(text.trim_end_matches('=')).ok()?;
    let value: Value = serde_json::from_slice(&bytes).ok()?;
    let mut parts = value.get("a")?.get("Cursor")?.as_str()?.split(':');
    let at = parts.next()?.parse().ok()?;
    let offset = parts.next()?.parse().ok()?;
    let sum = u16::from_str_radix(parts.next()?, 16).ok()?;
    Some((Cursor { at, offset }, sum))
}

fn check(list: &str, cursor: Cursor) -> u16 {
    (named(cursor.at as u64 ^ (cursor.offset as u64) << 44, list) & 0xffff) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_and_belongs_to_its_list() {
        let cursor = Cursor { at: 1_795_000_000_000, offset: 3_000 };
        let text = cursor.encode("chatters:1");
        assert_eq!(Cursor::decode("chatters:1", &text), Ok(cursor));
        assert!(Cursor::decode("chatters:2", &text).is_err());
        assert!(Cursor::decode("chatters:1", "rubbish").is_err());
        assert!(Cursor::decode("chatters:1", "").is_err());
    }
}
