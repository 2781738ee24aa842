//! TSIG keys at the door.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ddns_core::{Name, TsigAlgorithm};
use zeroize::Zeroizing;

use super::schema::TSIG_KEY;
use super::{Invalid, text};
use crate::json::Object;

/// A TSIG key to make.
pub(crate) struct TsigKeyGiven {
    /// Its name.
    pub(crate) name: Name,
    /// Its algorithm.
    pub(crate) algorithm: TsigAlgorithm,
    /// Its secret's octets; at least one.
    pub(crate) secret: Zeroizing<Vec<u8>>,
}

/// What to change of a TSIG key; none leaves as it is.
#[derive(Default)]
pub(crate) struct TsigKeyChange {
    /// Its name.
    pub(crate) name: Option<Name>,
    /// Its algorithm.
    pub(crate) algorithm: Option<TsigAlgorithm>,
    /// Its secret's octets; at least one.
    pub(crate) secret: Option<Zeroizing<Vec<u8>>>,
}

/// The body of `POST /tsigkeys`.
pub(crate) fn tsig_key(given: &Object) -> Result<TsigKeyGiven, Invalid> {
    Invalid::unless_empty(TSIG_KEY.check(given))?;
    let read = read(given);
    Ok(TsigKeyGiven {
        name: read.name.ok_or(Invalid::missing("name"))?,
        algorithm: read.algorithm.ok_or(Invalid::missing("algorithm"))?,
        secret: read.secret.ok_or(Invalid::missing("secret"))?,
    })
}

/// The body of `PUT /tsigkeys/{id}`.
pub(crate) fn tsig_key_edit(given: &Object) -> Result<TsigKeyChange, Invalid> {
    Invalid::unless_empty(TSIG_KEY.check_some(given))?;
    Ok(read(given))
}

/// The octets that a secret stands for, if there are any.
pub(super) fn secret(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    STANDARD.decode(text).ok().map(Zeroizing::new).filter(|secret| !secret.is_empty())
}

/// A key's name: any domain name but the root and wildcards; the final dot may be missing.
pub(super) fn name(text: &str) -> Option<Name> {
    text.parse().ok().filter(|name: &Name| !name.is_root() && !name.is_wildcard())
}

fn read(given: &Object) -> TsigKeyChange {
    TsigKeyChange {
        name: text(given, "name").and_then(name),
        algorithm: text(given, "algorithm").and_then(algorithm),
        secret: text(given, "secret").and_then(secret),
    }
}

fn algorithm(text: &str) -> Option<TsigAlgorithm> {
    ALGORITHMS.iter().find(|(known, _)| *known == text).map(|(_, algorithm)| *algorithm)
}

const ALGORITHMS: [(&str, TsigAlgorithm); 4] = [
    ("hmac-sha1", TsigAlgorithm::HmacSha1),
    ("hmac-sha256", TsigAlgorithm::HmacSha256),
    ("hmac-sha384", TsigAlgorithm::HmacSha384),
    ("hmac-sha512", TsigAlgorithm::HmacSha512),
];
