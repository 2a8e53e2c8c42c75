//! Faults on demand: rules that make chosen requests go wrong.
//!
//! A rule names an endpoint (`GET /chat/chatters`, or `*`), a kind, and when it fires: with a
//! probability, or for the next *n* matching requests. Every rule rolls for itself, so "10 % of
//! each" is ten rules. Rolls come from the world's seed. What a kind does is in [`apply`] for
//! whole answers, and in the handlers for rows and cursors.

pub(crate) mod apply;

use std::sync::{Mutex, PoisonError};

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use serde::{Deserialize, Serialize};

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// 429 as of an empty bucket: `Ratelimit-Remaining: 0`, full again in `seconds` (1).
    RateLimitedBucket,
    /// 429 of the endpoint itself, with points left.
    RateLimitedEndpoint,
    /// 401, though the token goes on working.
    Unauthorized,
    /// 401, and the access token is dead from now on; its refresh token works.
    TokenExpired,
    /// 403 as after the moderator lost their role.
    Forbidden,
    /// 409 as of a concurrent change.
    Conflict,
    /// 500.
    ServerError,
    /// 503.
    Unavailable,
    /// 400 `Bad Identifiers` for the whole batch.
    BadIdentifiers,
    /// 400 `Invalid cursor.`
    InvalidCursor,
    /// The answer comes after `seconds` (2).
    Slow,
    /// No answer until the client gives up, an hour at most.
    Hang,
    /// Half of the body, then the connection ends.
    CutBody,
    /// 200 with a body that is not JSON.
    GarbageBody,
    /// 200 with no body.
    EmptyBody,
    /// A chatter without id, login and name, on top of the others.
    BlankChatter,
    /// The list moved by one: the last row of the page before comes again.
    DuplicateRow,
    /// The list moved by one: a row between two pages is in neither.
    LostRow,
    /// The rows of the page before again; those of this page are lost.
    RepeatedPage,
    /// A page is passed over.
    LostPage,
    /// No cursor though there is more.
    LostCursor,
    /// The cursor of this page again.
    LoopingCursor,
    /// `total` is off by up to `amount` (5).
    TotalDrift,
    /// Half of the rows asked for, with a right cursor.
    ShortPage,
    /// No rows, with a right cursor.
    EmptyPage,
    /// A share (`amount` %, 10) of the users found is left out, at least one.
    AbsentUsers,
}

/// A rule as it is asked for.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// `METHOD /path` without prefix, or `*`.
    pub endpoint: String,
    /// What goes wrong.
    pub kind: Kind,
    /// Share of the matching requests; not together with `next`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probability: Option<f64>,
    /// The next so many matching requests; 1 if neither is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<u32>,
    /// Matching requests to leave alone first.
    #[serde(default)]
    pub skip: u32,
    /// Only requests that carry `after`.
    #[serde(default)]
    pub paging: bool,
    /// Only requests with a token of this user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<u32>,
    /// Only requests with this `broadcaster_id`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel_id: Option<u32>,
    /// Seconds, where the kind has a time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
    /// Amount, where the kind has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<u32>,
}

/// A rule at work.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Active {
    pub(crate) id: u64,
    #[serde(flatten)]
    rule: Rule,
    seen: u64,
    hits: u64,
}

/// What rules look at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) endpoint: &'a str,
    pub(crate) user: Option<u32>,
    pub(crate) channel: Option<u32>,
    pub(crate) paging: bool,
}

/// A fault that hit a request.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Hit {
    pub(crate) kind: Kind,
    pub(crate) seconds: Option<f64>,
    pub(crate) amount: Option<u32>,
    /// Noise for what the kind leaves to chance.
    pub(crate) noise: u64,
}

/// All faults that hit a request, in the order of their rules.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hits(pub(crate) Vec<Hit>);

impl Hits {
    pub(crate) fn get(&self, kind: Kind) -> Option<Hit> {
        self.0.iter().copied().find(|hit| hit.kind == kind)
    }

    pub(crate) fn has(&self, kind: Kind) -> bool {
        self.get(kind).is_some()
    }
}

#[derive(Debug)]
pub(crate) struct Faults(Mutex<State>);

