//! Where a page of a list ended, as an opaque word.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::DateTime;
use common::{db::captures::view::Position, ids::CaptureId, problem::Problem};

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
}
