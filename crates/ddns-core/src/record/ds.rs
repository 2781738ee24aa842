//! The key of a signed child zone.

use std::fmt;

use super::RecordDataError;
use super::fields::{Fields, Hex, check_len};

/// The digest of a signed child zone's key, in its parent beside the delegation (RFC 4034, section 5).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ds {
    key_tag: u16,
    algorithm: u8,
    digest_type: u8,
    digest: Box<[u8]>,
}

impl Ds {
    /// The key's tag (RFC 4034, appendix B).
    pub fn key_tag(&self) -> u16 {
        self.key_tag
    }

    /// The key's algorithm (RFC 4034, appendix A.1, and the IANA registry).
    pub fn algorithm(&self) -> u8 {
        self.algorithm
    }

    /// How the digest is made (IANA): 1 is SHA-1, 2 is SHA-256 (RFC 4509), 4 is SHA-384 (RFC 6605).
    pub fn digest_type(&self) -> u8 {
        self.digest_type
    }

    /// The digest; as long as its type says, where that is known.
    pub fn digest(&self) -> &[u8] {
        &self.digest
    }

    /// Reads the master-file form (RFC 4034, section 5.3): the algorithm is a number or a mnemonic.
    pub(super) fn read(fields: &mut Fields<'_>) -> Result<Ds, RecordDataError> {
        const WHAT: &str = "a digest in hexadecimal";
        let (key_tag, algorithm) = (fields.next("a key tag")?, algorithm(fields)?);
        let digest_type = fields.next("a digest type")?;
        let digest = fields.hex(WHAT)?;
        check_len(digest.len().saturating_add(4))?;
        if digest.is_empty() {
            return Err(RecordDataError::Field(WHAT));
        }
        match digest_len(digest_type) {
            Some((what, octets)) if digest.len() != octets => Err(RecordDataError::Length { what, octets }),
            _ => Ok(Ds { key_tag, algorithm, digest_type, digest }),
        }
    }
}

fn algorithm(fields: &mut Fields<'_>) -> Result<u8, RecordDataError> {
    const WHAT: &str = "a key algorithm";
    let field = fields.field(WHAT)?;
    match ALGORITHMS.iter().find(|(_, mnemonic)| mnemonic.eq_ignore_ascii_case(field)) {
        Some((number, _)) => Ok(*number),
        None => Fields::new(field).next(WHAT),
    }
}

/// Mnemonics of algorithms that sign zones (IANA, DNS Security Algorithm Numbers). They are read and not written.
const ALGORITHMS: [(u8, &str); 16] = [
    (1, "RSAMD5"),
    (3, "DSA"),
    (5, "RSASHA1"),
    (6, "DSA-NSEC3-SHA1"),
    (7, "RSASHA1-NSEC3-SHA1"),
    (8, "RSASHA256"),
    (10, "RSASHA512"),
    (12, "ECC-GOST"),
    (13, "ECDSAP256SHA256"),
    (14, "ECDSAP384SHA384"),
    (15, "ED25519"),
    (16, "ED448"),
    (17, "SM2SM3"),
    (23, "ECC-GOST12"),
    (253, "PRIVATEDNS"),
    (254, "PRIVATEOID"),
];

/// A digest type's name and length (RFC 4034, 4509, 5933, 6605, 9558 and 9563).
fn digest_len(digest_type: u8) -> Option<(&'static str, usize)> {
    Some(match digest_type {
        1 => ("a digest of type 1 (SHA-1)", 20),
        2 => ("a digest of type 2 (SHA-256)", 32),
        3 => ("a digest of type 3 (GOST R 34.11-94)", 32),
        4 => ("a digest of type 4 (SHA-384)", 48),
        5 => ("a digest of type 5 (GOST R 34.11-2012)", 32),
        6 => ("a digest of type 6 (SM3)", 32),
        _ => return None,
    })
}

impl fmt::Display for Ds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {} {}", self.key_tag, self.algorithm, self.digest_type, Hex(&self.digest))
    }
}
