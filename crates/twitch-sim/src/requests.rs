//! Counts of what was asked and answered, so that tests can add up points.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use crate::world::accounts::TwitchId;

#[derive(Debug, Default)]
pub(crate) struct Requests(Mutex<Counts>);

#[derive(Debug, Default)]
struct Counts {
    by_endpoint: BTreeMap<String, BTreeMap<u16, u64>>,
    user_points: BTreeMap<TwitchId, u64>,
    app_points: u64,
}

impl Requests {
    pub(crate) fn record(&self, endpoint: &str, status: u16) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !counts.by_endpoint.contains_key(endpoint) {
            counts.by_endpoint.insert(endpoint.to_owned(), BTreeMap::new());
        }
        if let Some(statuses) = counts.by_endpoint.get_mut(endpoint) {
            *statuses.entry(status).or_default() += 1;
        }
    }

    /// One point taken from a bucket.
    pub(crate) fn point(&self, user: Option<TwitchId>) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match user {
            Some(user) => *counts.user_points.entry(user).or_default() += 1,
            None => counts.app_points += 1,
        }
    }

    pub(crate) fn clear(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Counts::default();
    }

    /// `{"endpoints":{"GET /users":{"200":3}},"points":{"app":1,"users":{"10000001":2}}}`
    pub(crate) fn report(&self) -> Value {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let users: BTreeMap<String, u64> =
            counts.user_points.iter().map(|(id, points)| (id.to_string(), *points)).collect();
        json!({
            "endpoints": counts.by_endpoint,
            "points": { "app": counts.app_points, "users": users },
        })
    }
}
