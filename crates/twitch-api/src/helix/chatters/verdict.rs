//! Is what was read the whole roster?
//!
//! Twitch names a `total` with each page, and nothing else to hold the rows against. What is read is called complete
//! when it agrees with it:
//!
//! * **The same total on every page**: exactly that many distinct chatters must have been read. As many as that are
//!   the roster even when the last cursor led back.
//! * **Totals that differ, up to [`STRICT_TOTAL`] chatters**: exactly as many as the highest total, and a proper end.
//!   Reading such a room takes a fraction of a second, during which it often does not change at all; a repeat costs
//!   little, and a total that Twitch got wrong cannot cover for a lost row.
//! * **Totals that differ, a larger room**: it never stands still, and no reading of it is of one moment. People
//!   may be missing, or be listed who have left, by as many as the totals moved up and down while reading, and by no
//!   more than one in [`SLACK_DIVISOR`]: a lost page, or a list that ends early, is far outside. Such a roster is not
//!   called exact: the outcome says how many people are uncertain, and that stays with the capture.
//!
//! Blank rows do not count as anybody, so a blank that stands for somebody makes the roster incomplete.

use common::clients::twitch_api::ChattersOutcome;

/// In rooms of this size, nobody may be missing.
pub const STRICT_TOTAL: u32 = 3_000;

/// In larger rooms, at most one chatter in this many may be missing.
pub const SLACK_DIVISOR: u32 = 200;

/// Why the reading ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Twitch named no next page.
    NoCursor,
    /// Twitch named a page that had been read.
    CursorRepeated,
    /// There were far more pages than the total allows for.
    TooManyPages,
}

/// What the pages so far amount to.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    pages: u32,
    received: u32,
    duplicates: u32,
    blanks: u32,
    lowest: u32,
    highest: u32,
    last: u32,
    /// How far the total has moved in all, up and down.
    moved: u32,
}

impl Tally {
    /// Counts a page that names `total`.
    pub fn begin_page(&mut self, total: u32) {
        if self.pages == 0 {
            (self.lowest, self.highest) = (total, total);
        } else {
            self.moved = self.moved.saturating_add(self.last.abs_diff(total));
            self.lowest = self.lowest.min(total);
            self.highest = self.highest.max(total);
        }
        self.last = total;
        self.pages += 1;
    }

    /// Counts a chatter handed on.
    pub fn received(&mut self) {
        self.received += 1;
    }

    /// Counts a row that was handed on before.
    pub fn duplicate(&mut self) {
        self.duplicates += 1;
    }

    /// Counts a row that describes nobody.
    pub fn blank(&mut self) {
        self.blanks += 1;
    }

    /// Pages so far.
    #[must_use]
    pub fn pages(&self) -> u32 {
        self.pages
    }

    /// The highest total so far.
    #[must_use]
    pub fn highest_total(&self) -> u32 {
        self.highest
    }

    /// The verdict on a reading that ended by `end`.
    #[must_use]
    pub fn outcome(&self, end: End) -> ChattersOutcome {
        let reason = self.objection(end);
        ChattersOutcome {
            complete: reason.is_none(),
            uncertain: if reason.is_none() { self.uncertain() } else { 0 },
            reason: reason.map(ToOwned::to_owned),
            pages: self.pages,
            total: self.last,
            received: self.received,
            duplicates: self.duplicates,
            blanks: self.blanks,
        }
    }

    /// How many people it may lack, or name too many; a room of which all pages told the same size has none.
    fn uncertain(&self) -> u32 {
        if self.highest <= STRICT_TOTAL || self.lowest == self.highest {
            return 0;
        }
        self.moved.max(self.received.abs_diff(self.highest)).max(self.received.abs_diff(self.lowest))
    }

