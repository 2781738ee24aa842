//! Fresh ids and secrets from the operating system's randomness.

use argon2::Argon2;
use argon2::password_hash::PasswordHasher;
use ddns_core::{SecretId, TsigAlgorithm, policy};
use ddns_store::Secret;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use uuid::Uuid;
use zeroize::{Zeroize, Zeroizing};

/// A fresh public id.
pub fn uuid() -> Uuid {
    Uuid::new_v4()
}

/// A fresh secret's id.
pub fn secret_id() -> SecretId {
    loop {
        if let Some(id) = SecretId::new(u64::from_ne_bytes(octets())) {
            return id;
        }
    }
}

/// A fresh token: 160 random bits as 40 lower-case hexadecimal digits, shown once, and their digest, which is kept.
pub fn token() -> (SecretString, Secret) {
    let mut random: [u8; 20] = octets();
    let mut text = String::with_capacity(40);
    for octet in random {
        for nibble in [octet >> 4, octet & 15] {
            text.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0'));
        }
    }
    random.zeroize();
    let digest = token_digest(&text);
    (SecretString::from(text), Secret::TokenDigest(digest))
}

/// A fresh TSIG secret: as many random octets as the algorithm's output has (RFC 8945, section 6).
pub fn tsig_key(algorithm: TsigAlgorithm) -> Zeroizing<Vec<u8>> {
    let random: Zeroizing<[u8; 64]> = Zeroizing::new(octets());
    let length = match algorithm {
        TsigAlgorithm::HmacSha1 => 20,
        TsigAlgorithm::HmacSha256 => 32,
        TsigAlgorithm::HmacSha384 => 48,
        TsigAlgorithm::HmacSha512 => 64,
    };
    Zeroizing::new(random.iter().take(length).copied().collect())
}

/// What is kept of a token.
pub(crate) fn token_digest(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

/// The argon2id hash of a password that a person chose. Takes 19 MiB and tens of milliseconds.
///
/// # Errors
/// [`PasswordError`], with the rule that it breaks.
pub fn password(password: &SecretString) -> Result<Secret, PasswordError> {
    check_password(password)?;
    let octets = password.expose_secret().as_bytes();
    let hash = Argon2::default().hash_password(octets).map_err(|_| PasswordError::NotHashed)?;
    Ok(Secret::PasswordHash(Zeroizing::new(hash.to_string())))
}

/// Whether a person may choose this password.
///
/// # Errors
/// [`PasswordError`], with the rule that it breaks.
pub fn check_password(password: &SecretString) -> Result<(), PasswordError> {
    let text = password.expose_secret();
    if text.chars().count() < policy::PASSWORD_MIN {
        return Err(PasswordError::TooShort);
    }
    if text.len() > policy::PASSWORD_MAX {
        return Err(PasswordError::TooLong);
    }
    Ok(())
}

/// Octets from the operating system. Without randomness no secret may be made: then the program ends.
pub(crate) fn octets<const N: usize>() -> [u8; N] {
    let mut octets = [0; N];
    if getrandom::fill(&mut octets).is_err() {
        tracing::error!("the operating system gives no randomness; ending");
        #[expect(clippy::disallowed_methods, reason = "a guessable secret is worse than a batch cut short")]
        std::process::abort();
    }
    octets
}

/// Why a password was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// A password has at least 8 characters.
    #[error("a password has at least {} characters", policy::PASSWORD_MIN)]
    TooShort,
    /// A password has at most 1024 octets.
    #[error("a password has at most {} octets", policy::PASSWORD_MAX)]
    TooLong,
    /// The hash function failed.
    #[error("the password could not be hashed; there may be too little memory")]
    NotHashed,
}
