//! Secrets at rest: hashed where a hash is enough, never printed, wiped when dropped.

use zeroize::Zeroizing;

/// A secret as it is kept. Nothing prints it.
///
/// ```compile_fail
/// let secret = ddns_store::Secret::TokenDigest([0; 32]);
/// println!("{secret}");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub enum Secret {
    /// An argon2id hash in PHC form.
    PasswordHash(Zeroizing<String>),
    /// The SHA-256 of a token's 160 random bits.
    TokenDigest([u8; 32]),
    /// A TSIG key, which must be kept as it is.
    TsigKey(Zeroizing<Vec<u8>>),
    /// A key of the service's own, which must be kept as it is.
    ServerKey(Zeroizing<[u8; 32]>),
}

impl Secret {
    /// The form in a store: a tag and octets.
    pub(crate) fn to_row(&self) -> (&'static str, &[u8]) {
        match self {
            Secret::PasswordHash(hash) => ("password", hash.as_bytes()),
            Secret::TokenDigest(digest) => ("token", digest),
            Secret::TsigKey(key) => ("tsig", key),
            Secret::ServerKey(key) => ("server-key", key.as_slice()),
        }
    }

    /// Back from [`Secret::to_row`]; none if that is no secret.
    pub(crate) fn from_row(tag: &str, octets: &[u8]) -> Option<Secret> {
        match tag {
            "password" => Some(Secret::PasswordHash(Zeroizing::new(str::from_utf8(octets).ok()?.to_owned()))),
            "token" => Some(Secret::TokenDigest(octets.try_into().ok()?)),
            "tsig" => Some(Secret::TsigKey(Zeroizing::new(octets.to_vec()))),
            "server-key" => Some(Secret::ServerKey(Zeroizing::new(octets.try_into().ok()?))),
            _ => None,
        }
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}
