//! What the vault keeps and gives out.

use std::collections::VecDeque;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::world::accounts::TwitchId;

/// What refreshing does to the refresh token. Sources disagree about Twitch, so all are here.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rotation {
    /// The same refresh token serves for ever.
    #[default]
    Never,
    /// Every refresh gives a new one; the old one and its access tokens die at once.
    Always,
    /// As `always`, and using a dead refresh token ends the whole grant.
    AlwaysReplayKillsGrant,
}

/// What an access token stands for.
#[derive(Debug, Clone)]
pub(crate) struct Access {
    pub(crate) client: Arc<str>,
    /// Absent for app tokens.
    pub(crate) user: Option<TwitchId>,
    pub(crate) scopes: Arc<[String]>,
    pub(crate) expires_ms: i64,
    pub(super) refresh: Option<String>,
}

#[derive(Debug)]
pub(super) struct Code {
    pub(super) grant: Grant,
    pub(super) redirect_uri: String,
    pub(super) expires_ms: i64,
}

#[derive(Debug, Clone)]
pub(super) struct Grant {
    pub(super) client: Arc<str>,
    pub(super) user: TwitchId,
    pub(super) scopes: Arc<[String]>,
}

#[derive(Debug)]
pub(super) struct Refresh {
    pub(super) grant: Grant,
    pub(super) state: RefreshState,
    pub(super) access: VecDeque<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RefreshState {
    Alive,
    /// Replaced by a rotation.
    Used,
    /// The user changed their password or disconnected the application.
    Severed,
}

/// A token answer before it is written.
#[derive(Debug, Serialize)]
pub(crate) struct Issued {
    pub(super) access_token: String,
    pub(super) expires_in: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) refresh_token: Option<String>,
    /// Absent when nothing was granted, as Twitch does.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) scope: Vec<String>,
    pub(super) token_type: &'static str,
}
