//! Encryption of Twitch tokens at rest: XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha), a random 24-byte nonce before the
//! ciphertext, and the owner's id as associated data, so that a row moved to another user does not decrypt.
//!
//! Keys have ids. The first key encrypts, all decrypt: a key is rotated by putting a new one first, re-encrypting, and
//! dropping the old one.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use chacha20poly1305::{
    KeyInit as _, XChaCha20Poly1305, XNonce,
    aead::{Aead as _, Payload},
};
use rand::{TryRngCore as _, rngs::OsRng};
use secrecy::{ExposeSecret as _, SecretString};

use crate::config::Env;

const NONCE_BYTES: usize = 24;

/// Encrypts with the first key, decrypts with any.
pub struct TokenCipher {
    keys: Vec<(String, XChaCha20Poly1305)>,
}

/// A nonce and a ciphertext, and the id of the key that made them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    pub key_id: String,
    pub bytes: Vec<u8>,
}

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum CryptoError {
    #[error("the key `{0}` is not among TOKEN_ENCRYPTION_KEYS")]
    UnknownKey(String),
    #[error("the ciphertext does not belong to this owner and key, or was changed")]
    Tampered,
    #[error("what was decrypted is not text")]
    NotText,
    #[error("the system gave no randomness")]
    NoRandomness,
}

impl TokenCipher {
    /// `TOKEN_ENCRYPTION_KEYS`: `id:base64` of 32 bytes each, comma separated, the encrypting one first.
    pub fn from_env(env: &mut Env) -> Self {
        const NAME: &str = "TOKEN_ENCRYPTION_KEYS";
        let text = env.secret(NAME, 0);
        let mut keys = Vec::new();
        for part in text.expose_secret().split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let key = part.split_once(':').and_then(|(id, key)| {
                let key: [u8; 32] = BASE64.decode(key).ok()?.try_into().ok()?;
                (!id.is_empty() && id.len() <= 32 && id.is_ascii()).then(|| (id.to_owned(), key))
            });
            match key {
                Some((id, key)) if keys.iter().all(|(known, _)| *known != id) => {
                    keys.push((id, XChaCha20Poly1305::new(&key.into())));
                }
                _ => env.reject(NAME, "each key is `id:base64 of 32 bytes`, with an id of its own"),
            }
        }
        Self { keys }
    }

    /// The id of the key that encrypts now.
    #[must_use]
    pub fn current_key_id(&self) -> &str {
        self.keys.first().map_or("", |(id, _)| id)
    }

    /// Encrypts `plain` for `owner`.
    ///
    /// # Errors
    /// When there is no key or no randomness.
    pub fn seal(&self, owner: u64, plain: &SecretString) -> Result<Sealed, CryptoError> {
        let (key_id, cipher) = self.keys.first().ok_or_else(|| CryptoError::UnknownKey(String::new()))?;
        let mut nonce = [0; NONCE_BYTES];
        OsRng.try_fill_bytes(&mut nonce).map_err(|_| CryptoError::NoRandomness)?;
        let message = Payload { msg: plain.expose_secret().as_bytes(), aad: &owner.to_be_bytes() };
        let sealed = cipher.encrypt(&XNonce::from(nonce), message).map_err(|_| CryptoError::Tampered)?;
        let mut bytes = nonce.to_vec();
        bytes.extend_from_slice(&sealed);
        Ok(Sealed { key_id: key_id.clone(), bytes })
    }

    /// Decrypts what [`Self::seal`] made for the same `owner`.
    ///
    /// # Errors
    /// When the key is not known, or the bytes are not what was sealed.
    pub fn open(&self, owner: u64, key_id: &str, bytes: &[u8]) -> Result<SecretString, CryptoError> {
        let (_, cipher) = self
            .keys
            .iter()
            .find(|(id, _)| id == key_id)
            .ok_or_else(|| CryptoError::UnknownKey(key_id.to_owned()))?;
        let (nonce, message) = bytes.split_first_chunk::<NONCE_BYTES>().ok_or(CryptoError::Tampered)?;
        let message = Payload { msg: message, aad: &owner.to_be_bytes() };
        let plain = cipher.decrypt(&XNonce::from(*nonce), message).map_err(|_| CryptoError::Tampered)?;
        String::from_utf8(plain).map(Into::into).map_err(|_| CryptoError::NotText)
    }
}

impl std::fmt::Debug for TokenCipher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.keys.iter().map(|(id, _)| id)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::load_from;

    fn cipher(keys: &'static str) -> TokenCipher {
        load_from(move |_| Some(keys.to_owned()), TokenCipher::from_env).unwrap()
    }

    const OLD: &str = "a:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    const BOTH: &str =
        "b:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=,a:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

    #[test]
    fn a_rotated_key_still_opens_and_no_longer_seals() {
        let sealed = cipher(OLD).seal(7, &"secret".to_owned().into()).unwrap();
        let rotated = cipher(BOTH);
        assert_eq!(rotated.open(7, &sealed.key_id, &sealed.bytes).unwrap().expose_secret(), "secret");
        assert_eq!(rotated.seal(7, &"secret".to_owned().into()).unwrap().key_id, "b");
    }

    #[test]
    fn another_owner_or_a_changed_byte_does_not_open() {
        let cipher = cipher(OLD);
        let mut sealed = cipher.seal(7, &"secret".to_owned().into()).unwrap();
        assert_eq!(cipher.open(8, "a", &sealed.bytes).unwrap_err(), CryptoError::Tampered);
        sealed.bytes[30] ^= 1;
        assert_eq!(cipher.open(7, "a", &sealed.bytes).unwrap_err(), CryptoError::Tampered);
        assert_eq!(cipher.open(7, "a", &[1, 2]).unwrap_err(), CryptoError::Tampered);
    }

    #[test]
    fn a_bad_key_is_reported_without_being_shown() {
        let errors = load_from(|_| Some("a:tooshort".to_owned()), TokenCipher::from_env).unwrap_err();
        assert!(!errors.to_string().contains("tooshort"));
    }
}
