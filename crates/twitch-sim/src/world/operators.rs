//! Operators: the seven kinds of coordinated accounts of the detection study (section 4), and
//! the crowd of a giveaway, which looks coordinated and is not.
//!
//! An operator registers its accounts when it starts (with creation dates in the past) and
//! sends them in waves: the first now, the others to the next streams of the channel. Shares
//! without picture and without description, ages, names and timing are those of the study.

use std::sync::Arc;

use rand::Rng as _;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use serde::{Deserialize, Serialize};

use super::World;
use super::accounts::{Account, Ix};
use super::calendar::DAY_MS;
use super::channel::{Channel, Visit};
use super::crowd::row;
use super::hash::normal;
use super::logins;
use super::presence::{HOUR_MS, MINUTE_MS};
use super::words::{FIRST, SECOND};

/// What an operator does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Operator {
    /// Registered within hours of one day; word, word, four digits; in lockstep.
    B1,
    /// Bought aged accounts with human names; in lockstep, give or take a capture.
    B2,
    /// Registered in a batch of ten days; prefix and digits; staggered over an hour.
    B3,
    /// A rotating pool from four batches, random names; a third comes each time.
    B4,
    /// Perfect mimics.
    B5,
    /// A flood of fresh accounts for a few minutes.
    B6,
    /// Aged, human names, dripping in over 90 minutes.
    B7,
    /// Not an operator: fans who registered on the evening of a giveaway.
    #[serde(rename = "giveaway")]
    Giveaway,
}

/// A started operator, kept as truth.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Started {
    pub(crate) id: usize,
    pub(crate) kind: Operator,
    pub(crate) channel_id: String,
    pub(crate) at_ms: i64,
    pub(crate) account_ids: Vec<String>,
    /// When each wave begins.
    pub(crate) waves_ms: Vec<i64>,
}

/// What is asked of an operator.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Order {
    pub(crate) kind: Operator,
    pub(crate) size: Option<usize>,
    pub(crate) waves: usize,
    /// Length of a wave; about three hours if absent.
    pub(crate) minutes: Option<i64>,
}

impl Operator {
    fn default_size(self) -> usize {
        match self {
            Self::B1 => 120,
            Self::B2 | Self::B3 | Self::B7 => 150,
            Self::B4 | Self::B6 => 300,
            Self::B5 => 100,
            Self::Giveaway => 44,
        }
    }

    /// Shares with the default picture and without a description.
    fn bare(self) -> (f64, f64) {
        match self {
            Self::B1 => (0.95, 0.98),
            Self::B2 | Self::B7 => (0.85, 0.92),
            Self::B3 => (0.90, 0.95),
            Self::B4 => (0.85, 0.95),
            Self::B5 => (0.50, 0.75),
            Self::B6 => (0.99, 0.99),
            Self::Giveaway => (0.34, 0.62),
        }
    }
}

impl World {
    /// Registers the accounts of an operator and sends them to `channel`.
    pub(crate) fn operate(&self, channel: &Arc<Channel>, order: Order, at: i64, rng: &mut StdRng) -> Started {
        let size = order.size.unwrap_or_else(|| order.kind.default_size());
        let accounts = self.enlist(order.kind, size, at, rng);
        let waves_ms = wave_starts(channel, order, at);
        for &start in &waves_ms {
            let visits = self.wave(order, &accounts, start, rng);
            self.bring(channel, visits, at);
        }
        let mut operators = self.operators();
        let started = Started {
            id: operators.len() + 1,
            kind: order.kind,
            channel_id: channel.id().to_string(),
            at_ms: at,
            account_ids: accounts.iter().map(|&ix| self.accounts.id(ix).to_string()).collect(),
            waves_ms,
        };
        operators.push(started.clone());
        started
    }

    fn enlist(&self, kind: Operator, size: usize, at: i64, rng: &mut StdRng) -> Vec<Ix> {
        let (no_picture, no_description) = kind.bare();
        let batch_days: Vec<i64> = (0..4).map(|_| rng.random_range(60..700)).collect();
        let prefix = format!("{}{}", pick(&FIRST, rng), pick(&SECOND, rng));
        let style = rng.random();
        (0..size)
            .map(|n| {
                let created_ms = self.created(kind, n, at, &batch_days, rng);
                let login = loop {
                    let login = name(kind, &prefix, style, rng);
                    if self.accounts.find_login(&login).is_none() {
                        break login;
                    }
                };
                self.accounts.register(Account {
                    id: self.accounts.free_id(created_ms),
                    display_name: login.clone(),
                    login,
                    created_ms,
                    default_picture: rng.random_bool(no_picture),
                    description: if rng.random_bool(no_description) { "" } else { "gg" },
                    broadcaster_type: "",
                })
            })
            .collect()
    }

