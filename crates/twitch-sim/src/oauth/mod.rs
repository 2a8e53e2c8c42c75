//! `id.twitch.tv/oauth2`: consent, codes, tokens.

pub(crate) mod authorize;
pub(crate) mod error;
pub(crate) mod grant;
mod page;
pub(crate) mod token;
pub(crate) mod vault;
