//! Knowing somebody again without knowing who it is: the keyed hash of a Twitch id (HMAC-SHA256, RFC 2104).
//!
//! Twitch ids are few and in order, so a hash without a key could be tried out. The key is in the environment, not in
//! the database: a stolen dump tells nothing. It must not change, or those who opted out are captured again.

use hmac::{Hmac, Mac as _};
use secrecy::ExposeSecret as _;
use sha2::Sha256;

use crate::{config::Env, ids::TwitchUserId};

/// A Twitch id, as it is kept of those who opted out.
pub type OptOutHash = [u8; 32];

/// The key of the hash.
#[derive(Clone)]
pub struct OptOutKey(Hmac<Sha256>);

impl OptOutKey {
    /// `OPT_OUT_KEY`: at least 32 characters.
    #[expect(clippy::expect_used, clippy::missing_panics_doc, reason = "HMAC takes keys of every length")]
    pub fn from_env(env: &mut Env) -> Self {
        let key = env.secret("OPT_OUT_KEY", 32);
        Self(Hmac::new_from_slice(key.expose_secret().as_bytes()).expect("a key of any length"))
    }

    /// What is kept of `id`.
    #[must_use]
    pub fn hash(&self, id: TwitchUserId) -> OptOutHash {
        let mut mac = self.0.clone();
        mac.update(&id.0.to_be_bytes());
        mac.finalize().into_bytes().into()
    }
}

impl std::fmt::Debug for OptOutKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OptOutKey")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::load_from;

    fn key(text: &'static str) -> OptOutKey {
        load_from(move |_| Some(text.to_owned()), OptOutKey::from_env).unwrap()
    }

    #[test]
    fn a_hash_depends_on_the_key_and_on_the_id() {
        let one = key("0123456789abcdef0123456789abcdef");
        let other = key("another-key-of-thirty-two-characters");
        assert_eq!(one.hash(TwitchUserId(7)), one.hash(TwitchUserId(7)));
        assert_ne!(one.hash(TwitchUserId(7)), one.hash(TwitchUserId(8)));
        assert_ne!(one.hash(TwitchUserId(7)), other.hash(TwitchUserId(7)));
        assert!(load_from(|_| Some("short".to_owned()), OptOutKey::from_env).is_err());
    }
}