    fn created(&self, kind: Operator, n: usize, at: i64, batch_days: &[i64], rng: &mut StdRng) -> i64 {
        let midnight = at.div_euclid(DAY_MS) * DAY_MS;
        let part = |rng: &mut StdRng, from: f64, to: f64| (rng.random_range(from..to) * DAY_MS as f64) as i64;
        match kind {
            Operator::B1 => midnight - 40 * DAY_MS + part(rng, 0.50, 0.62),
            Operator::B3 => midnight - 60 * DAY_MS + part(rng, 0.0, 10.0),
            Operator::B4 => midnight - batch_days[n % batch_days.len()] * DAY_MS + part(rng, 0.3, 0.7),
            Operator::B6 => at - part(rng, 0.01, 0.9),
            Operator::Giveaway => midnight - 200 * DAY_MS + part(rng, 0.70, 0.90),
            // Bought: as old as anybody.
            Operator::B2 | Operator::B5 | Operator::B7 => {
                let existing = self.accounts.calendar().rank_at(at - DAY_MS);
                self.accounts.calendar().created_ms(rng.random_range(0..existing))
            }
        }
    }

    fn wave(&self, order: Order, accounts: &[Ix], start: i64, rng: &mut StdRng) -> Vec<Visit> {
        let length = order.minutes.unwrap_or(180) * MINUTE_MS;
        let common = rng.random_range(0..20_000);
        let share = match order.kind {
            Operator::B4 => 1.0 / 3.0,
            Operator::B7 => 0.7,
            Operator::Giveaway => 0.3,
            _ => 1.0,
        };
        let count = (accounts.len() as f64 * share).ceil() as usize;
        let minutes = |value: f64| (value * MINUTE_MS as f64) as i64;
        accounts
            .choose_multiple(rng, count)
            .map(|&ix| {
                let stay = |rng: &mut StdRng, median: f64, sigma: f64| {
                    let stay = (sigma * normal(rng.random())).exp() * median * length as f64 / 180.0;
                    (stay / MINUTE_MS as f64).clamp(1.0, 600.0)
                };
                let (from, to) = match order.kind {
                    Operator::B1 => (start + common, start + common + length),
                    Operator::B2 => {
                        let late = minutes(rng.random_range(0.0..5.0));
                        (start + late, start + length + minutes(rng.random_range(0.0..5.0)))
                    }
                    Operator::B3 => {
                        let from = start + minutes(rng.random_range(0.0..60.0));
                        (from, from + minutes(stay(rng, 110.0, 0.35)))
                    }
                    Operator::B4 => {
                        let from = start + minutes(rng.random_range(0.0..15.0));
                        (from, start + length + minutes(rng.random_range(0.0..5.0)))
                    }
                    Operator::B5 | Operator::Giveaway => {
                        let from = start + (rng.random::<f64>() * length as f64) as i64;
                        (from, from + minutes(stay(rng, 70.0, 1.1)))
                    }
                    Operator::B6 => {
                        let from = start + minutes(rng.random_range(0.0..5.0));
                        (from, from + minutes(rng.random_range(5.0..20.0)))
                    }
                    Operator::B7 => {
                        let from = start + minutes(rng.random_range(5.0..95.0));
                        (from, from + minutes(stay(rng, 120.0, 0.5)))
                    }
                };
                Visit { ix, from, to, row: row(&self.accounts, ix).into() }
            })
            .collect()
    }
}

/// Now, then a quarter of an hour into each of the next streams.
fn wave_starts(channel: &Channel, order: Order, at: i64) -> Vec<i64> {
    let waves = if order.kind == Operator::B6 { 1 } else { order.waves.max(1) };
    let coming = channel.streams(at, at + 14 * DAY_MS);
    let later = coming
        .iter()
        .map(|stream| stream.occasion.start + 15 * MINUTE_MS)
        .filter(|&start| start > at + HOUR_MS);
    std::iter::once(at).chain(later).take(waves).collect()
}

fn pick<'a>(words: &[&'a str], rng: &mut StdRng) -> &'a str {
    words.choose(rng).copied().unwrap_or_default()
}

fn name(kind: Operator, prefix: &str, style: u64, rng: &mut StdRng) -> String {
    match kind {
        Operator::B1 => {
            format!("{}{}{:04}", pick(&FIRST, rng), pick(&SECOND, rng), rng.random_range(0..10_000))
        }
        Operator::B3 => format!("{prefix}{}", rng.random_range(100..9_100)),
        Operator::B4 => {
            let length = rng.random_range(8..13);
            let letters = b"abcdefghijklmnopqrstuvwxyz0123456789";
            (0..length).map(|_| char::from(letters[rng.random_range(0..letters.len())])).collect()
        }
        Operator::B6 => {
            let short: String = prefix.chars().take(4).collect();
            let tail = if rng.random_bool(0.5) { "_" } else { "" };
            format!("{short}{:05}{tail}", rng.random_range(0..100_000))
        }
        Operator::B2 | Operator::B5 | Operator::B7 | Operator::Giveaway => {
            logins::login(style, rng.random_range(0..1 << 24))
        }
    }
}
