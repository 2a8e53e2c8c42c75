//! `twitch-api rotate-keys`: encrypts every stored token again that another key than the first has encrypted.
//!
//! It runs beside the service. A token that is replaced meanwhile is left alone: its replacement has the first key
//! already.

use std::process::ExitCode;

use common::{
    config::{self, DatabaseConfig},
    crypto::{Sealed, TokenCipher},
    db::{self, Pool, tokens::StoredToken},
    ids::UserId,
    problem::chain,
};

use crate::TwitchError;

const BATCH: u32 = 100;

/// What a run has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rotated {
    pub resealed: u64,
    /// Replaced by the running service meanwhile.
    pub replaced: u64,
    /// Encrypted by a key that is not among ours.
    pub unreadable: u64,
}

/// Rotates as the environment says, and reports on the standard output.
pub async fn main() -> ExitCode {
    dotenvy::dotenv().ok();
    let config = config::load(|env| (DatabaseConfig::from_env(env), TokenCipher::from_env(env)));
    let (database, cipher) = match config {
        Ok(config) => config,
        Err(errors) => {
            eprintln!("{errors}");
            return ExitCode::from(2);
        }
    };
    let outcome = async { run(&db::connect(&database).await?, &cipher).await };
    match outcome.await {
        Ok(Rotated { resealed, replaced, unreadable }) => {
            println!("{resealed} tokens encrypted with the key `{}`", cipher.current_key_id());
            if replaced > 0 {
                println!("{replaced} more were replaced by the running service meanwhile");
            }
            if unreadable > 0 {
                eprintln!(
                    "{unreadable} tokens cannot be read with any of the keys; their owners have to log in again"
                );
                return ExitCode::FAILURE;
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{}", chain(&error));
            ExitCode::FAILURE
        }
    }
}

/// Encrypts again what another key than `cipher`'s first has encrypted.
///
/// # Errors
/// When the store fails.
pub async fn run(pool: &Pool, cipher: &TokenCipher) -> Result<Rotated, TwitchError> {
    let mut rotated = Rotated::default();
    let mut after = UserId(0);
    loop {
        let batch = db::tokens::of_other_keys(pool, cipher.current_key_id(), after, BATCH).await?;
        let Some(last) = batch.last() else { return Ok(rotated) };
        after = last.user;
        for old in &batch {
            match reseal(cipher, old) {
                Ok((access, refresh)) => {
                    let refresh = refresh.as_ref().map(|sealed| sealed.bytes.as_slice());
                    if db::tokens::reseal(pool, old, &access.key_id, &access.bytes, refresh).await? {
                        rotated.resealed += 1;
                    } else {
                        rotated.replaced += 1;
                    }
                }
                Err(error) => {
                    tracing::error!(user = %old.user, key = old.key_id, %error, "rotation.unreadable");
                    rotated.unreadable += 1;
                }
            }
        }
    }
}

fn reseal(
    cipher: &TokenCipher,
    old: &StoredToken,
) -> Result<(Sealed, Option<Sealed>), common::crypto::CryptoError> {
    let again = |bytes: &[u8]| cipher.seal(old.user.0, &cipher.open(old.user.0, &old.key_id, bytes)?);
    Ok((again(&old.access)?, old.refresh.as_deref().map(again).transpose()?))
}