#[derive(Debug)]
struct State {
    rng: StdRng,
    last_id: u64,
    rules: Vec<Active>,
}

impl Faults {
    pub(crate) fn new(seed: u64) -> Self {
        let rng = StdRng::seed_from_u64(seed ^ 0xfa_0175);
        Self(Mutex::new(State { rng, last_id: 0, rules: Vec::new() }))
    }

    /// Adds a rule and returns its number.
    pub(crate) fn add(&self, mut rule: Rule) -> u64 {
        if rule.probability.is_none() {
            rule.next = rule.next.or(Some(1));
        }
        let mut state = self.lock();
        state.last_id += 1;
        let id = state.last_id;
        state.rules.push(Active { id, rule, seen: 0, hits: 0 });
        id
    }

    pub(crate) fn list(&self) -> Vec<Active> {
        self.lock().rules.clone()
    }

    pub(crate) fn remove(&self, id: u64) -> bool {
        let mut state = self.lock();
        let before = state.rules.len();
        state.rules.retain(|active| active.id != id);
        state.rules.len() < before
    }

    pub(crate) fn clear(&self) {
        self.lock().rules.clear();
    }

    /// Rolls every rule that matches a request.
    pub(crate) fn roll(&self, asked: Asked<'_>) -> Hits {
        let mut state = self.lock();
        if state.rules.is_empty() {
            return Hits::default();
        }
        let State { rng, rules, .. } = &mut *state;
        Hits(rules.iter_mut().filter_map(|active| active.roll(asked, rng)).collect())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Active {
    fn roll(&mut self, asked: Asked<'_>, rng: &mut StdRng) -> Option<Hit> {
        let rule = &mut self.rule;
        let matches = (rule.endpoint == "*" || rule.endpoint == asked.endpoint)
            && (!rule.paging || asked.paging)
            && rule.user_id.is_none_or(|user| asked.user == Some(user))
            && rule.channel_id.is_none_or(|channel| asked.channel == Some(channel));
        if !matches {
            return None;
        }
        self.seen += 1;
        if self.seen <= u64::from(rule.skip) {
            return None;
        }
        let fires = match (rule.probability, &mut rule.next) {
            (Some(probability), _) => rng.random_bool(probability.clamp(0.0, 1.0)),
            (None, Some(left @ 1..)) => {
                *left -= 1;
                true
            }
            (None, _) => false,
        };
        self.hits += u64::from(fires);
        let (seconds, amount) = (rule.seconds, rule.amount);
        fires.then(|| Hit { kind: rule.kind, seconds, amount, noise: rng.random() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(json: &str) -> Rule {
        serde_json::from_str(json).unwrap()
    }

    fn asked(paging: bool) -> Asked<'static> {
        Asked { endpoint: "GET /chat/chatters", user: Some(1), channel: Some(2), paging }
    }

    #[test]
    fn next_n_after_skipping_and_only_where_it_matches() {
        let faults = Faults::new(1);
        faults.add(rule(r#"{"endpoint":"GET /chat/chatters","kind":"forbidden","next":2,"skip":1}"#));
        faults.add(rule(r#"{"endpoint":"*","kind":"unauthorized","paging":true}"#));
        faults.add(rule(r#"{"endpoint":"GET /users","kind":"server_error","probability":1}"#));
        let fired: Vec<bool> = (0..4).map(|_| faults.roll(asked(false)).has(Kind::Forbidden)).collect();
        assert_eq!(fired, [false, true, true, false]);
        assert!(faults.roll(asked(true)).has(Kind::Unauthorized));
        assert!(faults.roll(asked(true)).0.is_empty());
        assert_eq!(faults.list()[0].hits, 2);
    }

    #[test]
    fn probabilities_are_kept_and_repeatable() {
        let run = |seed| -> Vec<bool> {
            let faults = Faults::new(seed);
            faults.add(rule(r#"{"endpoint":"*","kind":"unavailable","probability":0.1}"#));
            (0..5_000).map(|_| !faults.roll(asked(false)).0.is_empty()).collect()
        };
        let first = run(1);
        assert_eq!(first, run(1));
        assert_ne!(first, run(2));
        let hits = first.iter().filter(|&&hit| hit).count();
        assert!((400..600).contains(&hits), "{hits}");
    }
}