    fn objection(&self, end: End) -> Option<&'static str> {
        if self.lowest == self.highest && self.received == self.highest {
            return None;
        }
        match end {
            End::CursorRepeated => return Some("cursor_repeated"),
            End::TooManyPages => return Some("too_many_pages"),
            End::NoCursor => {}
        }
        // A small room must reach the highest total; a large one lies between the extremes.
        let (least, slack) = if self.highest <= STRICT_TOTAL {
            (self.highest, 0)
        } else {
            let slack = self.moved.min(self.highest / SLACK_DIVISOR);
            (self.lowest.saturating_sub(slack), slack)
        };
        if self.received < least {
            let explained = self.blanks > 0 && self.received + self.blanks >= least;
            return Some(if explained { "blank_chatters" } else { "fewer_than_total" });
        }
        (self.received > self.highest + slack).then_some("more_than_total")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tally(totals: &[u32], received: u32) -> Tally {
        let mut tally = Tally::default();
        for total in totals {
            tally.begin_page(*total);
        }
        tally.received = received;
        tally
    }

    fn reason(totals: &[u32], received: u32, end: End) -> Option<String> {
        tally(totals, received).outcome(end).reason
    }

    #[test]
    fn a_steady_total_allows_no_difference() {
        assert_eq!(reason(&[60], 60, End::NoCursor), None);
        assert_eq!(reason(&[0], 0, End::NoCursor), None);
        assert_eq!(reason(&[60], 59, End::NoCursor).unwrap(), "fewer_than_total");
        assert_eq!(reason(&[60], 61, End::NoCursor).unwrap(), "more_than_total");
        let large = [30_000; 30];
        assert_eq!(reason(&large, 30_000, End::NoCursor), None);
        assert_eq!(reason(&large, 29_999, End::NoCursor).unwrap(), "fewer_than_total");
    }

    #[test]
    fn a_cursor_that_leads_back_is_forgiven_only_when_nobody_is_missing() {
        assert_eq!(reason(&[2_400; 3], 2_400, End::CursorRepeated), None);
        assert_eq!(reason(&[2_400; 3], 2_000, End::CursorRepeated).unwrap(), "cursor_repeated");
        assert_eq!(reason(&[2_400; 14], 1_000, End::TooManyPages).unwrap(), "too_many_pages");
    }

    #[test]
    fn a_blank_row_is_named_as_the_reason() {
        let mut tally = tally(&[60], 59);
        tally.blank();
        assert_eq!(tally.outcome(End::NoCursor).reason.unwrap(), "blank_chatters");
    }

    #[test]
    fn a_small_room_that_changes_must_reach_its_highest_total() {
        assert_eq!(reason(&[2_400, 2_401, 2_401], 2_401, End::NoCursor), None);
        assert_eq!(reason(&[2_400, 2_401, 2_401], 2_400, End::NoCursor).unwrap(), "fewer_than_total");
    }

    #[test]
    fn a_large_room_may_change_a_little() {
        let totals: Vec<u32> = (0..30).map(|page| 30_000 + page % 3).collect();
        assert_eq!(reason(&totals, 29_990, End::NoCursor), None);
        assert_eq!(reason(&totals, 29_000, End::NoCursor).unwrap(), "fewer_than_total");
    }

    #[test]
    fn how_much_is_uncertain_is_said() {
        let uncertain = |totals: &[u32], received| tally(totals, received).outcome(End::NoCursor).uncertain;
        assert_eq!(uncertain(&[30_000; 30], 30_000), 0);
        assert_eq!(uncertain(&[2_400, 2_401, 2_401], 2_401), 0, "small rooms are exact or nothing");
        assert_eq!(uncertain(&[30_000, 30_004, 30_001, 30_001], 30_001), 7, "four came and three left");
        assert_eq!(uncertain(&[30_000, 30_010, 30_010, 30_010], 29_995), 15);
        assert_eq!(
            uncertain(&[30_000, 30_010, 30_010, 30_010], 29_000),
            0,
            "of what is no roster nothing is said"
        );
    }

    proptest! {
        #[test]
        fn a_lost_page_is_never_called_complete(
            size in 4_001_u32..200_000,
            wobble in proptest::collection::vec(0_u32..20, 4..200),
        ) {
            let totals: Vec<u32> = wobble.iter().map(|up| size + up).collect();
            prop_assert!(reason(&totals, size - 1_000, End::NoCursor).is_some());
        }
    }
}
