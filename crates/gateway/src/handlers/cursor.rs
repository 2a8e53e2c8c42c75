//! Where a page of a list ended, as an opaque word.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::DateTime;
use common::{db::captures::view::Position, ids::CaptureId, problem::Problem};

/// The seconds of Unix time that a column can hold.
const TIMES: std::ops::Range<i64> = 0..253_370_764_800;

pub(super) fn encode(position: Position) -> String {
    URL_SAFE_NO_PAD.encode(format!("{}.{}", position.slot.timestamp_micros(), position.id))
}

pub(super) fn decode(cursor: &str) -> Result<Position, Problem> {
    parse(cursor)
        .ok_or_else(|| Problem::bad_request("cursor_invalid", "This cursor was not given out by this API."))
}

fn parse(cursor: &str) -> Option<Position> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    let (slot, id) = text.split_once('.')?;
    let slot = DateTime::from_timestamp_micros(slot.parse().ok()?)?;
    if !TIMES.contains(&slot.timestamp()) {
        return None;
    }
    Some(Position { slot, id: CaptureId(id.parse().ok()?) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_as_it_was() {
        let slot = DateTime::from_timestamp_micros(1_795_469_710_000_000).unwrap();
        let position = Position { slot, id: CaptureId(u64::MAX) };
        assert_eq!(decode(&encode(position)).unwrap(), position);
    }

    #[test]
    fn what_is_no_cursor_is_refused() {
        for cursor in ["x", "AAAA", "MS4", "é", "MTIzNDU2Nzg5MDEyMzQ1Njc4OTAuMQ"] {
            assert_eq!(decode(cursor).unwrap_err().code(), "cursor_invalid", "{cursor}");
        }
    }

    #[test]
    fn a_time_that_no_column_holds_is_no_cursor() {
        for (second, held) in [
            (-100_000_000_000, false),
            (-1, false),
            (0, true),
            (253_370_764_799, true),
            (253_370_764_800, false),
            (8_000_000_000_000, false),
        ] {
            let slot = DateTime::from_timestamp(second, 0).unwrap();
            let position = Position { slot, id: CaptureId(1) };
            assert_eq!(decode(&encode(position)).ok(), held.then_some(position), "{slot}");
        }
    }
}
