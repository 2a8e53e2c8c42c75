//! Secrets made at random for one stack; kept only with data that is kept, which is useless without them.

use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rand::Rng;
use serde::{Deserialize, Serialize};

use crate::error::{Context, Error, Result};

/// Every secret that the processes of one stack share.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Secrets {
    /// Password of the `MariaDB` user that may do everything, for tests.
    pub(crate) admin_password: String,
    /// Password of the `MariaDB` user of the services, who owns one database.
    pub(crate) service_password: String,
    pub(crate) internal_api_token: String,
    pub(crate) session_secret: String,
    pub(crate) token_encryption_keys: String,
    pub(crate) opt_out_key: String,
    pub(crate) twitch_client_id: String,
    pub(crate) twitch_client_secret: String,
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secrets(…)")
    }
}

impl Secrets {
    pub(crate) fn generate(rng: &mut impl Rng) -> Self {
        let mut word = |length: usize| -> String {
            (0..length).map(|_| char::from(rng.sample(rand::distr::Alphanumeric))).collect()
        };
        let (admin_password, service_password) = (word(32), word(32));
        let (internal_api_token, session_secret) = (word(48), word(64));
        let opt_out_key = word(48);
        let (twitch_client_id, twitch_client_secret) = (word(30).to_lowercase(), word(30).to_lowercase());
        let key = STANDARD.encode(rng.random::<[u8; 32]>());
        Self {
            admin_password,
            service_password,
            internal_api_token,
            session_secret,
            token_encryption_keys: format!("k1:{key}"),
            opt_out_key,
            twitch_client_id,
            twitch_client_secret,
        }
    }

    /// Each of them as it would look in a log.
    pub(crate) fn plain(&self) -> Vec<&str> {
        let (_, key) = self.token_encryption_keys.split_once(':').unwrap_or_default();
        vec![
            &self.admin_password,
            &self.service_password,
            &self.internal_api_token,
            &self.session_secret,
            key,
            &self.opt_out_key,
            &self.twitch_client_secret,
        ]
    }

    /// Those stored in `file`, or new ones that are stored there for its owner alone.
    pub(crate) fn load_or_create(file: &Path, rng: &mut impl Rng) -> Result<Self> {
        let named = |action: &str| format!("{action} {}", file.display());
        if let Ok(stored) = fs::read(file) {
            return serde_json::from_slice(&stored)
                .map_err(std::io::Error::from)
                .context(|| named("understand"));
        }
        let secrets = Self::generate(rng);
        let json = serde_json::to_vec_pretty(&secrets)
            .map_err(|error| Error::Io { action: named("write"), source: error.into() })?;
        fs::OpenOptions::new()
            .create_new(true)
            .write(true)
            .mode(0o600)
            .open(file)
            .and_then(|mut out| out.write_all(&json))
            .context(|| named("write"))?;
        Ok(secrets)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dir::RunDir;

    #[test]
    fn kept_secrets_come_back_unchanged_and_unreadable_for_others() {
        use std::os::unix::fs::PermissionsExt;
        let dir = RunDir::throwaway().unwrap();
        let file = dir.path().join("secrets.json");
        let first = Secrets::load_or_create(&file, &mut rand::rng()).unwrap();
        let second = Secrets::load_or_create(&file, &mut rand::rng()).unwrap();
        assert_eq!(first.token_encryption_keys, second.token_encryption_keys);
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn each_stack_has_its_own_and_debug_hides_them() {
        let (a, b) = (Secrets::generate(&mut rand::rng()), Secrets::generate(&mut rand::rng()));
        assert_ne!(a.internal_api_token, b.internal_api_token);
        assert_ne!(a.token_encryption_keys, b.token_encryption_keys);
        assert_eq!(format!("{a:?}"), "Secrets(…)");
    }
}
