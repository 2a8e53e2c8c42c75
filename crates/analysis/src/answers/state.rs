//! The state of what answers about a session rest on.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use chrono::{DateTime, Utc};
use common::{
    clients::analysis::Coverage,
    db::{
        Pool,
        account_changes::{self, Mark},
        captures::load::{self, ChannelState},
    },
    ids::{ChannelId, SessionId, SessionUuid},
};

use crate::{error::Failure, params::channel_not_in_session};

/// Changes when the same question about the same data gets another answer: old answers are not to be found then.
const REVISION: u32 = 1;

/// A session as it was at one moment.
#[derive(Clone, Debug)]
pub(crate) struct SessionState {
    pub(crate) uuid: SessionUuid,
    pub(crate) id: SessionId,
    /// The channels that the question is about, in the order of their logins.
    pub(crate) channels: Vec<ChannelState>,
    /// The newest changes of accounts.
    pub(crate) accounts: Mark,
}

/// Reads the state; none when there is no such session.
///
/// The log of accounts is read first: a change between the reads then shows in the next state.
pub(crate) async fn load(
    pool: &Pool,
    uuid: SessionUuid,
) -> Result<Option<std::sync::Arc<SessionState>>, Failure> {
    let Some(id) = load::session(pool, uuid).await? else { return Ok(None) };
    let accounts = account_changes::mark(pool).await?;
    let channels = load::state(pool, id).await?;
    Ok(Some(std::sync::Arc::new(SessionState { uuid, id, channels, accounts })))
}

impl SessionState {
    /// The state of `channels` only; of all when none is named.
    ///
    /// # Errors
    /// When the session has no capture of one of them.
    pub(crate) fn of_channels(&self, channels: &[ChannelId]) -> Result<Self, Failure> {
        let mut state = self.clone();
        if channels.is_empty() {
            return Ok(state);
        }
        if let Some(absent) = channels.iter().find(|id| self.channels.iter().all(|state| state.channel != **id)) {
            return Err(channel_not_in_session(*absent));
        }
        state.channels.retain(|state| channels.contains(&state.channel));
        Ok(state)
    }

    /// The state as a part of a key: equal states, equal versions.
    pub(crate) fn version(&self) -> String {
        let mut hasher = DefaultHasher::new();
        REVISION.hash(&mut hasher);
        self.accounts.hash(&mut hasher);
        for state in &self.channels {
            (state.channel, state.complete, state.gaps, state.checksum).hash(&mut hasher);
            (state.first_captured_at, state.last_captured_at).hash(&mut hasher);
        }
        format!("{:016x}", hasher.finish())
    }

    pub(crate) fn channel_ids(&self) -> Vec<ChannelId> {
        self.channels.iter().map(|state| state.channel).collect()
    }

    /// What an answer about these channels rests on.
    pub(crate) fn coverage(&self) -> Coverage {
        let earliest = |times: &dyn Fn(&ChannelState) -> Option<DateTime<Utc>>| self.channels.iter().filter_map(times).min();
        Coverage {
            captures: self.channels.iter().map(|state| state.complete).sum(),
            gaps: self.channels.iter().map(|state| state.gaps).sum(),
            first_captured_at: earliest(&|state| state.first_captured_at),
            last_captured_at: self.channels.iter().filter_map(|state| state.last_captured_at).max(),
        }
    }
}
