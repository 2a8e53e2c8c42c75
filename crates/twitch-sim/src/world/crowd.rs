//! A list of accounts with their chatters rows already written as JSON.
//!
//! Serving a page of 1,000 chatters is then a copy of bytes; nothing is formatted per request.

use super::accounts::{Accounts, Ix};
use super::hash::mix;

/// Accounts in roster order, each with its row `{"user_id":…},`.
#[derive(Debug, Default)]
pub(crate) struct Crowd {
    accounts: Vec<Ix>,
    rows: Vec<u8>,
    ends: Vec<u32>,
}

impl Crowd {
    /// Sorts the accounts into roster order, drops repeats and writes their rows.
    pub(crate) fn new(accounts: &Accounts, mut list: Vec<Ix>) -> Self {
        list.sort_unstable_by_key(|&ix| order(ix));
        list.dedup();
        let mut crowd = Self {
            rows: Vec::with_capacity(list.len() * 84),
            ends: Vec::with_capacity(list.len()),
            accounts: list,
        };
        for &ix in &crowd.accounts {
            crowd.rows.extend_from_slice(&row(accounts, ix));
            crowd.ends.push(crowd.rows.len() as u32);
        }
        crowd
    }

    pub(crate) fn accounts(&self) -> &[Ix] {
        &self.accounts
    }

    pub(crate) fn row(&self, at: usize) -> &[u8] {
        let start = if at == 0 { 0 } else { self.ends[at - 1] as usize };
        &self.rows[start..self.ends[at] as usize]
    }
}

/// Place in a roster: fixed for an account and telling nothing about it.
pub(crate) fn order(ix: Ix) -> u64 {
    mix(u64::from(ix.0) ^ 0x0c4a_77e5)
}

/// One chatters row, with the comma that follows it in a page.
pub(crate) fn row(accounts: &Accounts, ix: Ix) -> Vec<u8> {
    let account = accounts.get(ix);
    format!(
        r#"{{"user_id":"{}","user_login":"{}","user_name":"{}"}},"#,
        account.id, account.login, account.display_name
    )
    .into_bytes()
}
