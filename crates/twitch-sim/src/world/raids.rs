//! Raids and other sudden movements: people leave one room and turn up in another.

use std::sync::Arc;

use rand::Rng as _;
use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;

use super::World;
use super::accounts::Ix;
use super::channel::{Channel, Visit};
use super::crowd::row;
use super::hash::normal;
use super::presence::{HOUR_MS, MINUTE_MS};

/// Who was taken from a room does not come back for so long.
const AWAY_MS: i64 = 6 * HOUR_MS;

impl World {
    /// Moves `count` people from one room to another at `at`; returns how many moved.
    ///
    /// Three in four arrive within a minute, the others within five; they stay a log-normal
    /// time with a median of 17 minutes.
    pub(crate) fn raid(
        &self,
        from: &Channel,
        to: &Channel,
        count: usize,
        at: i64,
        rng: &mut StdRng,
    ) -> usize {
        let mut people = self.roster(from, at).accounts.clone();
        people.retain(|ix| !from.spec.residents.contains(ix));
        people.shuffle(rng);
        people.truncate(count);
        let visits: Vec<Visit> = people
            .iter()
            .map(|&ix| {
                let spread = if rng.random_bool(0.75) { MINUTE_MS } else { 5 * MINUTE_MS };
                let arrival = at + rng.random_range(0..spread);
                let stay = (17.5 * (1.2 * normal(rng.random())).exp()).clamp(1.0, 240.0);
                let until = arrival + (stay * MINUTE_MS as f64) as i64;
                Visit { ix, from: arrival, to: until, row: row(&self.accounts, ix).into() }
            })
            .collect();
        self.take_away(from, &people, at);
        to.overlay_mut().visits.extend(visits);
        self.mark(to, at);
        people.len()
    }

    /// A share of a room drops out at once, as when a chat server restarts; returns how many.
    pub(crate) fn hiccup(&self, channel: &Channel, share: f64, at: i64, rng: &mut StdRng) -> usize {
        let mut people = self.roster(channel, at).accounts.clone();
        people.retain(|_| rng.random_bool(share.clamp(0.0, 1.0)));
        self.take_away(channel, &people, at);
        people.len()
    }

    fn take_away(&self, channel: &Channel, people: &[Ix], at: i64) {
        let mut overlay = channel.overlay_mut();
        for &ix in people {
            overlay.absences.entry(ix).or_default().push((at, at + AWAY_MS));
        }
        drop(overlay);
        self.mark(channel, at);
    }

    /// Keeps somebody out of a room from `at` on (banned), or until `end`.
    pub(crate) fn shut_out(&self, channel: &Channel, ix: Ix, at: i64, end: Option<i64>) {
        let span = (at, end.unwrap_or(i64::MAX));
        channel.overlay_mut().absences.entry(ix).or_default().push(span);
        self.mark(channel, at);
    }

    /// Lets somebody in again at `at`.
    pub(crate) fn let_in(&self, channel: &Channel, ix: Ix, at: i64) {
        if let Some(spans) = channel.overlay_mut().absences.get_mut(&ix) {
            for span in spans.iter_mut().filter(|span| span.1 > at) {
                span.1 = at;
            }
        }
        self.mark(channel, at);
    }

    /// Puts visits into a room, from `at` on.
    pub(crate) fn bring(&self, channel: &Arc<Channel>, visits: Vec<Visit>, at: i64) {
        channel.overlay_mut().visits.extend(visits);
        self.mark(channel, at);
    }
}
